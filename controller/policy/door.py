"""A door's rule: whether it takes a face and how, what opens it instead, its error budget, its times, its clauses."""

from collections.abc import Mapping
from dataclasses import dataclass

from ostiary.controller.policy import errors
from ostiary.controller.policy.clause import Clause, Sections
from ostiary.controller.policy.clause_list import read_clauses
from ostiary.controller.policy.formula import And, ScoreOf, atoms
from ostiary.controller.policy.protected import refuse_protected
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.signature import Necessity

FACE = ("off", "verify", "identify")
# How many factors each asks for: something that one has, and something that one knows.
ALTERNATIVES: Mapping[str, int] = {"card": 1, "pass": 1, "card+pin": 2, "pass+pin": 2}
OFFLINE = ("pack", "deny")
LIVENESS = ("none", "motion", "sensor")  # in rising order; what each is worth stands in models/liveness.py
SHORTEST_PULSE_MS, LONGEST_PULSE_MS, DEFAULT_PULSE_MS = 1_000, 30_000, 5_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
LONGEST_PACK_AGE_MS, DEFAULT_PACK_AGE_MS = 30 * DAY_MS, DAY_MS
MOST_MORE_HELD_MS = 600_000
MOST_FPIR = 0.1
LARGEST_GALLERY = 100_000
REQUIRED = ("face", "grant")
OPTIONAL = ("or", "liveness", "context", "necessity", "budget", "offline", "pulse", "more_time")
KEYS = (*REQUIRED, *OPTIONAL)


@dataclass(frozen=True, slots=True)
class Budget:
    """How often a search may name the wrong person: false positive identification rate (ISO/IEC 19795-1), 0–0.1, in a
    gallery of at most so many persons' templates."""

    fpir: float
    gallery: int


@dataclass(frozen=True, slots=True)
class MoreTime:
    """How much longer the strike is released, and how much longer the door may stand open before it counts as *held*,
    for a person whose own setting asks for it. Whose setting that is, and why, stands in no policy and on no page."""

    pulse_ms: int = 0
    held_ms: int = 0


@dataclass(frozen=True, slots=True)
class Door:
    """The rule of one door. `face` is "off", "verify" (1:1 against a claim) or "identify" (1:N, within `budget`);
    `alternatives` are the credentials that open without a face; `liveness` is what must speak for a face of flesh, at
    least, before it counts: "none", "motion" or "sensor"; `offline` is what a node does alone: "pack" or "deny",
    with a pack of at most `pack_age_ms`; `pulse_ms` is 1,000–30,000, `more_time` included; `context` is what the door
    is about, if it says so: a score of another context is none of its business."""

    name: str
    face: str
    alternatives: tuple[str, ...]
    grant: tuple[Clause, ...]
    necessity: Necessity | None = None
    budget: Budget | None = None
    offline: str = "pack"
    pack_age_ms: int = DEFAULT_PACK_AGE_MS
    pulse_ms: int = DEFAULT_PULSE_MS
    more_time: MoreTime = MoreTime()
    context: str | None = None
    liveness: str = "none"

    @classmethod
    def read(cls, name: str, key: Value, fields: Mapping[str, Value], sections: Sections) -> "Door":
        """One item of the section `doors`, its group's words among its `fields`. Raises the first `PolicyError` after
        it has noted every one."""
        findings, missing = key.findings, [word for word in REQUIRED if word not in fields]
        for word in missing:
            findings.refuse(errors.MissingKey(key.at, f'the door "{name}" without "{word}"', f'"{word}"'))
        attempt = findings.attempt
        face = attempt(lambda: fields["face"].word(FACE), "off") if "face" in fields else "off"
        alternatives = attempt(lambda: _alternatives(key, fields.get("or"), name, face), ())
        necessity = attempt(lambda: Necessity.read(fields["necessity"]), None) if "necessity" in fields else None
        budget = attempt(lambda: _budget(fields["budget"]), None) if "budget" in fields else None
        offline, pack_age_ms = attempt(lambda: _offline(fields.get("offline")), ("deny", DEFAULT_PACK_AGE_MS))
        pulse_ms = attempt(lambda: _pulse_ms(fields.get("pulse")), DEFAULT_PULSE_MS)
        more_time = attempt(lambda: _more_time(fields.get("more_time"), pulse_ms), MoreTime())
        context = attempt(lambda: _context(fields["context"]), None) if "context" in fields else None
        liveness = attempt(lambda: fields["liveness"].word(LIVENESS), "sensor") if "liveness" in fields else "none"
        if face == "identify" and "necessity" not in fields:
            found = f'the door "{name}" with face: identify and no "necessity"'
            findings.refuse(errors.IdentifyWithoutNecessity(fields["face"].at, found, '"necessity"'))
        if face == "identify" and "budget" not in fields:
            found = f'the door "{name}" with face: identify and no "budget"'
            findings.refuse(errors.IdentifyWithoutBudget(fields["face"].at, found, '"budget"'))
        if face != "identify" and "budget" in fields:
            refused = errors.BudgetWithoutIdentify(fields["budget"].at, f"a budget with face: {face}", "none")
            findings.refuse(refused)
        grant = attempt(lambda: read_clauses(fields["grant"], sections), ()) if "grant" in fields else ()
        reads_score = any(isinstance(atom, ScoreOf) for atom in atoms(And(tuple(one.formula(name) for one in grant))))
        if reads_score and context is not None and sections.score and context != sections.score.context:
            found = f'a score about "{sections.score.context}" at the door "{name}", which is about "{context}"'
            findings.refuse(
                errors.ForeignContext(fields["context"].at, found, f'"{sections.score.context}", or no score')
            )
        return cls(
            name,
            face,
            alternatives,
            grant,
            necessity,
            budget,
            offline,
            pack_age_ms,
            pulse_ms,
            more_time,
            context,
            liveness,
        )

    def as_document(self) -> Mapping[str, object]:
        """The canonical form, with every default written out."""
        budget = {"fpir": self.budget.fpir, "gallery": self.budget.gallery} if self.budget else None
        return {
            "face": self.face,
            "or": list(self.alternatives),
            "liveness": self.liveness,
            "context": self.context,
            "necessity": self.necessity.as_document() if self.necessity else None,
            "budget": budget,
            "offline": self.offline,
            "pack_age_ms": self.pack_age_ms,
            "pulse_ms": self.pulse_ms,
            "more_time": {"pulse_ms": self.more_time.pulse_ms, "held_ms": self.more_time.held_ms},
            "grant": [{clause.name: clause.as_document()} for clause in self.grant],
        }


def _alternatives(key: Value, value: Value | None, name: str, face: str) -> tuple[str, ...]:
    if value is None and face == "off":
        return ("card",)
    if value is None:
        raise errors.FaceWithoutAlternative(key.at, f'the door "{name}" with a face and no "or"', '"or"')
    words = tuple(dict.fromkeys(item.word(tuple(ALTERNATIVES), "a credential") for item in value.items("a list")))
    if not words:
        raise errors.FaceWithoutAlternative(value.at, "no credential", "at least one credential")
    return words


def _budget(value: Value) -> Budget:
    fields = value.fields("the budget", ("fpir", "gallery"))
    return Budget(
        fields["fpir"].number("the false positive identification rate", 0, MOST_FPIR),
        fields["gallery"].integer("the gallery's size", 1, LARGEST_GALLERY),
    )


def _context(value: Value) -> str:
    return refuse_protected(value, value.name_word("what the door is about"), "the context")


def _offline(value: Value | None) -> tuple[str, int]:
    """`deny`, `pack`, or `{pack: 12h}`: what a node does alone, and how old a pack may be."""
    if value is None:
        return "pack", DEFAULT_PACK_AGE_MS
    if not value.is_mapping:
        return value.word(OFFLINE), DEFAULT_PACK_AGE_MS
    age = value.fields("the offline answer", ("pack",))["pack"]
    return "pack", age.duration_ms("the age of a pack", ("h", "m", "d"), HOUR_MS, LONGEST_PACK_AGE_MS)


def _pulse_ms(value: Value | None) -> int:
    if value is None:
        return DEFAULT_PULSE_MS
    return value.duration_ms("pulse", ("s", "ms"), SHORTEST_PULSE_MS, LONGEST_PULSE_MS)


def _more_time(value: Value | None, pulse_ms: int) -> MoreTime:
    if value is None:
        return MoreTime()
    fields = value.fields("more time", (), ("pulse", "held"))
    if not value.pairs("more time"):
        raise errors.MissingKey(value.at, "more time of nothing", '"pulse", "held" or both')
    left_ms = LONGEST_PULSE_MS - pulse_ms
    if "pulse" in fields and left_ms < 1_000:
        found = f"more time at a pulse of {pulse_ms // 1_000}s"
        raise errors.WrongTime(fields["pulse"].at, found, "a pulse that leaves room up to 30s")
    return MoreTime(
        fields["pulse"].duration_ms("more time to open", ("s", "ms"), 1_000, left_ms) if "pulse" in fields else 0,
        fields["held"].duration_ms("more time to pass", ("s", "m"), 1_000, MOST_MORE_HELD_MS)
        if "held" in fields
        else 0,
    )
