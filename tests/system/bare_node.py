"""A node of which only the line to the broker is real: it says exactly what a test wants said."""

import asyncio
import contextlib
import json
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gmqtt
from gmqtt.mqtt.constants import MQTTv311

from ostiary.protocol import base64url, keys, messages, topics
from ostiary.protocol.seal import seal, unseal


class BareNode:
    """Speaks for the node whose directory is `directory`, with that node's own certificate and keys."""

    def __init__(self, directory: Path) -> None:
        self.card = json.loads((directory / "node.json").read_text())
        self.site, self.node, self.door = self.card["site"], self.card["node"], self.card["door"]
        secret = base64url.decode((directory / "secret").read_text().strip())
        self.keys = {purpose: keys.message_key(secret, self.site, self.node, purpose) for purpose in topics.PURPOSES}
        self._directory = directory
        self._client = gmqtt.Client(self.card["client_id"], clean_session=True)
        self._client.on_message = self._heard
        self.boot, self._seq = 1, 0
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.desired: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.ordered: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self._events = 0
        self.obeys = False  # whether it takes every `desired` at once, and says so

    async def __aenter__(self) -> "BareNode":
        context = ssl.create_default_context(cafile=str(self._directory / "ca.pem"))
        context.load_cert_chain(self._directory / "node.pem", self._directory / "node.key")
        broker = self.card["broker"]
        subscribed = asyncio.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_connect = lambda *_: [
            self._client.subscribe(topics.topic(self.site, self.node, purpose), qos=1)
            for purpose in ("answer", "desired", "release", "command", "pack")
        ]
        await self._client.connect(broker["host"], broker["port"], ssl=context, version=MQTTv311)
        await asyncio.wait_for(subscribed.wait(), 10)
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(ssl.SSLError):  # an answer that is still on its way crosses the goodbye
            await self._client.disconnect()

    def _heard(self, _client: object, topic: str, payload: bytes, _qos: int, _properties: object) -> int:
        purpose = topic.rpartition("/")[2]
        message = messages.decode(purpose, unseal(self.keys[purpose], self.node, purpose, payload))
        if purpose == "desired":
            self.desired.put_nowait(message)
            if self.obeys:
                self.report(message)
            return 0
        if purpose != "answer":
            self.ordered.put_nowait((purpose, message))
            return 0
        self.answers.put_nowait(message)
        if (waiting := self._waiting.pop(message["nonce"], None)) and not waiting.done():
            waiting.set_result(message)
        return 0

    def ask(self, **changed: Any) -> dict[str, Any]:
        """The next ask: a card at this node's own door, unless `changed` says otherwise (None leaves a field out)."""
        self._seq += 1
        message = {
            "v": 1,
            "door": self.door,
            "nonce": base64url.encode(os.urandom(16)),
            "boot": self.boot,
            "seq": self._seq,
            "at": {"ms": 1_800_000_000_000, "clock": "set"},
            "credential": "card",
            "claim": {"kind": "card", "value": "1234"},
            "faces": 0,
        }
        return {name: value for name, value in (message | changed).items() if value is not None}

    def sealed(self, message: dict[str, Any], purpose: str = "ask") -> bytes:
        return seal(self.keys[purpose], self.node, purpose, messages.encode(purpose, message), os.urandom(16))

    def status(self, state: str = "online", **changed: Any) -> str | None:
        """Say a status, with a new nonce while online; returns the nonce."""
        nonce = base64url.encode(os.urandom(16)) if state == "online" else None
        message = {
            "v": 1,
            "state": state,
            "boot": self.boot,
            "firmware": "test 1",
            "roles": self.card["roles"],
            "virtual": True,
            "nonce": nonce,
            "clock": "set",
            "safe_mode": False,
        }
        said = {name: value for name, value in (message | changed).items() if value is not None}
        self.say(self.sealed(said, "status"), "status")
        return nonce

    def report(self, desired: dict[str, Any], **changed: Any) -> None:
        """Say that this was taken."""
        took = {name: desired[name] for name in ("v", "term", "number", "lockdown", "face")}
        self.say(self.sealed(took | {"boot": self.boot, "pack_version": 0} | changed, "reported"), "reported")

    async def tells(self, kind: str, receipt: str | None = None, **changed: Any) -> None:
        """Say the journal's next event, and wait until the keeper has it."""
        self._events += 1
        event = {"v": 1, "boot": self.boot, "seq": self._events, "at": {"ms": 1, "clock": "set"}, "kind": kind}
        event |= {"receipt": receipt} if receipt else {}
        self.say(self.sealed(event | changed, "event"), "event")
        await self.until(lambda desired: desired["journal_upto"] == self._events)

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first `desired` from now on that is so."""
        async with asyncio.timeout(10):
            while not wanted(desired := await self.desired.get()):
                pass
            return desired

    def say(self, payload: bytes, purpose: str = "ask") -> None:
        """Publish these very bytes."""
        self._client.publish(topics.topic(self.site, self.node, purpose), payload, qos=1)

    def publish_at(self, to: str, payload: bytes) -> None:
        """Publish these very bytes at any topic, which a broker should not let a node do."""
        self._client.publish(to, payload, qos=1)

    async def taken(self) -> None:
        """Until the broker has acknowledged everything that was said."""
        async with asyncio.timeout(10):
            while not self._client._persistent_storage.is_empty:  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0)

    async def asked(self, message: dict[str, Any], within_s: float = 10) -> dict[str, Any]:
        """Ask and wait for the answer. Raises TimeoutError when there is none."""
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[message["nonce"]] = future
        self.say(self.sealed(message))
        return await asyncio.wait_for(future, within_s)
