"""Operators and tokens: that somebody was added, changed, disabled, let in again, or got a token; each is a record.

The rows are written by whoever asks, in people.db, and committed once the record stands (`people/operators.py`).
"""

from typing import Any

from ostiary.controller.acts.errors import malformed
from ostiary.controller.acts.house import Act, Asked, House, act_record

MOST_LETTERS = 2000


def _recording(name: str, deed: str, *needs: str) -> Act:
    async def do(house: House, asked: Asked) -> dict[str, Any]:
        body = {need: asked.args.get(need) for need in needs}
        if any(not isinstance(value, str) or not 0 < len(value) <= MOST_LETTERS for value in body.values()):
            raise malformed(f"{name} was not done.", f"It needs {', '.join(needs)}, each a text.")
        [receipt] = await house.log.append([act_record(asked, name, house.now_ms(), body)])
        return {"index": receipt.position}

    return Act(name, deed, False, do)


OPERATOR_ADD = _recording("operator-add", "manage-operators", "subject", "given")
OPERATOR_ROLES = _recording("operator-roles", "manage-operators", "subject", "given")
OPERATOR_DISABLE = _recording("operator-disable", "manage-operators", "subject")
OPERATOR_ENABLE = _recording("operator-enable", "manage-operators", "subject")
OPERATOR_RESET = _recording("operator-reset", "manage-operators", "subject")
OPERATOR_LINK = _recording("operator-link", "manage-operators", "subject")
"""A one-time link by which somebody sets up their sign-in, for the first time or anew."""
TOKEN_NEW = _recording("token-new", "own-account", "label", "scopes")
TOKEN_REVOKE = _recording("token-revoke", "own-account", "label")
SIGN_IN_CHANGED = _recording("sign-in-changed", "own-account", "what")
"""A passkey, a password or recovery codes were made or removed."""
SIGNED_IN = _recording("signed-in", "own-account", "way")
"""The panel was opened: a session of this operator began."""
