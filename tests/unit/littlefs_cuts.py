"""Run by MicroPython: power is cut at every write of a journal on littlefs, after some of its bytes, and mounted again.

    littlefs_cuts.py SEED STEP      prints "cuts N", or ends with a traceback

After each cut the journal must hold every entry that `append` came back from, in order, and nothing that was never
appended; and it must go on from there.
"""

import random
import sys

import vfs

from ostiary.firmware.esp32 import counts
from ostiary.firmware.esp32.journal_file import JournalFile

BLOCK, BLOCKS = 512, 96


class PowerCut(Exception):
    pass


class Flash:
    """Block flash in memory that loses power after so many bytes were programmed; erasing counts as a block."""

    def __init__(self, data: bytearray, budget: int) -> None:
        self.data = data
        self.left = budget
        self.gone = False  # then even a file that is closed by its finaliser (which may not allocate) does nothing

    def readblocks(self, number: int, buffer: bytearray, offset: int = 0) -> None:
        if self.gone:
            return
        at = number * BLOCK + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, number: int, buffer: bytes, offset: int = 0) -> None:
        if self.gone:
            return
        at = number * BLOCK + offset
        count = min(len(buffer), self.left)
        self.data[at : at + count] = buffer[:count]
        self.left -= count
        if count < len(buffer):
            raise PowerCut

    def ioctl(self, op: int, argument: int):
        if op == 4:
            return BLOCKS
        if op == 5:
            return BLOCK
        if op == 6:
            if self.gone:
                return 0
            # An erase that the power did not last for leaves anything there.
            at = argument * BLOCK
            if self.left < BLOCK:
                for i in range(BLOCK):
                    self.data[at + i] = random.getrandbits(8)
                self.left = 0
                raise PowerCut
            for i in range(BLOCK):
                self.data[at + i] = 0xFF
            self.left -= BLOCK
            return 0
        return 0 if op == 3 else None


def entry(seq: int) -> dict:
    return {
        "v": 1,
        "boot": 1 + seq // 7,
        "seq": seq,
        "at": {"ms": 1790000000000 + seq, "clock": "set"},
        "kind": "exit",
        "detail": "x" * (seq * 13 % 90 + 1),
    }


def live(flash: Flash, told: list) -> None:
    """Appends until the power goes; `told` holds what is durable: entries, what the keeper has, boots."""
    vfs.mount(vfs.VfsLfs2(flash), "/cut")
    try:
        told[2] = max(told[2], counts.next_boot("/cut/boot", 0))
        journal = JournalFile("/cut/journal", 700)
        while told[0] < 40:
            seq = journal.kept.last_seq + 1
            journal.append(entry(seq))
            told[0] = seq
            if seq % 5 == 0:
                told[1] = seq - 3
                journal.acknowledge(seq - 3)
            if seq % 9 == 0:
                journal.remember(seq, {"lockdown": True})
                told[3] = seq
        journal.close()
    finally:
        vfs.umount("/cut")


def check(data: bytearray, told: list) -> None:
    vfs.mount(vfs.VfsLfs2(Flash(data, 1 << 30)), "/cut")
    try:
        journal = JournalFile("/cut/journal", 700)
        kept = journal.kept
        assert kept.last_seq >= told[0], (kept.last_seq, told)
        assert kept.last_seq <= told[0] + 1, "nothing that was never appended"
        assert kept.upto <= told[1] and kept.term >= told[3], (kept.upto, kept.term, told)
        assert not kept.lost, kept.lost
        numbers = [one["seq"] for one in kept.entries]
        assert numbers == list(range(kept.upto + 1, kept.last_seq + 1)), numbers
        assert all(one == entry(one["seq"]) for one in kept.entries)
        assert counts.next_boot("/cut/boot", 0) > told[2]
        journal.append(entry(kept.last_seq + 1))
        journal.close()
    finally:
        vfs.umount("/cut")


def whole_life(budget: int) -> bool:
    """One life with so much power; returns whether it was cut."""
    data = bytearray(b"\xff" * (BLOCK * BLOCKS))
    vfs.VfsLfs2.mkfs(Flash(data, 1 << 30))
    told = [0, 0, 0, 0]
    flash = Flash(data, budget)
    cut = False
    try:
        live(flash, told)
    except (PowerCut, OSError):
        cut = True
    flash.gone = True
    check(data, told)
    return cut


random.seed(int(sys.argv[1]))
budget, cuts, step = 1, 0, int(sys.argv[2])
while whole_life(budget):
    cuts += 1
    budget += random.randrange(1, 2 * step)
print("cuts", cuts)
