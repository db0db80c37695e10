"""What describes the contract cannot drift from it: docs/asyncapi.json and docs/protocol.md say what the code says."""

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.protocol import codes, described, keys, messages, parts, passes, plain_json, rules, seal, topics

pytestmark = pytest.mark.contract

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "protocol.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())
DOCUMENT = json.loads((DOCS / "asyncapi.json").read_text(encoding="utf-8"))
ANEW = "`make contract` makes it anew"


def test_the_document_is_made_of_these_tables() -> None:
    assert described.asyncapi() == DOCUMENT, ANEW


def test_every_reference_leads_somewhere() -> None:
    """AsyncAPI 3.0.0, and each `$ref` is a JSON pointer (RFC 6901) into this document."""
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()

    def follow(value: Any) -> None:
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            follow(inner)
        if isinstance(value, dict) and "$ref" in value:
            found: Any = DOCUMENT
            for step in value["$ref"].removeprefix("#/").split("/"):
                found = found[step]

    follow(DOCUMENT)
    for purpose in topics.PURPOSES:
        channel = DOCUMENT["channels"][purpose]
        address = channel["address"].replace("{site}", "northside").replace("{node}", "front-1")
        assert topics.parse(address) == ("northside", "front-1", purpose)
        assert set(channel["parameters"]) == set(re.findall(r"\{(\w+)\}", channel["address"]))
        [operation] = [one for one in DOCUMENT["operations"].values() if one["channel"]["$ref"].endswith("/" + purpose)]
        assert operation["action"] == {"up": "send", "down": "receive"}[topics.DIRECTION[purpose]]
        jsonschema.Draft7Validator.check_schema(DOCUMENT["components"]["messages"][purpose]["payload"])


@pytest.mark.parametrize("kind", messages.KINDS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_the_tables_take_the_document_takes(
    messages_of: Callable[[str], st.SearchStrategy[Any]], kind: str, data: st.DataObject
) -> None:
    payload = DOCUMENT["components"]["messages"][kind]["payload"]
    jsonschema.validate(data.draw(messages_of(kind)), payload, jsonschema.Draft7Validator)


def test_what_the_document_refuses_the_tables_refuse(messages_of: Callable[[str], st.SearchStrategy[Any]]) -> None:
    payload = DOCUMENT["components"]["messages"]["status"]["payload"]
    whole = {"v": 1, "state": "online", "boot": 1, "firmware": "pi 0.1", "roles": ["reader"], "virtual": True}
    whole |= {"nonce": "A" * 22, "clock": "set", "safe_mode": False}
    jsonschema.validate(whole, payload)
    for change in ({"v": 2}, {"state": "off"}, {"boot": -1}, {"firmware": "\x1b"}, {"roles": []}, {"nonce": "A"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(whole | change, payload)


def test_the_page_has_the_tables_of_the_code() -> None:
    assert described.page(PAGE) == PAGE, ANEW
    shown = re.findall(r"<!-- (\S+) -->", PAGE)
    tables = {kind for kind in messages.KINDS if kind != "live"} | {"purposes", "refusals", "events"}
    assert sorted(shown) == sorted([*tables, *["end"] * len(tables)])


def test_the_page_says_every_rule_between_fields() -> None:
    module = ast.parse(Path(rules.__file__).read_text())
    said = [
        part.value
        for node in ast.walk(module)
        if isinstance(node, ast.Return) and node.value is not None
        for part in ast.walk(node.value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and len(part.value.split()) > 3
    ]
    assert len(said) >= 15
    assert [rule for rule in said if rule.lower() not in WORDS.lower()] == []


def test_the_page_says_every_bound_that_stands_in_no_table() -> None:
    for number in (seal.MAX_SEALED_BYTES, messages.MAX_BYTES, plain_json.MAX_DEPTH, parts.PACK_PART_BYTES):
        assert re.search(rf"\b{number}\b", WORDS)
    assert f"at most {parts.LONGEST_PASS} characters" in WORDS
    assert f"1 to {passes.MOST_DOORS} doors" in WORDS
    assert f"{topics.ROOT}/<site>/<node>/<purpose>" in WORDS
    assert {codes.STALE, codes.REPLAYED, codes.SUPERSEDED} <= set(re.findall(r"`([a-z-]+)`", WORDS))


def test_the_worked_vector_works() -> None:
    [block] = re.findall(r"```vector\n(.*?)```", PAGE, re.S)
    said = dict(line.split(maxsplit=1) for line in block.strip().splitlines())
    key = keys.message_key(bytes.fromhex(said["secret"]), said["site"], said["node"], said["purpose"])
    assert key.hex() == said["key"]
    sealed = seal.seal(key, said["node"], said["purpose"], said["plaintext"].encode(), bytes.fromhex(said["iv"]))
    assert sealed.decode() == said["sealed"]
    assert messages.decode(said["purpose"], said["plaintext"].encode())["seq"] == 42
    header = PAGE.split("```\n")[1].strip().replace("<node>", said["node"]).replace("<purpose>", said["purpose"])
    assert seal.seal(key, said["node"], said["purpose"], b"", bytes(16)).startswith(
        seal.base64url.encode(header.encode()).encode() + b"."
    )


def test_the_description_is_made_on_both_interpreters(cpython: Any, micropython: Any) -> None:
    for case in [{"do": "page", "name": name} for name in ("purposes", "refusals", "events", "command", "pack")]:
        assert micropython.one(**case) == cpython.one(**case)
