"""Who asks an act of the keeper, and in which role."""

from typing import TypedDict


class Asks(TypedDict):
    """As the keeper's client takes them: `**asks`."""

    operator: str
    role: str
