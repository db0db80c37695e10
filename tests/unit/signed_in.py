"""An application as an operator with every role sees it, for tests of pages that need no site."""

from starlette.types import ASGIApp, Receive, Scope, Send

from ostiary.controller.people.roles import DEEDS, ROLES
from ostiary.controller.web.signin.known import Operator

EVERYTHING = Operator("o-" + "a" * 16, "test", frozenset(ROLES), frozenset(DEEDS), session=1)


def signed_in(app: ASGIApp, who: Operator = EVERYTHING) -> ASGIApp:
    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"visitor": who}}, receive, send)

    return asked
