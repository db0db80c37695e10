"""The live state: only what a durable record said, only what a door's rule reads, and nobody else's name."""

from ostiary.controller.access.presence import Presence
from ostiary.controller.policy.document import Policy, load
from ostiary.controller.policy.facts import Escort, Holding, Inside, Live, PersonFacts
from ostiary.controller.record.record import Draft

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
NOW = 1_794_913_200_000


def policy(grant: str) -> Policy:
    return load(
        f"policy: p\ndoors:\n  front: {{face: off, grant: [{grant}]}}\n  back: {{face: off, grant: [member: active]}}\n"
    )


READS = policy("not_inside: {forgiven: 4h, doors: [front, back]}, occupancy: {at_most: 2, forgiven: 1h}")
ESCORTED = policy("escorted: {by: key, within: 60s}")
PLAIN = policy("member: active")
PEOPLE = {
    "p-ada": PersonFacts("p-ada"),
    "p-bob": PersonFacts("p-bob", holds=(Holding("key"),)),
    "p-eve": PersonFacts("p-eve", holds=(Holding("key", 0, NOW - DAY_MS),)),
}


class Records:
    """A log of which only the fold is looked at."""

    def __init__(self) -> None:
        self.presence = Presence()
        self._position = -1

    def say(self, kind: str, at_ms: int, person: str = "", door: str = "front", **more: object) -> int:
        self._position += 1
        draft = Draft(kind, at_ms, {}, (person,) if person else (), door)
        self.presence.recorded(self._position, Draft(**{**_fields(draft), **more}))
        return self._position

    def entered(self, person: str, at_ms: int, door: str = "front") -> None:
        grant = self.say("decision", at_ms, person, door, verdict="grant", code="granted")
        self.say("outcome", at_ms + 1_000, person, door, code="acted", about=grant)

    def seen(self, rule: Policy, person: str = "p-ada", at_ms: int = NOW) -> Live:
        return self.presence.seen(person, rule, "front", at_ms, PEOPLE.get)


def _fields(draft: Draft) -> dict[str, object]:
    return {name: getattr(draft, name) for name in Draft.__dataclass_fields__}


def test_only_a_grant_that_was_acted_upon_is_an_entry() -> None:
    records = Records()
    denied = records.say("decision", NOW, "p-ada", verdict="deny", code="not-member")
    records.say("outcome", NOW, "p-ada", code="acted", about=denied)
    unused = records.say("decision", NOW, "p-ada", verdict="grant", code="granted")
    records.say("outcome", NOW, "p-ada", code="unused", about=unused)
    assert records.seen(READS) == Live()
    records.entered("p-ada", NOW)
    assert records.seen(READS) == Live((Inside(0, "front", NOW),))


def test_a_decision_is_told_what_its_door_reads_and_no_names() -> None:
    records = Records()
    records.entered("p-ada", NOW - 3 * HOUR_MS, "back")
    records.entered("p-bob", NOW - 30 * MINUTE_MS)
    records.entered("p-eve", NOW - 20 * MINUTE_MS, "back")  # nobody counts who came in by the back
    records.entered("p-eve", NOW - 10 * MINUTE_MS)
    records.entered("p-old", NOW - 2 * HOUR_MS)  # forgiven by the occupancy's hour
    assert records.seen(READS) == Live(
        (
            Inside(0, "back", NOW - 3 * HOUR_MS),
            Inside(1, "front", NOW - 30 * MINUTE_MS),
            Inside(2, "front", NOW - 10 * MINUTE_MS),
        )
    )
    assert records.seen(PLAIN) == Live()
    assert "p-" not in str(records.seen(READS).as_document())


def test_an_escort_is_somebody_else_who_holds_it_now_and_was_let_in_here_just_now() -> None:
    records = Records()
    records.say("decision", NOW - 59_000, "p-bob", verdict="grant", code="granted")
    records.say("decision", NOW - 10_000, "p-eve", verdict="grant", code="granted")
    records.say("decision", NOW - 10_000, "p-bob", "back", verdict="grant", code="granted")
    assert records.seen(ESCORTED) == Live(escorts=(Escort("key", NOW - 59_000),))
    assert records.seen(ESCORTED, "p-bob") == Live()
    assert records.seen(ESCORTED, at_ms=NOW + 1_000) == Live()


def test_who_is_noted_to_have_left_is_outside() -> None:
    records = Records()
    records.entered("p-ada", NOW)
    records.entered("p-bob", NOW)
    records.say("note-left", NOW, "p-ada", code="note-left")
    assert records.seen(READS) == Live((Inside(1, "front", NOW),))


def test_a_lockdown_is_that_of_the_door_or_of_the_site() -> None:
    records = Records()
    records.say("lockdown", NOW, code="lockdown", body={"locked": [["back", NOW]]})
    assert records.seen(PLAIN).lockdown_ms is None
    records.say("lockdown", NOW, code="lockdown", body={"locked": [["back", NOW], [None, NOW + 5]]})
    assert records.seen(PLAIN).lockdown_ms == NOW + 5
    records.say("resume", NOW, code="resume", body={"locked": []})
    assert records.seen(PLAIN).lockdown_ms is None


def test_what_no_clause_can_read_any_more_is_forgotten() -> None:
    records = Records()
    for number in range(50):
        records.entered(f"p-{number}", NOW + number)
    records.say("decision", NOW + 2 * DAY_MS, "p-ada", verdict="grant", code="granted")
    assert records.presence == Records().presence or len(records.presence._grants) == 1
    assert records.seen(READS, at_ms=NOW) == Live()
