"""Who may ask for which act: a pure function with its own table of cases."""

from collections.abc import Mapping
from typing import Any

from ostiary.controller.acts.calling import Caller
from ostiary.controller.acts.errors import ActError, refused
from ostiary.controller.acts.house import Act
from ostiary.controller.people.roles import who_may

PURPOSE_LETTERS = range(4, 201)


def permit(act: Act, caller: Caller, args: Mapping[str, Any], purpose: str | None) -> ActError | None:
    """None when the act may be done with these arguments, else the refusal in words."""
    what = f"{act.name} was not done."
    if caller.person is not None:
        if not caller.known or not act.own or args.get("person") != caller.person:
            return refused(what, "A person may see and decide what is theirs, and nothing else.", "Ask the staff.")
        return None
    if not caller.known:
        return refused(
            what,
            f"There is no operator {caller.name[:64]!r} who may act here.",
            "See who there is: ostiary operator list",
        )
    if not caller.may(act.deed):
        return refused(
            what,
            f"{caller.name} may not do it; {', '.join(who_may(act.deed)) or 'nobody'} may.",
            "Ask somebody with that role.",
        )
    if act.needs_purpose and (purpose is None or len(purpose.strip()) not in PURPOSE_LETTERS):
        return refused(
            what,
            "It needs a purpose (4 to 200 letters), which is recorded for whom it concerns.",
            "Say why, and try again.",
        )
    return None
