"""What every forbid answers about itself: a clause's five questions, asked of something that must not be so."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from ostiary.controller.policy.change import Change
from ostiary.controller.policy.clause import HELD, Finding
from ostiary.controller.policy.facts import Facts
from ostiary.controller.policy.formula import Formula


class Forbid(Protocol):
    """A forbid. It holds, like a clause, where nothing speaks against the person."""

    name: ClassVar[str]  # its reason code
    words: ClassVar[Mapping[str, str]]  # what it says where it applies

    def check(self, facts: Facts) -> Finding: ...

    def say(self, finding: Finding, language: str) -> str: ...

    def change(self, facts: Facts) -> list[Change]: ...

    def next_change(self, facts: Facts) -> int | None: ...

    def formula(self, door: str) -> Formula: ...


def finding(name: str, applies: bool) -> Finding:
    """The finding of a forbid; it has no value and no bound besides its name."""
    return Finding(name, False, name, name, None) if applies else Finding(name, True, HELD, HELD, None)
