"""The keeper's socket: hears acts from web and CLI on this machine, finds out who asks, asks `permit`, does them."""

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ostiary.controller.acts.alarms import ACKNOWLEDGE, ALARMS
from ostiary.controller.acts.backup import BACKUP
from ostiary.controller.acts.calling import calling
from ostiary.controller.acts.card_tag import CARD_TAG
from ostiary.controller.acts.client import LINE_BYTES
from ostiary.controller.acts.compare import COMPARE
from ostiary.controller.acts.contest_assign import CONTEST_ASSIGN
from ostiary.controller.acts.contest_open import CONTEST_OPEN
from ostiary.controller.acts.contest_overturn import CONTEST_OVERTURN
from ostiary.controller.acts.contest_uphold import CONTEST_UPHOLD
from ostiary.controller.acts.contest_weigh import CONTEST_WEIGH
from ostiary.controller.acts.door import DOOR
from ostiary.controller.acts.duplicate import CHECK_FACE, ENROL_HELD, JUDGE_DUPLICATE, SEE_DUPLICATE
from ostiary.controller.acts.erase import ASK_ERASE, ERASE
from ostiary.controller.acts.errors import ActError, malformed
from ostiary.controller.acts.explain import EXPLAIN
from ostiary.controller.acts.export import EXPORT
from ostiary.controller.acts.face import FACE_OFF, FACE_ON
from ostiary.controller.acts.find_receipt import FIND_RECEIPT
from ostiary.controller.acts.forgotten import FORGOTTEN
from ostiary.controller.acts.house import Act, Asked, House
from ostiary.controller.acts.learn_card import LEARN_CARD
from ostiary.controller.acts.ledger_entry import LEDGER_ENTRY
from ostiary.controller.acts.ledger_import import LEDGER_IMPORT
from ostiary.controller.acts.lift_suspension import LIFT_SUSPENSION
from ostiary.controller.acts.lockdown import LOCKDOWN, RESUME
from ostiary.controller.acts.look_at_ledger import LOOK_AT_LEDGER
from ostiary.controller.acts.look_up import LOOK_UP
from ostiary.controller.acts.mail_state import MAIL_STATE
from ostiary.controller.acts.more_time import MORE_TIME
from ostiary.controller.acts.node_orders import LOCATE, REBOOT
from ostiary.controller.acts.note_left import NOTE_LEFT
from ostiary.controller.acts.operators import (
    OPERATOR_ADD,
    OPERATOR_DISABLE,
    OPERATOR_ENABLE,
    OPERATOR_LINK,
    OPERATOR_RESET,
    OPERATOR_ROLES,
    SIGN_IN_CHANGED,
    SIGNED_IN,
    TOKEN_NEW,
    TOKEN_REVOKE,
)
from ostiary.controller.acts.own_things import OWN_COPY, OWN_RECORD, OWN_RECORDS, WHOSE_RECEIPT
from ostiary.controller.acts.pack import PACK
from ostiary.controller.acts.passes import PASS_NEW, PASS_REVOKE
from ostiary.controller.acts.permit import permit
from ostiary.controller.acts.pins import PIN_CLEAR, PIN_SET
from ostiary.controller.acts.policy import POLICY, PUBLISH
from ostiary.controller.acts.policy_approval import APPROVE_POLICY, PROPOSE_POLICY, PROPOSED_POLICY
from ostiary.controller.acts.policy_history import POLICY_HISTORY
from ostiary.controller.acts.portal_link import PORTAL_LINK
from ostiary.controller.acts.protect_template import PROTECT_TEMPLATE
from ostiary.controller.acts.receipt import RECEIPT
from ostiary.controller.acts.refresh import REFRESH
from ostiary.controller.acts.refusing import Refusals
from ostiary.controller.acts.release import RELEASE
from ostiary.controller.acts.replay import REPLAY
from ostiary.controller.acts.review_link import REVIEW, REVIEW_LINK
from ostiary.controller.acts.rotate_log_key import ROTATE_LOG_KEY
from ostiary.controller.acts.second_factor import SECOND_FACTOR_CHECK, SECOND_FACTOR_SEAL
from ostiary.controller.acts.shadow import SHADOW, SHADOW_REPORT
from ostiary.controller.acts.source import SOURCE_ADD, SOURCE_LIST, SOURCE_REMOVE, SOURCE_VERIFY
from ostiary.controller.acts.standing import STANDING
from ostiary.controller.acts.suspend_danger import SUSPEND_DANGER
from ostiary.controller.acts.waits import WAITS
from ostiary.controller.acts.withdraw_face import WITHDRAW_FACE
from ostiary.controller.people.errors import PeopleError
from ostiary.controller.store.errors import ThreePartError

_log = logging.getLogger("ostiary.acts")

ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        *(LOOK_UP, PROTECT_TEMPLATE, CARD_TAG, PUBLISH, POLICY, REFRESH, WITHDRAW_FACE, FORGOTTEN, STANDING),
        *(CONTEST_OPEN, CONTEST_ASSIGN, CONTEST_UPHOLD, CONTEST_OVERTURN, SUSPEND_DANGER, LIFT_SUSPENSION),
        *(CONTEST_WEIGH, REVIEW, REVIEW_LINK),
        *(LOOK_AT_LEDGER, MORE_TIME, LEDGER_ENTRY, LEDGER_IMPORT),
        *(SOURCE_ADD, SOURCE_REMOVE, SOURCE_LIST, SOURCE_VERIFY),
        *(LOCKDOWN, RESUME, NOTE_LEFT),
        *(CHECK_FACE, SEE_DUPLICATE, JUDGE_DUPLICATE, ENROL_HELD, LEARN_CARD),
        *(PASS_NEW, PASS_REVOKE, PIN_SET, PIN_CLEAR),
        *(RELEASE, LOCATE, REBOOT, FACE_OFF, FACE_ON, DOOR, ALARMS, ACKNOWLEDGE, MAIL_STATE),
        *(PROPOSE_POLICY, PROPOSED_POLICY, APPROVE_POLICY, POLICY_HISTORY),
        *(EXPLAIN, COMPARE, REPLAY, SHADOW, SHADOW_REPORT, PACK),
        *(WAITS, RECEIPT, EXPORT, ROTATE_LOG_KEY),
        *(OWN_RECORDS, OWN_RECORD, OWN_COPY, WHOSE_RECEIPT, FIND_RECEIPT, PORTAL_LINK),
        *(BACKUP, ASK_ERASE, ERASE),
        *(OPERATOR_ADD, OPERATOR_ROLES, OPERATOR_DISABLE, OPERATOR_ENABLE, OPERATOR_RESET),
        *(OPERATOR_LINK, TOKEN_NEW, TOKEN_REVOKE, SIGNED_IN, SIGN_IN_CHANGED, SECOND_FACTOR_SEAL, SECOND_FACTOR_CHECK),
    )
}


async def serve(house: House, path: Path) -> asyncio.Server:
    """Listen on the socket `path`, in a directory that only this user may enter (`store/places.py`)."""
    path.unlink(missing_ok=True)
    refusals = Refusals()
    server = await asyncio.start_unix_server(
        lambda reader, writer: _visitor(house, refusals, reader, writer), str(path), limit=LINE_BYTES
    )
    path.chmod(0o600)
    return server


async def _visitor(
    house: House, refusals: Refusals, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    loop = asyncio.get_running_loop()

    def told(done: int, of: int) -> None:
        loop.call_soon_threadsafe(writer.write, _line({"progress": [done, of]}))

    try:
        while line := await _asked_line(reader):
            writer.write(_line(await answer(house, refusals, line, told)))
            await writer.drain()
    except ConnectionError:
        _log.warning("A visitor of the keeper's socket went away.")
    finally:
        writer.close()


async def _asked_line(reader: asyncio.StreamReader) -> bytes:
    """The next line; nothing where a visitor ends, or sends one that is too long. A mistake within an act is another
    thing: it ends the visit too, and is seen in the process's log."""
    try:
        return await reader.readline()
    except ValueError:
        _log.warning("A visitor of the keeper's socket sent a line over %d bytes.", LINE_BYTES)
        return b""


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


async def answer(
    house: House, refusals: Refusals, line: bytes, told: Callable[[int, int], None] = lambda done, of: None
) -> dict[str, Any]:
    """`{"done": …}` or `{"error": {code, what, why, now}}`, whatever the line holds. `told` hears how far an act is
    that takes long."""
    try:
        act, args, name, purpose = _read(line)
        caller = await calling(house, name)
        asked = Asked(args, caller.name, caller.roles, purpose, told)
        if refusal := permit(act, caller, args, purpose):
            await refusals.record(house, act, asked, refusal)
            raise refusal
        return {"done": await act.do(house, asked)}
    except ActError as error:
        return {"error": error.as_dict()}
    except PeopleError as error:
        return {"error": ActError("rule", error.what, error.why, error.now).as_dict()}
    except ThreePartError as error:
        return {"error": ActError("store", error.what, error.why, error.now).as_dict()}


def _read(line: bytes) -> tuple[Act, dict[str, Any], str, str | None]:
    """The act, its arguments, who says that they ask, and their purpose. Raises `ActError`."""
    try:
        asked = json.loads(line)
    except ValueError as error:
        raise malformed("The act was not understood.", f"The line is not JSON ({error}).") from error
    match asked:
        case {"act": str(name), "args": dict(args), "operator": str(operator)}:
            purpose = asked.get("purpose")
        case _:
            raise malformed("The act was not understood.", "It needs act, args and operator.")
    act = ACTS.get(name)
    if act is None:
        raise malformed("The act was not understood.", f"There is no act {name!r}; there are: {', '.join(ACTS)}.")
    return act, args, operator, purpose if isinstance(purpose, str) else None
