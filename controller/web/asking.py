"""Who asks an act of the keeper: whoever the request's page let in, or, where nobody was asked, the web itself.

The web itself may little (`people/roles.py`). A request runs in a context of its own, which the threads and tasks that
it starts share, and no other request does.
"""

from contextvars import ContextVar
from typing import TypedDict

from ostiary.controller.people.roles import WEB

ASKER: ContextVar[str] = ContextVar("asker", default=WEB)


class Asks(TypedDict):
    """As the keeper's client takes it: `**asks`."""

    operator: str
