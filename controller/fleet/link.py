"""The keeper's line to the broker: hears what every node says, tells single nodes; comes back by itself.

gmqtt was chosen because it costs the keeper about a third of what paho costs a message and is asyncio through and
through; asyncio sets TCP_NODELAY on its sockets. Only this file knows it. Each connection gets a client of its own,
since the library's own reconnect asks the broker to keep the session, and with it asks that nobody waits for any more.
"""

import asyncio
import contextlib
import logging
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gmqtt
from gmqtt.mqtt.constants import MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError

from ostiary.protocol import topics

KEEPALIVE_S = 5  # a hung line is noticed within two of these
PATIENCE_S = 5.0
RETRY_S = 0.05
LONGEST_RETRY_S = 2.0

_log = logging.getLogger("ostiary.link")
# A broker that is away is ours to say once, in our words; the library says it with every attempt.
logging.getLogger("gmqtt").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker listens and what proves the keeper to it (paths of PEM files)."""

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path


class Link:
    """MQTT 3.1.1, QoS 1, clean sessions: what was published while the keeper was away is asked again by the nodes, so
    no stale ask waits in the broker. `heard` gets topic and payload of every up-message."""

    def __init__(self, site: str, address: BrokerAddress, heard: Callable[[str, bytes], None]) -> None:
        self._site, self._address, self._heard = site, address, heard
        self._client: gmqtt.Client | None = None
        self._up = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Comes back when the line is up for the first time, however long the broker takes."""
        self._keeping = asyncio.create_task(self._keep())
        up = asyncio.create_task(self._up.wait())
        await asyncio.wait({self._keeping, up}, return_when=asyncio.FIRST_COMPLETED)
        if not up.done():
            up.cancel()
            await self._keeping

    def tell(self, node: str, purpose: str, sealed: bytes, *, retain: bool = False) -> None:
        """Publish to one node. A message that finds no line is lost; nodes ask again, events are sent again."""
        if self._client is not None:
            self._client.publish(topics.topic(self._site, node, purpose), sealed, qos=1, retain=retain)

    async def close(self) -> None:
        """Say goodbye to the broker."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping

    async def _keep(self) -> None:
        context = ssl.create_default_context(cafile=str(self._address.ca))
        context.load_cert_chain(self._address.certificate, self._address.key)
        pause_s, said = RETRY_S, False
        while True:
            client = gmqtt.Client("keeper-" + secrets.token_urlsafe(16), clean_session=True)
            client.set_config({"reconnect_retries": 0})
            lost, subscribed = asyncio.Event(), asyncio.Event()
            client.on_disconnect = lambda *_, lost=lost: lost.set()
            client.on_subscribe = lambda *_, subscribed=subscribed: subscribed.set()
            client.on_message = self._message
            try:
                await _before(lost, self._connect(client, context, subscribed))
                self._client, pause_s, said = client, RETRY_S, False
                self._up.set()
                await lost.wait()
                _log.warning("The line to the broker is lost. Trying again.")
            except (OSError, MQTTConnectError, _Lost) as error:
                if not said:
                    _log.info("The broker does not answer yet (%s). Trying again.", error or "closed")
                said = True
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_RETRY_S)
            finally:
                self._client = None
                with contextlib.suppress(OSError, AttributeError):  # a client that never connected has no connection
                    await client.disconnect()

    async def _connect(self, client: gmqtt.Client, context: ssl.SSLContext, subscribed: asyncio.Event) -> None:
        host, port = self._address.host, self._address.port
        await client.connect(
            host,
            port,
            ssl=context,  # pyright: ignore[reportArgumentType] - its default is False, its value a context
            keepalive=KEEPALIVE_S,
            version=MQTTv311,
        )
        for purpose in ("ask", "event", "status", "reported"):
            client.subscribe(f"{topics.ROOT}/{self._site}/+/{purpose}", qos=1)
        await subscribed.wait()

    def _message(self, _client: gmqtt.Client, topic: str, payload: bytes, _qos: int, _properties: Any) -> int:
        self._heard(topic, payload)
        return 0


class _Lost(ConnectionError):
    """The connection ended before it was of use."""


async def _before(lost: asyncio.Event, doing: Any) -> None:
    """Do it unless the line is lost meanwhile, or it takes longer than `PATIENCE_S`. Raises `_Lost`."""
    task, watch = asyncio.ensure_future(doing), asyncio.ensure_future(lost.wait())
    try:
        await asyncio.wait({task, watch}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise _Lost("the connection was closed" if watch.done() else "it accepts and says nothing")
        task.result()
    finally:
        for open_task in (task, watch):
            open_task.cancel()
