"""The node's line to its broker: MQTT 3.1.1 over TLS with the node's own certificate, all sealed both ways."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ostiary.firmware.door.envelope import RETAINED, Envelope
from ostiary.firmware.pi.identity import BadIdentity, Identity

KEEPALIVE_S = 5
FIRST_WAIT_S = 1
LONGEST_WAIT_S = 8


class Link:
    """Connects, and connects again for ever. Callbacks come in the network's thread:

    `heard(purpose, message)` for each authentic message, `connected(True|False)`, `log(line)`. `random(n)` gives n
    unforeseeable bytes.
    """

    def __init__(
        self,
        identity: Identity,
        status: dict[str, Any],
        heard: Callable[[str, dict[str, Any]], None],
        connected: Callable[[bool], None],
        log: Callable[[str], None],
        random: Callable[[int], bytes],
    ) -> None:
        """Touches no network. `status` is what is said at the end: *stopped*, or *lost* by the last will. Raises
        `BadIdentity` for unusable certificates."""
        self._identity = identity
        self._status = status
        self._heard = heard
        self._connected = connected
        self._log = log
        self._subscribed = False
        self._envelope = Envelope(identity.site, identity.node, identity.roles, identity.secret, random, log)
        self._client = self._make_client()

    @property
    def online(self) -> bool:
        """Whether the broker hears us, and we it."""
        return self._subscribed and self._client.is_connected()

    def start(self) -> None:
        """Begin to connect, in a thread."""
        self._client.connect_async(self._identity.host, self._identity.port, KEEPALIVE_S)
        self._client.loop_start()

    def say(self, purpose: str, message: dict[str, Any]) -> bool:
        """Seal and publish. False when the broker does not hear us: nothing is kept for later then, because a late
        ask is worthless and events are in the journal. Raises `Refused` for a message outside the contract."""
        sealed = self._envelope.seal(purpose, message)
        if not self.online:
            return False
        sent = self._client.publish(self._envelope.topic(purpose), sealed, qos=1, retain=purpose in RETAINED)
        return sent.rc == mqtt.MQTT_ERR_SUCCESS

    def stop(self) -> None:
        """Say *stopped* and disconnect."""
        if self.online:
            said = self._client.publish(*self._ending("stopped"), 1, True)
            try:
                said.wait_for_publish(timeout=1.0)
            except (RuntimeError, ValueError) as mistake:  # paho's words for: the connection went in this moment
                self._log(f"the last status was not sent: {mistake}")
        self._client.disconnect()
        self._client.loop_stop()

    def _make_client(self) -> mqtt.Client:
        identity = self._identity
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, identity.client_id, clean_session=True, protocol=mqtt.MQTTv311
        )
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(identity.ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(identity.certificate, identity.key)
        except (ssl.SSLError, OSError) as mistake:
            raise BadIdentity(
                "The node's certificate cannot be used.",
                f"{identity.certificate} and {identity.key.name}: {mistake}.",
                "Claim the node again.",
            ) from mistake
        client.tls_set_context(context)
        client.reconnect_delay_set(FIRST_WAIT_S, LONGEST_WAIT_S)
        client.will_set(*self._ending("lost"), qos=1, retain=True)
        client.on_socket_open = _no_delay
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_connect_fail = lambda client, data: self._log("the broker cannot be reached; trying again")
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._log(f"the broker refused us: {reason}")
            return
        client.subscribe([(topic, 1) for topic in self._envelope.subscriptions])

    def _on_subscribe(self, client: mqtt.Client, data: Any, number: int, reasons: Any, properties: Any) -> None:
        # Not before: an answer that comes while we are not subscribed would be lost.
        if any(reason.is_failure for reason in reasons):
            self._log("the broker does not let us read our own topics; this node's certificate is for another")
            return
        self._subscribed = True
        self._log(f"connected to {self._identity.host}:{self._identity.port}")
        self._connected(True)

    def _on_disconnect(self, client: mqtt.Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._subscribed = False
        self._log(f"disconnected: {reason}")
        self._connected(False)

    def _on_message(self, client: mqtt.Client, data: Any, message: mqtt.MQTTMessage) -> None:
        opened = self._envelope.open(message.topic, bytes(message.payload), message.retain)
        if opened is not None:
            self._heard(*opened)

    def _ending(self, state: str) -> tuple[str, bytes]:
        return self._envelope.topic("status"), self._envelope.seal("status", {**self._status, "state": state})


def _no_delay(client: mqtt.Client, data: Any, opened: Any) -> None:
    # paho leaves Nagle's algorithm on, which costs 44 ms a message.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
