"""The operators' pages with one text wherever somebody else can have written it, for tests that read them."""

from ostiary.controller.people.attachments import Attachment
from ostiary.controller.people.importing import Mistake
from ostiary.controller.people.passes import Pass
from ostiary.controller.web.charts import Chart
from ostiary.controller.web.contest_case import Case, Weighed
from ostiary.controller.web.contest_queue import Waiting
from ostiary.controller.web.door_words import NodeLine
from ostiary.controller.web.doubles import Newcomer
from ostiary.controller.web.ledger_ahead import KindLine
from ostiary.controller.web.log_words import LogLine
from ostiary.controller.web.numbers import Reason
from ostiary.controller.web.panel.contests import Link
from ostiary.controller.web.panel.door_acts import Asked
from ostiary.controller.web.panel.imports import Shown
from ostiary.controller.web.panel.lockdown import Locked
from ostiary.controller.web.policy_diff import DiffLine
from ostiary.controller.web.register import Choices
from ostiary.controller.web.render import fragment
from ostiary.controller.web.verifying import Verified
from ostiary.controller.web.views import (
    AlarmLine,
    CardLine,
    ClauseLine,
    DoorChoice,
    DoorNow,
    EntryLine,
    Fact,
    KindChoice,
    LogState,
    Named,
    NodeNow,
    Opened,
    Row,
    ScoreLine,
    SpanLine,
)

AT_MS = 1_795_471_200_000


def panel_pages(text: str) -> list[str]:
    """In an order that does not depend on the text."""
    return [*_now(text), *_contests(text), *_people(text), *_site(text), *_policy(text)]


class Everything:
    """An operator who may everything."""

    name = "anna"

    def may(self, deed: str) -> bool:
        return bool(deed)


def _render(template: str, purpose: str, **view: object) -> str:
    return fragment(template, here="", purpose=purpose, visitor=Everything(), **view)


def _chart(text: str) -> Chart:
    return Chart(
        "step", (1.0, 2.0), ((600.0, None),), (text,), levels=((600.0, text),), marks=((1.5, text),), unit=text
    )


def _door(text: str) -> DoorNow:
    node = NodeNow("front-1", "front", "lost", text, AT_MS, True, False)
    return DoorNow("front", text, text, "wait", (text,), AT_MS, False, AT_MS, (node,), text, text)


def _pass(text: str) -> Pass:
    return Pass(3, "p-x", text, (text,), AT_MS, AT_MS, True, AT_MS, None)


def _now(text: str) -> list[str]:
    row = Row(1, AT_MS, text, "deny", text, text)
    alarms = [AlarmLine(4, text, text, AT_MS, AT_MS), AlarmLine(None, text, text, None, None, text)]
    view = {"doors": [_door(text)], "locked": [Locked("front", text, AT_MS)], "unheard": _door(text).nodes}
    asked = {"door": "", "do": "lockdown", "locked": (), "asked": text}
    return [
        _render("now.html", text, alarms=alarms, rows=[row], fresh=False, **view),
        _render("lockdown.html", text, sure=False, choices=[("", text)], **asked),
        _render("lockdown.html", text, sure=True, choices=[], name=text, among=[_door(text)], **asked),
        _render("door_ask.html", text, asked=Asked(text, text, text, "/doors/front/face"), purpose_now=text),
        fragment("_who.html", name=text),
    ]


def _case(text: str) -> Case:
    line = Waiting(1, text, "assigned", "wait", AT_MS, AT_MS, text, True, text)
    clause = ClauseLine(text, True, text, text, text)
    decision = Opened(3, AT_MS, text, "deny", text, text, (clause,), text, text, (Fact(text, text, "/people/x"),))
    weighed = Weighed(592, (text,))
    return Case(
        line, "p-x", text, text, "entry", text, True, None, None, (Fact(text, text),), decision, 600, weighed, weighed,
        _chart(text), (line,), (Attachment(1, 1, 1, "pdf", 5),),
    )  # fmt: skip


def _contests(text: str) -> list[str]:
    case = _case(text)
    view = {"case": case, "done": text, "mine": True, "as_name": text}
    view |= {"decide_at": "/contests/1/decide", "files_at": "/contests/1/files"}
    differing = [{"index": 3, "at_ms": AT_MS, "door": text, "verdict": "deny"}]
    decide = {"case": case, "outcome": "overturn", "reasons": text, "back": "/contests/1", "post": "/contests/1/decide"}
    return [
        _render("contests.html", text, queue=[case.line], everything=False),
        _render("contest.html", text, link=Link(text, text), outside=False, **view),
        _render("contest.html", text, link=None, outside=True, **view),
        _render("contest_decide.html", text, differing=differing, all_named=False, **decide),
    ]


def _people(text: str) -> list[str]:
    entry = EntryLine(1, True, text, text, text, text, AT_MS, text)
    span = SpanLine(1, text, "holding", AT_MS, AT_MS, text, False)
    shown = Shown(text, 1, 1, 1, ((2, text),), (Mistake(3, text, text, text),))
    kinds = [KindChoice("kind:paper", text)]
    line = KindLine(text, text, text, text, 1, 1, (1, 2, 3))
    rules = {
        "context": text,
        "lowest": 350,
        "highest": 950,
        "start": 600,
        "largest_penalty": 10,
        "penalties_in_30d": 20,
    }
    return [
        _render("pass.html", text, person=Named("p-x", text, text), given=_pass(text), text=text, qr=text),
        _render(
            "person.html", text, person=Named("p-x", text, text),
            passes=[_pass(text)], has_pin=True, doors=[DoorChoice(text, text, text)], done=text,
            chart=_chart(text), entries=[entry],
            score=ScoreLine(600, 950, text, text), more_time=True, kinds=kinds, spans=[span],
            cards=[CardLine(1, text, AT_MS, text)], contests=[_case(text).line], suspended_until_ms=None,
            grantable=kinds, face=None, faces=True,
        ),
        *(
            _render("duplicate.html", text, face=text, newcomer=Newcomer(text, text, True, person), alike=alike)
            for person, alike in ((None, ()), (text, (Named("p-x", text, text),)))
        ),
        _render("import.html", text, what="people", shown=shown, key=text, columns=text, done=text, most=100),
        _render("ledger.html", text, rules=rules, kinds=kinds, lines=[line], soon=[text] * 3, done=text),
    ]  # fmt: skip


def _site(text: str) -> list[str]:
    state = LogState(1, text, text, (text,), (text,))
    choices = Choices((text,), (text,), (text,))
    line = LogLine(1, AT_MS, text, text, text, "deny", True)
    waits = {"by": [{"credential": text, "requests": 1, "granted": 1, "median_ms": 5, "p95_ms": None}], "all": True}
    asked = {"kind": text, "since": text}
    door = {"door": _door(text), "facts": [Fact(text, text)], "necessity": [Fact(text, text)], "budget": _chart(text)}
    nodes = [NodeLine("front-1", True, "", (Fact(text, text),)), NodeLine("front-2", False, text, ())]
    return [
        _render(
            "log.html", text, lines=[line], older="/log?before=1", newest="/log", asked=asked, choices=choices,
            verdicts=("grant",), behind=3, log=state, asks=text,
        ),
        _render("verified.html", text, position=1, said=Verified(True, (text,))),
        _render(
            "numbers.html", text, days=7, choices=(1, 7), chart=_chart(text), step=4, waits=waits,
            reasons=[Reason(text, "deny", 1, 100.0)], late=[(text, 1)],
        ),
        _render("doors.html", text, doors=[_door(text)], asks={"front": text}),
        _render("door.html", text, nodes=nodes, health=_chart(text), days=30, done=text, **door),
    ]  # fmt: skip


def _policy(text: str) -> list[str]:
    shown = {
        "index": 3,
        "policy": text,
        "name": text,
        "operator": text,
        "proposed_by": text,
        "version": 2,
        "at_ms": AT_MS,
    }
    told = {"sha256": text, "since_ms": AT_MS, "decisions": 2, "same": 1, "newest": [7]}
    return [
        _render("policy_history.html", text, published=[shown]),
        _render("policy_past.html", text, shown={**shown, "text": text}, before=shown, lines=[DiffLine("-", text)]),
        _render("policy_shadow.html", text, told=told, differing=[(text, text, 1)]),
    ]
