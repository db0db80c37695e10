"""Who may ask for which act: a pure function with its own table of cases."""

from ostiary.controller.acts.errors import ActError, refused
from ostiary.controller.acts.house import Act, Asked

ROLES = frozenset({"admin", "enroller", "reviewer", "auditor", "installer"})
PURPOSE_LETTERS = range(4, 201)


def permit(act: Act, asked: Asked) -> ActError | None:
    """None when the act may be done, else the refusal in words."""
    if asked.role not in ROLES or asked.role not in act.roles:
        return refused(
            f"{act.name} was not done.",
            f"The role {asked.role!r} may not do it; {', '.join(sorted(act.roles))} may.",
            "Ask somebody with that role.",
        )
    if not asked.operator:
        return refused(f"{act.name} was not done.", "No operator was named.", "Sign in and try again.")
    if act.needs_purpose and (asked.purpose is None or len(asked.purpose.strip()) not in PURPOSE_LETTERS):
        return refused(
            f"{act.name} was not done.",
            "It needs a purpose (4 to 200 letters), which is recorded for whom it concerns.",
            "Say why, and try again.",
        )
    return None
