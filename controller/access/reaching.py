"""Reaching: a grant counts where the strike can be reached; where it hangs on another node, the record says which."""

from collections.abc import Mapping

from ostiary.controller.access.identify import Identity
from ostiary.controller.access.intake import Ask
from ostiary.controller.access.judge import Judgement, strike_away
from ostiary.controller.access.passes import Passes
from ostiary.controller.access.telling import Telling

Reached = tuple[Ask, Identity, Judgement, dict[str, str] | None]


class Reaching:
    """`strikes` names the node that moves the strike for each node that may ask, None where there is none."""

    def __init__(self, strikes: Mapping[str, str | None], telling: Telling, passes: Passes) -> None:
        self._strikes, self._telling, self._passes = strikes, telling, passes

    def reached(self, ask: Ask, identity: Identity, judgement: Judgement) -> Reached:
        """Where the strike hangs on another node, what the record says of that node; a grant that cannot reach it is
        none. One that can spends a pass that counts once."""
        node = ask.standing.node
        strike = self._strikes[node]
        if not judgement.granted:
            return ask, identity, judgement, None
        if strike is None:
            return ask, identity, strike_away(judgement), {"away": "the door has no node with the strike"}
        if strike != node and (why := self._telling.away(strike)) is not None:
            return ask, identity, strike_away(judgement), {"node": strike, "away": why}
        judgement = self._passes.spend(identity, judgement)
        return ask, identity, judgement, {"node": strike} if strike != node and judgement.granted else None
