#!/usr/bin/env python3
"""Verifies a receipt of an Ostiary door, alone: python3 verify_receipt.py FILE [--key LOGKEY] [--witness KEY ...]

Needs Python 3.8 or newer and the package `cryptography`, no network and nothing else of Ostiary. The file's format is
described in Ostiary's docs/log.md; the pieces are RFC 6962 (tree), C2SP signed-note, tlog-checkpoint, tlog-cosignature
and tlog-proof. Exit status: 0 the receipt holds, 1 it does not, 2 it could not be read.
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import json
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DASH = "\u2014 "


class Refused(Exception):
    """check: which one failed; say: the sentence about it."""

    def __init__(self, check, say):
        super().__init__(say)
        self.check, self.say = check, say


def need(holds, check, say):
    if not holds:
        raise Refused(check, say)


def b64(text, check, say):
    """Base64 in its one canonical spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = None
    need(data is not None and base64.b64encode(data).decode() == text, check, say)
    return data


def decimal(text, check, say):
    """A number of at most 18 digits, without leading zeros."""
    need(text.isascii() and text.isdigit() and len(text) <= 18 and str(int(text)) == text, check, say)
    return int(text)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def read_key(text, kinds, check="key"):
    """A verifier key's (name, key id, public key): <name>+<8 hex digits>+<base64 of type and key>."""
    say = f"One of the keys is no verifier key: {text[:200]!r}."
    parts = text.split("+", 2)
    need(len(parts) == 3 and parts[0] and not any(letter.isspace() for letter in parts[0]), check, say)
    blob = b64(parts[2], check, say)
    need(len(blob) == 33 and blob[0] in kinds, check, say)
    identity = sha256(parts[0].encode(), b"\n", blob)[:4]
    need(parts[1] == identity.hex(), check, say)
    return parts[0], identity, blob[1:]


def signed(public, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def read_file(data):
    """The parts of a receipt. Whatever is not exactly in its place is refused."""
    form = "This is no receipt, or a damaged one."
    if data.count(b"\n") == data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n")
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Refused("form", form) from None
    need(len(data) <= 1_000_000 and not any(letter < " " for line in lines for letter in line), "form", form)
    lines.reverse()  # pop() takes the next one

    def take(start):
        need(lines and lines[-1].startswith(start), "form", form)
        return lines.pop()[len(start) :]

    def block():
        found = []
        while lines and lines[-1]:
            found.append(lines.pop())
        need(take("") == "" and lines, "form", form)
        return found

    need(take("ostiary receipt v1") == "", "form", form)
    logs, witnesses = [(take("log "), b"")], []
    need(" " not in logs[0][0], "form", form)
    while lines and lines[-1].startswith("log "):
        key, _, signature = take("log ").partition(" ")
        logs.append((key, b64(signature, "form", form)))
        need(len(logs[-1][1]) == 64, "form", form)
    while lines and lines[-1].startswith("witness "):
        witnesses.append(take("witness "))
    salt = b64(take("salt "), "form", form)
    need(len(salt) == 16 and take("record") == "", "form", form)
    wrapped = block()
    need(wrapped and {len(line) for line in wrapped[:-1]} <= {76} and len(wrapped[-1]) <= 76, "form", form)
    record = b64("".join(wrapped), "form", form)
    need(take("c2sp.org/tlog-proof@v1") == "", "form", form)
    position = decimal(take("index "), "form", form)
    proof = [b64(line, "form", form) for line in block()]
    need(all(len(step) == 32 for step in proof), "form", form)
    return logs, witnesses, salt, record, position, proof, lines[::-1]


def follow_keys(logs, asked):
    """The log's last key; each but the first is signed by the one before. The asked key must be one of them."""
    if asked is not None:
        read_key(asked, (1,))
    held, known = logs[0][0], [logs[0][0]]
    for following, signature in logs[1:]:
        before, after = read_key(held, (1,)), read_key(following, (1,))
        message = f"ostiary log key\n{held}\n{following}\n".encode()
        holds = before[0] == after[0] and signed(before[2], signature, message)
        need(holds, "key", "The key before did not sign the one that follows it.")
        held = following
        known.append(held)
    key = read_key(held, (1,))
    need(asked is None or asked in known, "key", "The receipt is signed with another key than the one you gave.")
    return key


def read_note(lines):
    """A signed note's (text, [(name, key id, signature)])."""
    say = "The checkpoint is malformed."
    need(len(lines) >= 3 and lines[-1] == "" and "" in lines[:-1], "checkpoint", say)
    blank = len(lines) - 2 - lines[-2::-1].index("")
    need(blank >= 1, "checkpoint", say)
    found = []
    for line in lines[blank + 1 : -1]:
        parts = line.split(" ")
        need(len(parts) == 3 and line.startswith(DASH) and parts[1] and "+" not in parts[1], "checkpoint", say)
        need(not any(letter.isspace() for letter in parts[1]), "checkpoint", say)
        blob = b64(parts[2], "checkpoint", say)
        need(len(blob) >= 5, "checkpoint", say)
        found.append((parts[1], blob[:4], blob[4:]))
    need(found, "checkpoint", say)
    return "".join(line + "\n" for line in lines[:blank]), found


def root_from(leaf, index, size, proof):
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2), or None when its length does not fit."""
    first, last, held = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return None
        if first % 2 or first == last:
            held = sha256(b"\x01", step, held)
            while first % 2 == 0 and first:
                first, last = first // 2, last // 2
        else:
            held = sha256(b"\x01", held, step)
        first, last = first // 2, last // 2
    return held if last == 0 else None


def verify(data, asked=None, known=(), now_s=None):
    """(record, position, size, origin, [(witness, Unix time)]). Raises Refused with the check that failed."""
    logs, witnesses, salt, record, position, proof, note = read_file(data)
    name, identity, public = follow_keys(logs, asked)
    text, signatures = read_note(note)
    mine = [one for one in signatures if one[:2] == (name, identity)]
    need(mine, "checkpoint", "The log's key did not sign the checkpoint.")
    holds = all(signed(public, one[2], text.encode()) for one in mine)
    need(holds, "checkpoint", "The log's signature does not fit the checkpoint.")
    head = text.split("\n")[:-1]
    say = "The checkpoint is malformed, or of another log."
    need(len(head) >= 3 and head[0] == name, "checkpoint", say)
    size, root = decimal(head[1], "checkpoint", say), b64(head[2], "checkpoint", say)
    need(len(root) == 32, "checkpoint", say)
    seen = []
    for at, line in enumerate(witnesses, 1):
        who, number, theirs = read_key(line, (4,), "witness")
        there = len(signatures) > at and signatures[at][:2] == (who, number)
        need(there, "witness", "A witness's signature is missing.")
        stamp = int.from_bytes(signatures[at][2][:8], "big")
        message = f"cosignature/v1\ntime {stamp}\n{text}".encode()
        need(signed(theirs, signatures[at][2][8:], message), "witness", "A witness's signature does not hold.")
        late = now_s is not None and stamp > now_s + 86400
        need(not late, "witness", "A witness signed in the future, by this machine's clock: one of the two is wrong.")
        seen.append((who, stamp))
    ordered = signatures[0][:2] == (name, identity) and len({one[:2] for one in signatures}) == len(signatures)
    need(ordered and len(signatures) == 1 + len(witnesses), "witness", "A signature is there that no key explains.")
    say = "None of the witnesses that were asked for has signed this checkpoint."
    need(not known or set(known) & set(witnesses), "witness", say)
    need(position < size, "position", f"The checkpoint is older than the record: it signs {size} records.")
    leaf = sha256(b"\x00", hmac.new(salt, record, hashlib.sha256).digest())
    say = "This record is not the one that the log signed for there: record, salt, proof or checkpoint was changed."
    need(root_from(leaf, position, size, proof) == root, "proof", say)
    try:
        value = json.loads(record)
    except (ValueError, RecursionError):
        value = None
    own = isinstance(value, dict) and f"ostiary/{value.get('site')}" == name
    need(own, "record", "The log holds these bytes, but they are no record of its site.")
    return value, position, size, name, seen


def moment(seconds):
    """Unix seconds in words; the calendar ends, a number in a file need not."""
    began = datetime.datetime(1970, 1, 1)
    return f"{began + datetime.timedelta(seconds=seconds)} UTC" if seconds < 1 << 37 else f"second {seconds}"


def main():
    parser = argparse.ArgumentParser(description="Verify a receipt of an Ostiary door, offline.")
    parser.add_argument("file")
    parser.add_argument("--key", help="the log's verifier key, as you know it from elsewhere")
    parser.add_argument("--witness", action="append", default=[], help="a witness's verifier key that must have signed")
    given = parser.parse_args()
    try:
        with open(given.file, "rb") as file:
            data = file.read(1_000_001)
    except OSError as error:
        print(f"The receipt could not be read: {error.strerror}. Check its name.")
        return 2
    try:
        value, position, size, origin, seen = verify(data, given.key, given.witness, time.time())
    except Refused as error:
        print(f"This receipt does not hold ({error.check}). {error.say}")
        return 1
    print(f"This receipt holds. Record {position} of the log {origin}, which signed for {size} records.")
    if given.key is None:
        print("The log's key is the receipt's own word: compare it with one that you have from elsewhere (--key).")
    for who, stamp in seen:
        print(f"Witnessed by {who} at {moment(stamp)}.")
    if not seen:
        print("Unwitnessed: no second party has signed this checkpoint.")
    print(json.dumps(value, indent=2, sort_keys=True))  # in ASCII: nothing in it reaches the terminal as a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
