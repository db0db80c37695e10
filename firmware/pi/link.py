"""The node's line to its broker: MQTT 3.1.1 over TLS with the node's own certificate, all sealed both ways."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ostiary.firmware.pi.identity import BadIdentity, Identity
from ostiary.protocol import keys, messages, seal, topics
from ostiary.protocol.errors import Refused

KEEPALIVE_S = 5
FIRST_WAIT_S = 1
LONGEST_WAIT_S = 8
HEARD = {"reader": ("answer", "command", "desired", "pack"), "strike": ("release", "command", "desired", "pack")}
SAID = ("ask", "event", "status", "reported")
# What stands at the broker for whoever comes later; anything else that was left lying there is refused.
RETAINED = ("status", "reported", "desired")


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
        self._random = random
        self._refusals: dict[str, int] = {}
        self._subscribed = False
        site, node = identity.site, identity.node
        self._hears = [purpose for purpose in topics.PURPOSES if any(purpose in HEARD[role] for role in identity.roles)]
        self._keys = {purpose: keys.message_key(identity.secret, site, node, purpose) for purpose in topics.PURPOSES}
        self._topics = {purpose: topics.topic(site, node, purpose) for purpose in topics.PURPOSES}
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
        sealed = self._sealed(purpose, message)
        if not self.online:
            return False
        sent = self._client.publish(self._topics[purpose], sealed, qos=1, retain=purpose in RETAINED)
        return sent.rc == mqtt.MQTT_ERR_SUCCESS

    def stop(self) -> None:
        """Say *stopped* and disconnect."""
        if self.online:
            said = self._client.publish(
                self._topics["status"], self._sealed("status", {**self._status, "state": "stopped"}), 1, True
            )
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
        client.will_set(
            self._topics["status"], self._sealed("status", {**self._status, "state": "lost"}), qos=1, retain=True
        )
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
        client.subscribe([(self._topics[purpose], 1) for purpose in self._hears])

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
        try:
            _, _, purpose = topics.parse(message.topic)
            if purpose not in self._hears or message.topic != self._topics[purpose]:
                return
            # Nobody may leave what moves or orders a door lying at the broker for later.
            if message.retain and purpose not in RETAINED:
                self._log(f"a message was refused: {purpose} was retained")
                return
            plain = seal.unseal(self._keys[purpose], self._identity.node, purpose, bytes(message.payload))
            self._heard(purpose, messages.decode(purpose, plain))
        except Refused as refused:
            count = self._refusals[refused.code] = self._refusals.get(refused.code, 0) + 1
            # A flood of bad messages must not fill the disk: told at 1, 2, 4, 8, …
            if count & (count - 1) == 0:
                self._log(f"a message was refused ({count} times): {refused}")

    def _sealed(self, purpose: str, message: dict[str, Any]) -> bytes:
        plain = messages.encode(purpose, message)
        return seal.seal(self._keys[purpose], self._identity.node, purpose, plain, self._random(seal.BLOCK_BYTES))


def _no_delay(client: mqtt.Client, data: Any, opened: Any) -> None:
    # paho leaves Nagle's algorithm on, which costs 44 ms a message.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
