"""What a policy is held against besides itself: the day, the measured error rates, the readers of the site."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

# What an ask can bring besides a face (`protocol/upward.py`).
PRESENTABLE = frozenset({"card", "pass", "card+pin", "pass+pin"})


@dataclass(frozen=True, slots=True)
class Around:
    """`today` is the day on which the policy is read; `largest_gallery` gives for an error budget (FPIR, 0–0.1) how
    many templates a search may compare at most, by the operating points that were measured (0: none); `presentable`
    are the credentials that a reader of this site can take."""

    today: date
    largest_gallery: Callable[[float], int]
    presentable: frozenset[str]
