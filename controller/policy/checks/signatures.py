"""Somebody answers for every entry kind and every search among faces: a name and a day, and the day is not to come."""

from ostiary.controller.policy import errors
from ostiary.controller.policy.around import Around
from ostiary.controller.policy.document import Policy, Reading
from ostiary.controller.policy.reading import Value
from ostiary.controller.policy.signature import Signature


def check(reading: Reading, draft: Policy, around: Around) -> None:
    """Notes `UnsignedRelation`, `UnsignedNecessity` and `SignedLater`."""
    context = draft.score.context if draft.score else ""
    for name, kind in draft.entries.items():
        key = reading.key("entries", name)
        if kind.about is None:
            found = f'the entry kind "{name}", of which nobody has signed what it has to do with "{context}"'
            reading.findings.refuse(errors.UnsignedRelation(key.at, found, "a signed `about`"))
        else:
            _not_later(key, kind.about.signature, around)
    for name, door in draft.doors.items():
        if door.necessity is None:
            continue
        at = reading.doors[name]["necessity"]
        if door.necessity.signature is not None:
            _not_later(at, door.necessity.signature, around)
        elif door.face == "identify":
            found = f'the note "{door.necessity.note}", which nobody has signed'
            reading.findings.refuse(errors.UnsignedNecessity(at.at, found, "who signed it, and when"))


def _not_later(at: Value, signature: Signature, around: Around) -> None:
    if signature.on > around.today:
        found = f"a signature of {signature.on.isoformat()}"
        at.findings.refuse(errors.SignedLater(at.at, found, f"a day up to {around.today.isoformat()}"))
