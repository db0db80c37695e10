"""The node's connection to its board: attaches again whenever the board returns, and never gives up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ostiary.firmware.virtual.board_line import BoardGone, BoardLine
from ostiary.protocol.errors import Refused

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0


class Attachment:
    """Reads the board in a thread of its own. Set `on_levels` and `on_present` before `start`."""

    def __init__(self, path: Path, log: Callable[[str], None], roles: Sequence[str] = ("reader", "strike")) -> None:
        self.on_levels: Callable[[dict[str, Any]], None] = lambda levels: None
        self.on_present: Callable[[dict[str, Any], bytes], None] = lambda header, picture: None
        self.on_reader: Callable[[dict[str, Any]], None] = lambda header: None
        self._path = path
        self.roles = list(roles)
        self._log = log
        self._line: BoardLine | None = None
        self._told: dict[str, Any] | None = None
        self._sending = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)

    def start(self) -> None:
        """Attach, now or as soon as there is a board."""
        self._thread.start()

    def send(self, header: dict[str, Any]) -> None:
        """Tell the board something; without a board it is lost, and the board's person was told so already."""
        with self._sending:
            line = self._line
            if line is None:
                return
            try:
                line.send(header)
            except BoardGone as gone:
                self._log(f"board: {gone}")

    def tell(self, pattern: str) -> None:
        """Lamp and buzzer tell this from now on, also at a board that comes later."""
        self._told = {"do": "tell", "led": pattern, "buzzer": pattern}
        self.send(self._told)

    def close(self) -> None:
        """Detach for good."""
        self._stop.set()
        line = self._line
        if line is not None:
            line.close()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._stop.is_set():
            try:
                line = BoardLine(self._path)
                try:
                    line.send({"do": "attach", "as": "node", "roles": self.roles})
                    self._line = line
                    if self._told is not None:
                        self.send(self._told)
                    while True:
                        self._take(*line.read())
                        wait_s = FIRST_WAIT_S
                finally:
                    self._line = None
                    line.close()
            except (BoardGone, Refused) as gone:
                if not self._stop.is_set():
                    self._log(f"board: {gone}; trying again")
            self._stop.wait(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _take(self, header: dict[str, Any], blob: bytes) -> None:
        do = header.get("do")
        if do in ("attached", "input"):
            self.on_levels(header)
        elif do == "present":
            self.on_present(header, blob)
        elif do in ("keys", "wiegand"):
            self.on_reader(header)
