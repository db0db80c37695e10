"""Who asks: the operator of a request, for the deed that a page names, and how the keeper is told."""

from ostiary.controller.web.asking import Asks
from ostiary.controller.web.signin.known import Operator as Operator
from ostiary.controller.web.signin.who import signed_in as signed_in


def by(who: Operator) -> Asks:
    """How the keeper is told who asks."""
    return {"operator": who.name}
