"""Runs cases from standard input, one JSON object a line, and prints what came of each: one program, both interpreters.

Bytes travel as hexadecimal and JSON values come back spelled with their types, so that neither interpreter's own `json`
has a say in the comparison. A refusal comes back as its code; anything else that is raised ends the run.
"""

import asyncio
import json
import struct
import sys
from binascii import hexlify, unhexlify

from ostiary.protocol import (
    base64url,
    described,
    doorstep,
    keys,
    messages,
    passes,
    plain_json,
    seal,
    strict_json,
    topics,
)
from ostiary.protocol.errors import Refused


def spelled(value):
    """A JSON value as text that tells 1 from 1.0 and true, with names in order."""
    if isinstance(value, dict):
        return "{" + ",".join([text(name) + ":" + spelled(value[name]) for name in sorted(value)]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([spelled(item) for item in value]) + "]"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return "~" + text(struct.pack(">d", value))
    return repr(value)


def text(value):
    return str(hexlify(value.encode() if isinstance(value, str) else value), "ascii")


class Pipe:
    """An asyncio stream over bytes in memory."""

    def __init__(self, data):
        self.data = data
        self.written = b""

    async def readline(self):
        end = self.data.find(b"\n")
        return await self.readexactly(end + 1 if end >= 0 else len(self.data))

    async def readexactly(self, n):
        if n > len(self.data):
            raise EOFError
        read, self.data = self.data[:n], self.data[n:]
        return read

    def write(self, data):
        self.written += data

    async def drain(self):
        pass


async def again(pipe):
    """Reads a frame, writes it and reads it once more: header and blob must still be the same."""
    header, blob = await doorstep.read_frame(pipe)
    await doorstep.write_frame(pipe, header, blob)
    pipe.data = pipe.written
    # Compared after reading: the interpreters escape control characters in different ways.
    reread, blob_again = await doorstep.read_frame(pipe)
    return [spelled(header), text(blob), spelled(reread), text(blob_again)]


def run(case):
    """What the case gives, as text or as a list of texts. Raises `Refused`."""
    do = case["do"]
    if do == "hmac":
        return text(keys.hmac_sha256(unhexlify(case["key"]), unhexlify(case["data"])))
    if do == "equal":
        return repr(keys.equal(unhexlify(case["key"]), unhexlify(case["data"])))
    if do == "hkdf":
        ikm, salt, info = (unhexlify(case[name]) for name in ("ikm", "salt", "info"))
        return text(keys.hkdf(ikm, salt, info, case["length"]))
    if do == "aead":
        key, iv, associated = (unhexlify(case[name]) for name in ("key", "iv", "associated"))
        encrypted, tag = seal.encrypt(key, iv, associated, unhexlify(case["plaintext"]))
        return [text(encrypted), text(tag), text(seal.decrypt(key, iv, associated, encrypted, tag))]
    if do == "base64url":
        return [base64url.encode(unhexlify(case["data"])), text(base64url.decode(case["text"]))]
    if do == "base64url-decode":
        return text(base64url.decode(str(unhexlify(case["data"]), "utf-8")))
    if do == "message-key":
        return text(keys.message_key(unhexlify(case["secret"]), case["site"], case["node"], case["purpose"]))
    if do == "seal":
        key, iv = unhexlify(case["key"]), unhexlify(case["iv"])
        return str(seal.seal(key, case["kid"], case["typ"], unhexlify(case["plaintext"]), iv), "ascii")
    if do == "unseal":
        return text(seal.unseal(unhexlify(case["key"]), case["kid"], case["typ"], unhexlify(case["sealed"])))
    if do == "json":
        return spelled(strict_json.loads(unhexlify(case["data"])))
    if do == "say":
        said = strict_json.dumps({"a": chr(case["point"])})
        try:
            return spelled(strict_json.loads(said))
        except Refused:
            return "said what nobody can read"
    if do == "decode":
        return spelled(messages.decode(case["kind"], unhexlify(case["data"])))
    if do == "encode":
        message = plain_json.loads(unhexlify(case["data"]))
        return spelled(plain_json.loads(messages.encode(case["kind"], message)))
    if do == "page":
        return text(described.page("<!-- " + case["name"] + " -->"))
    if do == "pass":
        data = passes.payload(case["site"], unhexlify(case["id"]), case["doors"], case["from_s"], case["until_s"])
        return passes.text(data, unhexlify(case["signature"]))
    if do == "pass-read":
        wanted = unhexlify(case["signature"])
        read = passes.read(str(unhexlify(case["text"]), "utf-8"), lambda message, signature: signature == wanted)
        said = [read.site, text(base64url.decode(read.id))]
        said += read.doors
        said += [str(read.from_s), str(read.until_s)]
        return said
    if do == "topic":
        return list(topics.parse(str(unhexlify(case["data"]), "utf-8")))
    if do == "header":
        return spelled(doorstep.decode_header(unhexlify(case["data"]))[0])
    if do == "frame":
        try:
            return asyncio.run(again(Pipe(unhexlify(case["data"]))))
        except EOFError:
            return "left"
    raise KeyError(do)


def main():
    for line in sys.stdin:
        try:
            came = {"gives": run(json.loads(line))}
        except Refused as refused:
            came = {"refused": refused.code}
        print(json.dumps(came))
        sys.stdout.flush()


main()
