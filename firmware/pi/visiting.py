"""One visit through the host: its facts go in, and what came of it goes to whoever stands there, with its times."""

from __future__ import annotations

import time

from ostiary.firmware.door.host import Host, Reply
from ostiary.firmware.pi.hardware import Visit
from ostiary.firmware.pi.sight import Seen


def attend(host: Host, visit: Visit, seen: Seen, now_ms: int) -> None:
    """Somebody stands there; the reply goes out as soon as the display says something."""

    def reply(came: Reply) -> None:
        total_ms = (time.perf_counter() - visit.came_s) * 1000
        ms: dict[str, float | None] = {**seen.ms, "ask_to_answer": came.answer_ms, "total": total_ms}
        visit.reply(
            {
                "show": {**came.show, "receipt": came.slip},
                "receipt": came.slip["code"] if came.slip else None,
                "ms": {name: value if value is None else round(value, 3) for name, value in ms.items()},
                "outcome": came.outcome,
                "faces": seen.faces,
                "no_probe": seen.no_probe,
                "asked_to_turn": seen.asked_to_turn,
                "nonce": came.nonce or None,
            }
        )

    host.attend(seen.facts, reply, now_ms)
    # The ask is sealed and on its way, or will never be: the probe has no further use on this node.
    seen.wipe()
