"""Whoever keeps their face to themselves comes in as easily as the others, with something that a reader can take.

Strength is counted in factors: a card or a pass is one, a PIN beside it a second. A face that is searched for
(`identify`) is one; a face that a card or a pass has claimed (`verify`) stands for two. So a door asks no more of
somebody without a face than of somebody with one, and no way in is harder than another, because nobody would take it.
"""

from ostiary.controller.policy import errors
from ostiary.controller.policy.around import Around
from ostiary.controller.policy.document import Policy, Reading
from ostiary.controller.policy.door import ALTERNATIVES, Door

FACTORS = {"verify": 2, "identify": 1}


def check(reading: Reading, draft: Policy, around: Around) -> None:
    """Notes `UnequalAlternative` and `AlternativeNotPresentable`."""
    for name, door in draft.doors.items():
        if "or" not in reading.doors[name] or not door.alternatives:
            continue
        items = reading.doors[name]["or"].items("a list")
        weakest = min(ALTERNATIVES[word] for word in door.alternatives)
        for item in items:
            word = item.text("a credential")
            if refused := _harder(word, weakest, door):
                reading.findings.refuse(errors.UnequalAlternative(item.at, *refused))
        if door.face != "off" and not around.presentable.intersection(door.alternatives):
            taken = ", ".join(sorted(around.presentable)) or "nothing"
            unread = " or ".join(door.alternatives)
            found = f'the door "{name}", which would take nothing but a face: no reader takes {unread} yet'
            at = reading.doors[name]["or"].at
            expected = f"something that a reader takes ({taken})"
            reading.findings.refuse(errors.AlternativeNotPresentable(at, found, expected))


def _harder(word: str, weakest: int, door: Door) -> tuple[str, str] | None:
    """What is found and expected where this credential asks for more factors than another way through the door."""
    factors = ALTERNATIVES[word]
    if factors > weakest:
        easier = next(other for other in door.alternatives if ALTERNATIVES[other] == weakest)
        return f'"{word}" beside "{easier}", which opens the door alone', "credentials with as many factors each"
    face = FACTORS.get(door.face, factors)
    if factors > face:
        return f'"{word}", {factors} factors, instead of a face at an identify door, one', "a credential of one factor"
    return None
