"""Deciding alone: what a door grants by its pack when no answer comes. Never wider than its keeper at the making.

Pure: the pack is read already, the time is told, and faces are compared by whoever can. What the pack cannot know (who
is inside, a PIN) opens nothing.
"""

from ostiary.protocol import packs, slow_hash

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

GRANT, DENY = "grant", "deny"
GRANTED = "granted"
CLOCK_WRONG = "clock-wrong"  # earlier than the pack was made: whatever it says, it is not the time
TOO_OLD = "pack-too-old"
NOT_IN_PACK = "not-in-pack"
NOT_NOW = "not-now"
EXPIRED = "expired"
LIVENESS = ("none", "motion", "sensor")


class Verdict:
    """What was decided: `code` is the reason, `subject` whom it concerns (None: nobody was recognised), `pack_age_ms`
    None where the clock cannot tell. A denial moves nothing."""

    def __init__(self, code: str, subject: "str | None", version: int, age_ms: "int | None") -> None:
        self.verdict = GRANT if code == GRANTED else DENY
        self.code = code
        self.subject = subject
        self.pulse_ms = 0
        self.held_ms = 0
        self.pack_version = version
        self.pack_age_ms = age_ms


class Alone:
    """A pack in use. `card_key` is the node's own key for cards and passes; `match(gallery, probe)` gives the cosine of
    a probe with each template of a gallery, in order; without it no face opens anything alone. `pass_id(text)` gives
    the id of a pass whose signature is the site's, else None; without it no pass does."""

    def __init__(
        self,
        pack: packs.Pack,
        card_key: bytes,
        match: "Callable[[packs.Gallery, dict[str, Any]], Sequence[float]] | None" = None,
        pass_id: "Callable[[str], str | None] | None" = None,
    ) -> None:
        self._pack = pack
        self._card_key = card_key
        self._match = match
        self._pass_id = pass_id
        self.version: int = pack.header["version"]
        self.made_ms: int = pack.header["made_ms"]
        self.policy: str = pack.header["policy"]

    def age_ms(self, at_ms: int) -> int:
        """How old the pack is; 0 where the clock says that it is still to be made."""
        return max(0, at_ms - self.made_ms)

    def decide(self, facts: "dict[str, Any]", at_ms: int, clock: str) -> Verdict:
        """Grant or deny. `facts` as an ask has them, `at_ms` Unix ms by the node's clock, `clock` "set" or "unset".

        While the clock is unset, only who may pass during the whole life of the pack is let in: nobody can say which
        part of it this is.
        """
        if clock == "set" and at_ms < self.made_ms:
            return Verdict(CLOCK_WRONG, None, self.version, None)
        age_ms = self.age_ms(at_ms) if clock == "set" else None
        if age_ms is not None and age_ms >= self._pack.header["age_limit_ms"]:
            return Verdict(TOO_OLD, None, self.version, age_ms)
        code, person, schedule = self._who(facts)
        if person is None:
            return Verdict(code, None, self.version, age_ms)
        subject = self._pack.subject(person)
        if not code:
            when_ms = at_ms if clock == "set" else None
            own = self._pack.schedule_of(person)
            if schedule != own and not self._pack.grants(schedule, when_ms):
                code = EXPIRED
            else:
                code = GRANTED if self._pack.grants(own, when_ms) else NOT_NOW
        verdict = Verdict(code, subject, self.version, age_ms)
        if verdict.verdict == GRANT:
            header, more = self._pack.header, self._pack.flags(person) & packs.MORE_TIME
            verdict.pulse_ms = header["pulse_ms"] + (header["more_pulse_ms"] if more else 0)
            verdict.held_ms = header["more_held_ms"] if more else 0
        return verdict

    def _who(self, facts: "dict[str, Any]") -> "tuple[str, int | None, int]":
        """(why not, or nothing; who, as far as recognised; the schedule of what was presented)."""
        header, claim = self._pack.header, facts.get("claim")
        alone = facts["credential"] != "face"
        if claim is None:
            if alone or header["face"] != "identify":
                return "claim-missing", None, 0
            return self._search(facts)
        held = self._holder(claim)
        if held is None:
            return NOT_IN_PACK, None, 0
        person, schedule = held
        if alone or header["face"] == "off" or not self._pack.flags(person) & packs.HAS_FACE:
            # Opt-in: who has no face enrolled is never compared; what they hold stands alone where the door takes it.
            if header[claim["kind"]]:
                return "", person, schedule
            return (claim["kind"] + "-not-accepted" if alone else "not-enrolled"), person, schedule
        why, gallery, cosines = self._seen(facts)
        if gallery is None:
            return why, person, schedule
        mine = [cosine for number, cosine in zip(gallery.persons, cosines) if number == person]
        if not mine:
            return "not-enrolled", person, schedule
        return ("" if max(mine) >= gallery.verify else "face-mismatch"), person, schedule

    def _holder(self, claim: "dict[str, Any]") -> "tuple[int, int] | None":
        value: "str | None" = claim["value"]
        if claim["kind"] == "pass":
            value = self._pass_id(claim["value"]) if self._pass_id is not None else None
        if value is None:
            return None
        header = self._pack.header
        made = slow_hash.tag(self._card_key, claim["kind"], value, packs.salt_of(header), header["rounds"])
        return self._pack.holder(claim["kind"], made)

    def _seen(self, facts: "dict[str, Any]") -> "tuple[str, packs.Gallery | None, Sequence[float]]":
        probe = facts.get("probe")
        if probe is None:
            # A measure's name may have an underscore, a reason has none.
            return (facts.get("no_probe") or "face-missing").replace("_", "-"), None, ()
        said: "dict[str, str]" = facts.get("liveness") or {}
        level = said.get("level", LIVENESS[0])
        if LIVENESS.index(level) < LIVENESS.index(self._pack.header["liveness"]):
            return "liveness-missing", None, ()
        if self._match is not None:
            for gallery in self._pack.galleries:
                if gallery.model == probe["model"]:
                    return "", gallery, self._match(gallery, probe)
        return NOT_IN_PACK, None, ()

    def _search(self, facts: "dict[str, Any]") -> "tuple[str, int | None, int]":
        why, gallery, cosines = self._seen(facts)
        if gallery is None:
            return why, None, 0
        if gallery.identify is None or gallery.rival is None:
            return "gallery-too-large", None, 0
        passing: "set[int]" = set()
        rivals: "set[int]" = set()
        for number, cosine in zip(gallery.persons, cosines):
            if cosine >= gallery.rival:
                rivals.add(number)
                if cosine >= gallery.identify:
                    passing.add(number)
        if passing == {packs.NOBODY}:
            return NOT_IN_PACK, None, 0
        if len(rivals) == 1 and len(passing) == 1:
            person = passing.pop()
            return "", person, self._pack.schedule_of(person)
        return ("several-candidates" if passing else "face-unknown"), None, 0
