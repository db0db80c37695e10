"""Says a decision's record in plain words, field by field; a field that it does not know is left to the raw export."""

from collections.abc import Mapping
from typing import Any

from ostiary.controller.web.qr import grouped
from ostiary.controller.web.render import moment
from ostiary.controller.web.views import ClauseLine, Fact, Opened
from ostiary.protocol import codes

OUTCOMES = {
    ("grant", codes.ACTED): "The strike was released, and somebody opened the door.",
    ("grant", codes.UNUSED): "The strike was released, and nobody opened the door in time.",
    ("deny", codes.ACTED): "The strike stayed locked, as decided.",
    ("grant", "unknown"): "Nobody knows what the door did: its journal did not tell in time.",
    ("deny", "unknown"): "The door's journal did not tell in time; by this decision the strike stayed locked.",
}
MATCHES = {
    "pass": "the face matched",
    "near": "near the bound, and not enough",
    "fail": "the face did not match",
}
CREDENTIALS = {"face": "face", "card": "card", "pass": "pass", "pin": "PIN"}
PINS = {"right": "right", "wrong": "wrong", "throttled": "not looked at: too many were wrong", "not-set": "none is set"}
NODE_CLOCKS = {"set": "the node's clock was set", "unset": "the node's clock was not set; the keeper's counts"}


def number(value: float) -> str:
    """A number as people write it: no trailing zeros, no exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def plain(value: object) -> str | None:
    """Any value of a record in a line of text."""
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return number(value)
        case Mapping():
            return ", ".join(f"{key} {plain(held)}" for key, held in value.items()) or None
        case list() | tuple():
            return ", ".join(plain(held) or "none" for held in value) or None
    return str(value)


def outcome_words(verdict: str | None, outcome: Mapping[str, Any] | None) -> str:
    if outcome is None:
        return "Not yet closed: the node's journal has not told yet what the door did."
    kind = outcome["kind"]
    told = OUTCOMES.get((verdict or "", kind)) or codes.SAYS.get(kind, f"The node reports: {kind}.")
    return f"{told} ({moment(outcome['at_ms'])})"


def opened(found: Mapping[str, Any], name_of: Mapping[str, str]) -> Opened:
    """The reply of the act look-up as a view. `name_of` has the names of persons that still have one."""
    body = found["body"]
    if body is None:
        return Opened(
            found["index"], found["at_ms"], found["door"] or "", found["verdict"] or found["kind"], erased=True
        )
    clauses = tuple(
        ClauseLine(line["clause"], bool(line["held"]), line["say"], plain(line.get("value")), plain(line.get("bound")))
        for line in body.get("clauses") or ()
    )
    return Opened(
        position=found["index"],
        at_ms=found["at_ms"],
        door=found["door"] or "no door",
        verdict=found["verdict"] or found["kind"],
        sentence=body.get("sentence") or body.get("detail") or "The record gives no sentence.",
        counterfactual=body.get("counterfactual"),
        clauses=clauses,
        outcome=outcome_words(found["verdict"], found["outcome"]),
        receipt=grouped(body.get("id") or ""),
        facts=tuple(facts(body, name_of)),
    )


def facts(body: Mapping[str, Any], name_of: Mapping[str, str]) -> list[Fact]:
    """Every field that a visitor or a reviewer may ask for, in the order of the way through the house."""
    told: list[Fact] = []

    def tell(name: str, value: object, href: str = "") -> None:
        said = plain(value)
        if said:
            told.append(Fact(name, said, href))

    person = body.get("person")
    if person:
        tell("Person", name_of.get(person, f"{person} (has left)"), f"/people/{person}" if person in name_of else "")
    elif "person" in body:
        tell("Person", "nobody the site knows")
    credential = CREDENTIALS.get(str(body.get("credential")), body.get("credential"))
    claim = body.get("claim")
    tell("Credential", f"{credential}, claimed by {claim}" if claim and claim != credential else credential)
    tell("Presented together", " and ".join(CREDENTIALS.get(one) or str(one) for one in body.get("presented") or ()))
    tell("PIN", PINS.get(str(body.get("pin")), body.get("pin")))
    tell("Faces in view", body.get("faces"))
    tell("Face", MATCHES.get(str(body.get("match")), body.get("match")))
    point = body.get("operating_point") or {}
    if point.get("fmr"):
        tell(
            "Allowed false matches", f"1 in {round(1 / point['fmr']):,} tries (FMR {point['fmr']:g})".replace(",", " ")
        )
    tell("Quality", body.get("quality"))
    liveness = body.get("liveness")
    tell("Liveness", liveness.get("level") if isinstance(liveness, Mapping) else liveness)
    gallery = body.get("gallery") or {}
    if gallery:
        compared = f", compared: {gallery['compared']}" if gallery.get("compared") is not None else ""
        tell("Gallery", f"version {gallery.get('version')}, templates: {gallery.get('size')}{compared}")
    score = body.get("score") or {}
    tell("Score", score.get("value"))
    tell("What weighed most", " ".join(factor["say"] for factor in body.get("factors") or ()))
    tell("Context of the score", score.get("context"))
    tell("Ledger head", score.get("head"))
    tell("Reason code", body.get("reason"))
    tell("Site", body.get("site"))
    tell("Node", body.get("node"))
    tell("Decided", body.get("decided"))
    asked = body.get("asked")
    clock = asked.get("clock") if isinstance(asked, Mapping) else body.get("clock")
    tell("Time", NODE_CLOCKS.get(str(clock), clock))
    tell("Model", body.get("model"))
    tell("Runtime", body.get("runtime"))
    tell("Policy", body.get("policy"))
    return told
