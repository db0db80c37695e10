"""Times the seal on whatever interpreter runs it: prints, for each case and round, microseconds.

`seal_rounds.py ROUNDS TIMES`: one line a measurement, `<case> <microseconds>`. A case is sealing and unsealing one
whole message once, coded and checked as a node does it, or without that.
"""

import gc
import sys
import time

from ostiary.protocol import base64url, keys, messages, seal

if sys.implementation.name == "micropython":

    def now_us():
        """Wall-clock microseconds of this process."""
        return time.ticks_us()

else:

    def now_us():
        """CPU microseconds of this process."""
        return time.process_time_ns() // 1000


NODE, IV = "front-1", bytes(range(16))
ASK = {
    "v": 1,
    "door": "front",
    "nonce": base64url.encode(bytes(16)),
    "boot": 7,
    "seq": 42,
    "at": {"ms": 1800000000000, "clock": "set"},
    "credential": "face",
    "claim": {"kind": "card", "value": "04A2B3C4"},
    "probe": {
        "model": "ab" * 32,
        "runtime": "litert 2.0.3",
        "vector": base64url.encode(bytes(range(192))),
        "scale": 0.01,
    },
    "quality": {"eye-distance-px": 80, "sharpness": 0.5, "yaw-deg": 3.5},
    "liveness": {"level": "none"},
    "faces": 1,
}
ANSWER = {
    "v": 1,
    "nonce": base64url.encode(bytes(16)),
    "verdict": "grant",
    "pulse_ms": 5000,
    "term": 1,
    "receipt": {"code": "0" * 16, "leaf": base64url.encode(bytes(32)), "salt": base64url.encode(bytes(16))},
    "show": {"say": "yes", "learn": "https://door.example/r"},
}
PACK = {
    "v": 1,
    "version": 1,
    "part": 0,
    "parts": 2,
    "sha256": base64url.encode(bytes(32)),
    "data": base64url.encode(bytes(4096)),
}
KEYS = {purpose: keys.message_key(bytes(32), "northside", NODE, purpose) for purpose in ("ask", "answer", "pack")}
CARD = dict(ASK, credential="card")
for name in ("probe", "quality", "liveness"):
    del CARD[name]
PLAIN = {
    "ask-face": messages.encode("ask", ASK),
    "ask-card": messages.encode("ask", CARD),
    "answer": messages.encode("answer", ANSWER),
    "pack-part": messages.encode("pack", PACK),
}


def sealed_and_unsealed(name):
    """The seal alone, both ways."""
    purpose = name.partition("-")[0]
    key = KEYS[purpose]
    return seal.unseal(key, NODE, purpose, seal.seal(key, NODE, purpose, PLAIN[name], IV))


def asked_and_answered(_):
    """What a node does for one visit with a face: it codes and seals the ask, and unseals and checks the answer."""
    seal.seal(KEYS["ask"], NODE, "ask", messages.encode("ask", ASK), IV)
    return messages.decode("answer", seal.unseal(KEYS["answer"], NODE, "answer", SEALED))


SEALED = seal.seal(KEYS["answer"], NODE, "answer", PLAIN["answer"], IV)
CASES = (
    ("ask-face", sealed_and_unsealed),
    ("ask-card", sealed_and_unsealed),
    ("answer", sealed_and_unsealed),
    ("pack-part", sealed_and_unsealed),
    ("whole-visit", asked_and_answered),
)


def main():
    """All cases in turn, once a round."""
    rounds, times = int(sys.argv[1]), int(sys.argv[2])
    for name, run in CASES:
        for _ in range(20):
            run(name)
    for _ in range(rounds):
        for name, run in CASES:
            gc.collect()
            begun = now_us()
            for _ in range(times):
                run(name)
            print(name, (now_us() - begun) / times)
    for name in sorted(PLAIN):
        print("bytes-" + name, len(PLAIN[name]))


main()
