"""A new clause type is one new file: dropped beside the others in a copy of the room, it decides and explains."""

import shutil
import subprocess
import sys
from pathlib import Path

from ostiary import controller

ROOM = Path(controller.__file__).parent

NEW_CLAUSE = '''
"""`odd_minute: please` — it is an odd minute."""

from dataclasses import dataclass
from typing import ClassVar

from ostiary.controller.policy.change import Wait
from ostiary.controller.policy.clause import HELD, Finding
from ostiary.controller.policy.formula import And, Not, Somebody

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class OddMinute:
    name: ClassVar[str] = "odd_minute"
    no_change: ClassVar = {"en": "Wait.", "de": "Warten."}
    word: str

    @classmethod
    def read(cls, value, sections):
        return cls(value.word(("please",)))

    @classmethod
    def schema(cls):
        return {"const": "please"}

    def as_document(self):
        return self.word

    def check(self, facts):
        held = facts.at_ms // MINUTE_MS % 2 == 1
        return Finding(self.name, held, HELD if held else "even-minute", facts.at_ms, self.word)

    def say(self, finding, language):
        return {"en": "The minute is odd.", "de": "Die Minute ist ungerade."}[language]

    def change(self, facts):
        soon = {"en": "it is an odd minute", "de": "die Minute ungerade ist"}
        return [] if self.check(facts).held else [Wait(self.next_change(facts), soon)]

    def next_change(self, facts):
        return (facts.at_ms // MINUTE_MS + 1) * MINUTE_MS

    def formula(self, door):
        return And((Somebody(), Not(Somebody())))


CLAUSE = OddMinute
'''

USE = """
from ostiary.controller.policy.document import load
from ostiary.controller.policy.evaluate import evaluate
from ostiary.controller.policy.explain import explain
from ostiary.controller.policy.facts import Facts, Holding, PersonFacts
from ostiary.controller.policy.schema import schema

policy = load("policy: p\\ndoors: {front: {face: off, grant: [any_of: [odd_minute: please, holds: key]]}}")
for at_ms in (0, 60_000):
    facts = Facts(PersonFacts("p"), "front", at_ms)
    verdict = evaluate(policy, facts)
    print(verdict.reason, "|", explain(policy, facts, verdict).counterfactual)
print(schema()["$defs"]["clauses"]["items"]["properties"]["odd_minute"])
print(load("policy: p\\ndoors: {front: {face: off, grant: [odd_minute: pleas]}}"))
"""


def test_one_file_is_a_clause_type(tmp_path: Path) -> None:
    house = tmp_path / "ostiary" / "controller"
    shutil.copytree(ROOM / "policy", house / "policy", ignore=shutil.ignore_patterns("__pycache__"))
    for package in (tmp_path / "ostiary", house):
        (package / "__init__.py").write_text("")
    (house / "policy" / "clauses" / "odd_minute.py").write_text(NEW_CLAUSE)
    ran = subprocess.run(
        [sys.executable, "-c", USE], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    lines = ran.stdout.splitlines()
    assert lines[0] == (
        "none-of-these | What would open this door for you: “key” (please ask the office how to get it), or wait until "
        "1 January 1970 at 00:01, when it is an odd minute."
    ), ran.stderr
    assert lines[1] == "granted | None"
    assert lines[2] == "{'const': 'please'}"
    assert 'Did you mean "please"?' in ran.stderr
