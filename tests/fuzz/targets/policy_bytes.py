"""Pages that were policies once: bytes flipped, cut, doubled, swapped, with scraps over which YAML is known to trip."""

import random

from ostiary.controller import samples
from tests.fuzz import policy_judging

NAME = "policy-bytes"
PAGES = [samples.policy_text(name).encode() for name in ("workshop", "laboratory", "small-office")]
PAGES.append(PAGES[0].split(b"hours:")[0].split(b"doors:")[0] + b"doors: {a: {face: off, grant: [member: active]}}\n")
SCRAPS = [
    *(b"- ", b": ", b"{", b"}", b"[", b"]", b",", b"\n", b"  ", b"\t", b'"', b"'", b"#", b"|", b">", b"%", b"@", b"`"),
    *(
        b"&a ",
        b"*a",
        b"!x ",
        b"!!python/object:os.system ",
        b"<<: *a",
        b"? ",
        b"---\n",
        b"...\n",
        b"~",
        b"null",
        b"=\n",
    ),
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x9a\xaa",
        b"\x80",
    ),
    *(b".inf", b"-.inf", b".nan", b"1e999", b"0x10", b"0o17", b"1_000", b"6:00", b"12:30:45", b"9" * 400, b"-0", b"+"),
    *(b"2026-02-29", b"2028-02-29", b"2026-03-29", b"0000-00-00", b"9999-12-31", b'"24:00"', b'"02:30"', b"on", b"off"),
    *(b"Europe/Berlin", b"Europe", b"../../etc/passwd", b"localtime", b"/dev/zero", b"holidays/", b"holidays/DE-"),
    *(
        b'"\\UFFFFFFFF"',
        b'"\\ud800"',
        b"group: a",
        b"face: identify",
        b"never",
        b"999999d",
        b"0s",
        b"[" * 40,
        b"{" * 40,
    ),
]
BOMBS = [
    b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (98 + n, 98 + n, 97 + n, 97 + n) for n in range(20)),
    b"policy: x\ndoors: &d {front: *d}\n",
    b"[" * 20_000,
    b"{a: " * 10_000,
    b"- " * 20_000,
    b"? " * 20_000,
    b"%YAML 1." + b"9" * 5000 + b"\n---\na: b\n",
    b"a: |" + b"9" * 100 + b"\n  x\n",
    b"policy: " + b"x" * 60_000,
    b"policy: x\ndoors:\n" + b"".join(b"  d%d: {face: off, grant: [member: active]}\n" % n for n in range(1200)),
    b"policy: x\ngroups:\n  g0: {face: off}\n"
    + b"".join(b"  g%d: {group: g%d}\n" % (n, n - 1) for n in range(1, 1500))
    + b"doors: {a: {group: g1499, grant: [member: active]}}\n",
    "policy: x\ndoors: {}\n".encode("utf-16"),
    b"",
    b"\x00" * 100,
]


def make(rng: random.Random) -> bytes:
    if rng.random() < 0.05:
        return rng.choice(BOMBS)
    page = bytearray(rng.choice(PAGES))
    for _ in range(rng.randint(1, 6)):
        start, length = rng.randrange(len(page) + 1), rng.choice([0, 0, 1, 2, 5, 20, 200])
        match rng.randrange(5):
            case 0:
                page[start : start + length] = rng.choice(SCRAPS)
            case 1:
                page[start : start + length] = rng.randbytes(rng.randint(1, 4))
            case 2:
                del page[start : start + length]
            case 3:
                page[start:start] = page[start : start + length]
            case _:
                there = rng.randrange(len(page) + 1)
                page[there:there] = page[start : start + length]
    return bytes(page)


def judge(data: bytes) -> None:
    policy_judging.judge(data)
