"""Who asks: the operator of a request, for the deed that a page names."""

from dataclasses import dataclass
from typing import Any

from fastapi import Depends

from ostiary.controller.web.asking import Asks
from ostiary.controller.web.desk import OPERATOR, ROLE


@dataclass(frozen=True, slots=True)
class Operator:
    name: str


def signed_in(deed: str) -> Any:
    """A dependency that gives the operator who may do this deed."""
    return Depends(lambda: Operator(OPERATOR))


def by(who: Operator, role: str = ROLE) -> Asks:
    """How the keeper is told who asks."""
    return {"operator": who.name, "role": role}
