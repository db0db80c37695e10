"""Adds operators and makes their one-time links: written, recorded by the keeper, and only then committed."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ostiary.controller.cli.changing import recorded
from ostiary.controller.people import links, operators
from ostiary.controller.people.operators import Operator
from ostiary.controller.people.roles import CONSOLE

if TYPE_CHECKING:
    from sqlalchemy import Connection

FIRST = "the first operator"


def appoint(data: Path, name: str, roles: Iterable[str], *, by: str = CONSOLE) -> Operator:
    """A new operator. Raises what `operators.add` raises, and `ActError`."""

    def write(conn: "Connection", who: str) -> tuple[Operator, dict[str, Any]]:
        made = operators.add(conn, operators.new_id(os.urandom(10)), name, roles, who, now_ms())
        return made, {"subject": made.name, "given": " ".join(sorted(made.roles))}

    return recorded(data, by, "operator-add", write)[0]


def link(data: Path, name: str | None, *, by: str = CONSOLE) -> str:
    """The token of a new one-time link for this operator; without a name, for the first one of a site that has none."""

    def write(conn: "Connection", who: str) -> tuple[str, dict[str, Any]]:
        known = None if name is None else operators.acting(conn, name)
        token = links.make(conn, known.id if known else None, who, os.urandom(32), now_ms())
        return token, {"subject": known.name if known else FIRST}

    return recorded(data, by, "operator-link", write)[0]


def now_ms() -> int:
    return time.time_ns() // 1_000_000
