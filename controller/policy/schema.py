"""The language of policies as JSON Schema (draft 2020-12), for editors that complete words and mark mistakes.

It knows words, shapes and bounds, and is made from the constants that reading uses. What a policy must not say, and
what refers to what, is known to the loader and the linter alone; a test feeds the same pages to both.
"""

from ostiary.controller.policy.clauses import clause_types
from ostiary.controller.policy.document import HIGHEST, LOWEST
from ostiary.controller.policy.door import ALTERNATIVES, FACE, LARGEST_GALLERY, LIVENESS, MOST_FPIR, OFFLINE
from ostiary.controller.policy.entry_kind import MOST_POINTS, NEVER
from ostiary.controller.policy.hours import DAY_WORDS
from ostiary.controller.policy.language import LANGUAGES
from ostiary.controller.policy.schema_parts import (
    CLAUSES,
    DAY,
    NAME,
    Schema,
    any_number,
    duration,
    integer,
    mapping,
    named,
    one_or_list,
    text,
    word,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SIGNED: dict[str, Schema] = {"by": text("who signed it: a person or an office", 80), "signed": {**DAY}}


def schema() -> Schema:
    """The schema of a whole policy."""
    sections: dict[str, Schema] = {
        "score": _score(),
        "entries": named(_entry_kind(), "what can be entered in a person's ledger"),
        "limits": mapping(
            {
                "largest_penalty": integer(1, HIGHEST, "one penalty weighs at most so much"),
                "penalties_in_30d": integer(1, HIGHEST, "all penalties of any 30 days weigh at most so much"),
            }
        ),
        "tiers": named(integer(LOWEST, HIGHEST, "the score at which the tier begins"), "names for scores"),
        "groups": named(mapping({}, _door_words()), "words that several doors have in common"),
        "hours": named(_hours(), "when something is open"),
        "words": named(_words(), "how names read in a sentence"),
    }
    doors = {**named(mapping({}, _door_words()), "each door's rule"), "minProperties": 1}
    return {
        "$schema": DIALECT,
        "title": "Ostiary policy",
        **mapping({"policy": {**NAME}, "doors": doors}, sections),
        "$defs": {"clauses": _clauses()},
    }


def _score() -> Schema:
    return mapping(
        {
            "context": {**NAME, "description": "the one thing that the score is about"},
            "min": integer(LOWEST, HIGHEST - 1, "the lowest score"),
            "max": integer(LOWEST + 1, HIGHEST, "the highest score"),
            "start": integer(LOWEST, HIGHEST, "the score without any entry"),
        }
    )


def _entry_kind() -> Schema:
    never = {"const": NEVER, "description": "an award that stays"}
    return mapping(
        {
            "points": {
                **integer(-MOST_POINTS, MOST_POINTS, "above 0 an award, below 0 a penalty"),
                "not": {"const": 0},
            },
            "evidence": one_or_list({**NAME}, "the kinds of document of which an entry needs one"),
            "expires": {"anyOf": [duration(["d"], "how long it counts"), never]},
        },
        {
            "about": mapping(
                {"why": text("why this has to do with the score's context", 300), **SIGNED},
                what="needed to publish: why this kind belongs to the context, and who answers for that",
            ),
            "context": {**NAME, "description": "where it occurs; the score's own context"},
        },
    )


def _door_words() -> dict[str, Schema]:
    note = {**NAME, "description": "the id of the note that says why a claim would not do"}
    return {
        "group": {**NAME, "description": "the group whose words hold where this door has none of its own"},
        "face": word(FACE, "off, compare with one person (verify), or search (identify)"),
        "or": {
            "type": "array",
            "items": word(ALTERNATIVES, "a credential"),
            "minItems": 1,
            "description": "what opens the door without a face",
        },
        "liveness": word(LIVENESS, "what must speak for a face of flesh, at least; no proof against an attack"),
        "context": {**NAME, "description": "what the door is about"},
        "necessity": {"anyOf": [note, mapping({"note": note, **SIGNED})]},
        "budget": mapping(
            {
                "fpir": {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_FPIR},
                "gallery": integer(1, LARGEST_GALLERY, "how many people's faces are searched at most"),
            },
            what="how often a search may name the wrong person",
        ),
        "offline": {
            "anyOf": [
                word(OFFLINE, "what the door does alone"),
                mapping({"pack": duration(["h", "m", "d"], "how old a pack may be")}),
            ]
        },
        "pulse": duration(["s", "ms"], "how long the strike is released, 1s to 30s"),
        "more_time": {
            **mapping(
                {},
                {
                    "pulse": duration(["s", "ms"], "released so much longer"),
                    "held": duration(["s", "m"], "open so much longer"),
                },
                what="for persons whose own setting asks for it",
            ),
            "minProperties": 1,
        },
        "grant": CLAUSES,
    }


def _clauses() -> Schema:
    """A list of clauses; each type says itself what stands after its name."""
    types = {name: clause.schema() for name, clause in clause_types().items()}
    clause = {"type": "object", "properties": types, "additionalProperties": False, "minProperties": 1}
    return {"type": "array", "items": clause, "minItems": 1, "description": "all of these must hold"}


def _hours() -> Schema:
    time = {"type": "string", "pattern": "^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"}
    days = f"(?:{'|'.join(DAY_WORDS)})"
    weekday = {"type": "string", "pattern": f"^{days}(?:-{days})?$", "description": "mon, or mon-fri"}
    closed = {"anyOf": [{**DAY}, {"type": "string", "pattern": "^holidays/[A-Z]{2}(?:-[A-Z0-9]{1,3})?$"}]}
    return mapping(
        {
            "days": one_or_list(weekday, "the weekdays"),
            "from": time,
            "to": time,
            "zone": text('a time zone like "Europe/Berlin"'),
        },
        {
            "except": any_number(closed, "dates and regions' holidays on which nothing opens"),
            "also": any_number({**DAY}, "dates on which it opens too"),
        },
    )


def _words() -> Schema:
    one = text("a word", 60)
    forms = {"anyOf": [one, {"type": "array", "items": one, "minItems": 2, "maxItems": 2}]}
    return mapping({}, dict.fromkeys(LANGUAGES, forms))
