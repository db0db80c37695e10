"""A verified receipt in plain words: what was decided and by which clause, that the log holds it, since when, and who
saw it. Whatever stands in a record is somebody's text, so nothing of it reaches a terminal as a command."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ostiary.controller.record.receipt import Checked

KINDS = {"refusal": "refused a message at", "outcome": "closed a decision at", "event": "heard of an event at"}
SAID = {"grant": "said yes at", "deny": "said no at"}


def in_words(checked: Checked, *, key_known: bool) -> list[str]:
    """Sentences, one a line. `key_known` says whether the log's key came from the asker or from the receipt."""
    if not checked.ok or checked.record is None:
        return [f"This receipt does not hold ({checked.check}). {plain(checked.say)}", _now(checked.check)]
    record = checked.record
    lines = ["This receipt holds.", _decided(record), *_why(record)]
    lines.append(f"It is record {checked.position} of the log ostiary/{plain(record['site'])}.")
    lines.append(_since(checked))
    if not checked.witnessed:
        lines.append(
            "Unwitnessed: no second party signed this checkpoint, so only the site's word says that it shows everybody "
            "the same log."
        )
    if not key_known:
        lines.append(
            f"The log's key is the receipt's own word: {plain(checked.log_key)}. Compare it with the one that the site "
            "publishes, or give it with --key."
        )
    return lines


def plain(text: object) -> str:
    """Any text without control characters, bidirectional ones included."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in str(text))


def moment(unix_ms: object) -> str:
    """Unix milliseconds as a date and a time of day in UTC."""
    try:
        return datetime.fromtimestamp(int(str(unix_ms)) // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def _decided(record: dict[str, Any]) -> str:
    did = SAID.get(str(record.get("verdict"))) or KINDS.get(str(record.get("kind")), f"kept a {record.get('kind')} for")
    door = record.get("door") or "the site itself"
    return f"{moment(record.get('at_ms'))}: {plain(record['site'])} {plain(did)} {plain(door)}."


def _why(record: dict[str, Any]) -> list[str]:
    body = record.get("body")
    if not isinstance(body, dict):
        return []
    lines = [f"Reason: {plain(body['sentence'])}"] if body.get("sentence") else []
    clauses: Sequence[Any] = body["clauses"] if isinstance(body.get("clauses"), list) else ()
    for clause in clauses:
        if isinstance(clause, dict):
            held = "held" if clause.get("held") else "did not hold"
            lines.append(f"  clause {plain(clause.get('clause'))} {held}: {plain(clause.get('say'))}")
    if body.get("counterfactual"):
        lines.append(f"What would change it: {plain(body['counterfactual'])}")
    if body.get("policy"):
        lines.append(f"Decided by the policy {plain(body['policy'])}.")
    return lines


def _since(checked: Checked) -> str:
    record = checked.record or {}
    since = f"It has been in the log since {moment(record.get('at_ms'))} by the site's own clock"
    seen = "".join(f"; {plain(one.name)} saw it there at {moment(one.at_s * 1000)}" for one in checked.witnessed)
    return f"{since}{seen}. The log had {checked.size} records then."


def _now(check: str) -> str:
    return {
        "form": "Get the file again, as it came: as an attachment, not as pasted text.",
        "shown": "Photograph the door's display again, or look up the receipt by its code.",
        "key": "Check that the key is the log's, copied whole, from a place that you trust.",
        "witness": "Ask the witness for what it remembers, and the site for a new receipt.",
    }.get(
        check, "Do not rely on it. Keep the file, and ask the site for a new receipt; if that fails too, say so openly."
    )
