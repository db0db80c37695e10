"""Judging: steps 2 and 3 for everybody who waits, within one net: a mistake of ours denies, and never stops a door."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ostiary.controller.access.gallery import Gallery
from ostiary.controller.access.identify import Identity, Matcher, identify
from ostiary.controller.access.intake import Ask
from ostiary.controller.access.judge import Judgement, judge, refused
from ostiary.controller.access.presence import Presence
from ostiary.controller.access.ruling import Ruling
from ostiary.controller.policy.document import Policy

_log = logging.getLogger("ostiary.keeper")


@dataclass(frozen=True, slots=True)
class Moment:
    """What a batch of asks is judged by: who is known, what the log says of the moment, and when it is (Unix ms)."""

    gallery: Gallery
    presence: Presence
    at_ms: int


def judged(
    asks: Sequence[Ask], ruling: Ruling, moment: Moment, matcher: Matcher, pins: Mapping[bytes, str]
) -> list[tuple[Ask, Identity, Judgement]]:
    """Each ask with who it is and the verdict, in order. `pins` says what each typed PIN is: `access/pins.py`."""
    if not asks:
        return []
    nobody = [Identity(None, ask.message["credential"], None) for ask in asks]
    try:
        shut = [_shut(ask, ruling.policy, moment.presence) for ask in asks]
        rules = ruling.policy.doors if ruling.policy else {}
        known = [(ask, rules[ask.standing.door]) for ask, why in zip(asks, shut, strict=True) if why is None]
        found = iter(identify(known, moment.gallery, matcher, pins))
        identities = [next(found) if why is None else none for why, none in zip(shut, nobody, strict=True)]
        return [
            (ask, identity, _judged(ask, identity, ruling, moment) if why is None else refused(why))
            for ask, identity, why in zip(asks, identities, shut, strict=True)
        ]
    except Exception:  # noqa: BLE001
        # The blanket net of the hot path: whatever broke, the door answers *no* and the record says so.
        _log.exception("A decision failed; everybody in this batch is denied.")
        return [(ask, none, refused("internal")) for ask, none in zip(asks, nobody, strict=True)]


def _judged(ask: Ask, identity: Identity, ruling: Ruling, moment: Moment) -> Judgement:
    door, gallery, presence = ask.standing.door, moment.gallery, moment.presence
    return judge(identity, door, ruling.memo, gallery, presence, moment.at_ms, ruling.shadow)


def _shut(ask: Ask, policy: Policy | None, presence: Presence) -> str | None:
    """Why this door does not ask who it is; None where it does."""
    if policy is None:
        return "no-policy"
    if ask.standing.door not in policy.doors:
        return "unknown-door"
    faceless = ask.message["credential"] == "face" and ask.standing.door in presence.faceless
    return "face-off" if faceless else None
