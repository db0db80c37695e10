"""One walk up to a virtual door, and what the log says about it: the result that `ask` and `demo` print."""

from typing import Any

from ostiary.controller.acts.client import Keeper
from ostiary.controller.doorstep import NobodyThere, walk_up
from ostiary.controller.store.places import Places
from ostiary.protocol.doorstep import together

OPERATOR, ROLE = "this machine", "admin"


async def present(
    places: Places,
    keeper: Keeper,
    door: str,
    pictures: list[bytes],
    card: str | None,
    *,
    purpose: str,
    token: str | None = None,
    pin: str | None = None,
) -> dict[str, Any]:
    """Show `pictures` (files' bytes, one after the other), `card` (a number) or `token` (a pass's text), with `pin`
    typed beside it, to the door, then look the decision up.

    Raises `NobodyThere` when the door does not answer or could not read the picture, `ActError` when the keeper
    refuses the look-up.
    """
    shown, blob = together(pictures)
    presented = {"do": "present", "card": card, "pass": token, "pin": pin, "walk": True, **shown}
    reply = await walk_up(places.doorstep(door), presented, blob)
    if "error" in reply:
        raise NobodyThere(" ".join(reply["error"][part] for part in ("what", "why", "now")))
    result = {
        "door": door,
        "verdict": "deny",
        "reason": "busy",
        "show": reply["show"]["say"],
        "say": "The door could not decide. Please try again.",
        "person": None,
        "score": None,
        "receipt": reply.get("receipt"),
        "ms": reply["ms"],
        "asked_to_turn": reply["asked_to_turn"],
    }
    if reply.get("receipt"):
        found = await keeper.act(
            "look-up", {"receipt": reply["receipt"]}, operator=OPERATOR, role=ROLE, purpose=purpose
        )
        body = found["body"]
        said = [body["sentence"], body["counterfactual"]] if "sentence" in body else [body["detail"]]
        result |= {
            "verdict": found["verdict"],
            "reason": found["code"],
            "say": " ".join(part for part in said if part),
            "person": body.get("person"),
            "score": (body.get("score") or {}).get("value"),
        }
    return result
