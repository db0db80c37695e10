"""What nats-server is told: one text, a pure function of the site and its nodes, that gives everybody the least."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ostiary.controller.fleet.broker_store import LIMIT_MB
from ostiary.controller.fleet.holder import keeper_holder, node_holder
from ostiary.controller.fleet.nodes import FleetNode
from ostiary.protocol import topics

LARGEST_PACKET = 16 * 1024  # a message has at most 8 KiB before it is sealed, about 11 KiB after
UP = tuple(purpose for purpose in topics.PURPOSES if topics.DIRECTION[purpose] == "up")
DOWN = tuple(purpose for purpose in topics.PURPOSES if topics.DIRECTION[purpose] == "down")

_HEAD = """\
# Made by ostiary at every start; a change made here is lost.

# Sessions and stored messages are filed under this name, so it must be the same after every restart.
server_name: {server_name}

# The broker's own protocol. nats-server cannot run without this listener, so it gets a port of the kernel's choice on
# the loopback address (see ports_file_dir), asks for a client certificate, and no user below may use it.
listen: "127.0.0.1:-1"
tls {{
  cert_file: {certificate}
  key_file: {key}
  ca_file: {ca}
  verify_and_map: true
  timeout: 5
}}

ports_file_dir: {directory}
pid_file: {pid}
# Lines of the log name client ids, which are nobody's business: a file of ours, not the console.
logfile: {log}
logfile_size_limit: 4MB
logfile_max_num: 3

# A packet that is larger ends the connection of whoever sent it.
max_payload: {largest}
max_connections: 4096
# What a client may leave unread before it is cut off; a keeper that catches up needs some megabytes.
max_pending: 16MB

# QoS 1, retained status and sessions are kept here, and never more, so that the disk does not run full.
jetstream {{
  store_dir: {store}
  max_memory_store: 16MB
  max_file_store: {store_mb}MB
}}

# The listener for the keeper and the nodes. verify_and_map: no connection without a certificate of this site's
# authority, and the DNS name in the certificate is the user's name; a name that is not listed below is nobody.
mqtt {{
  listen: {address}
  # A message that was under way when its connection broke is sent again this much later.
  ack_wait: "5s"
  tls {{
    cert_file: {certificate}
    key_file: {key}
    ca_file: {ca}
    verify_and_map: true
    timeout: 5
  }}
}}

# What is not allowed is denied. There is no user without a certificate (no_auth_user is not set) and none for the
# system account. QoS 1 needs no right on $MQTT subjects since the broker subscribes to them itself.
# allowed_connection_types: over the broker's own protocol a client could subscribe to what MQTT keeps from it.
authorization {{
  timeout: 6
  users: [
"""

_USER = """\
    {{
      user: {user}
      allowed_connection_types: ["MQTT"]
      permissions: {{
        publish: {{ allow: {publish} }}
        subscribe: {{ allow: {subscribe} }}
      }}
    }}
"""
_ADDRESS = re.compile(r'^mqtt \{\n {2}listen: ("(?:[^"\\]|\\.)*")$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """Paths that the configuration names."""

    directory: Path  # the broker's own: store, log, pid, ports
    ca: Path
    certificate: Path
    key: Path

    @property
    def configuration(self) -> Path:
        return self.directory / "nats.conf"

    @property
    def store(self) -> Path:
        return self.directory / "store"

    @property
    def pid(self) -> Path:
        return self.directory / "nats.pid"

    @property
    def log(self) -> Path:
        return self.directory / "nats.log"


def configuration(files: BrokerFiles, site: str, nodes: Iterable[FleetNode], *, host: str, port: int) -> str:
    """The whole configuration. The keeper may publish every down-topic and hear every up-topic of the site; a node
    may publish its own up-topics and hear its own down-topics. Raises `BadId` for a word that is no id."""
    text = _HEAD.format(
        server_name=_quoted(f"ostiary-{site}"),
        certificate=_quoted(files.certificate),
        key=_quoted(files.key),
        ca=_quoted(files.ca),
        directory=_quoted(files.directory),
        pid=_quoted(files.pid),
        log=_quoted(files.log),
        largest=LARGEST_PACKET,
        store=_quoted(files.store),
        store_mb=LIMIT_MB,
        address=_quoted(f"[{host}]:{port}" if ":" in host else f"{host}:{port}"),
    )
    text += _user(keeper_holder(site).names[0], publish=_subjects(site, "*", DOWN), subscribe=_subjects(site, "*", UP))
    for node in nodes:
        name = node_holder(site, node.node, virtual=node.virtual).names[0]
        text += _user(name, publish=_subjects(site, node.node, UP), subscribe=_subjects(site, node.node, DOWN))
    return text + "  ]\n}\n"


def address_in(text: str) -> tuple[str, int]:
    """Where the broker of this configuration listens for MQTT. Raises ValueError when the text names no address."""
    found = _ADDRESS.search(text)
    if found is None:
        raise ValueError("no address of an MQTT listener")
    host, _, port = json.loads(found[1]).rpartition(":")
    return host.strip("[]"), int(port)


def _user(name: str, *, publish: list[str], subscribe: list[str]) -> str:
    return _USER.format(user=_quoted(name), publish=json.dumps(publish), subscribe=json.dumps(subscribe))


def _subjects(site: str, node: str, purposes: tuple[str, ...]) -> list[str]:
    """Topics in the broker's own spelling: levels are separated by dots."""
    return [f"{topics.ROOT}/{site}/{node}/{purpose}".replace("/", ".") for purpose in purposes]


def _quoted(word: object) -> str:
    """A string of the configuration language; its escapes are JSON's."""
    return json.dumps(str(word), ensure_ascii=False)
