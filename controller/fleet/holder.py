"""Whom a certificate names, in words that cannot be taken for another's: the broker, the keeper, one node."""

from dataclasses import dataclass

from ostiary.controller.store.errors import ThreePartError
from ostiary.protocol import topics


class BadId(ThreePartError, ValueError):
    """A site or node id is not 1 to 40 of a-z, 0-9 and the hyphen."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a certificate names: the subject's OU and CN, and the names that are checked (DNS names, IP addresses)."""

    unit: str  # broker | keeper | web | node | virtual
    common: str
    names: tuple[str, ...]

    @property
    def serves(self) -> bool:
        return self.unit in ("broker", "web")


def check_id(word: str, what: str) -> str:
    """Returns `word`. Raises `BadId`: a dot or a wildcard in it would reach into other participants' names."""
    if not topics.is_name(word):
        raise BadId(
            f"{word!r} cannot be the id of a {what}.",
            "Ids become part of topics, certificates and file names.",
            "Choose 1 to 40 of the characters a-z, 0-9 and the hyphen.",
        )
    return word


def broker_holder(site: str, hosts: tuple[str, ...] = ()) -> Holder:
    """The broker, reached as 127.0.0.1, localhost and `hosts` (names or IP addresses)."""
    return Holder("broker", check_id(site, "site"), tuple(dict.fromkeys(("127.0.0.1", "localhost", *hosts))))


def web_holder(host: str) -> Holder:
    """The panel and the portal, reached by their host name, and on this machine by its own."""
    return Holder("web", "web", (host, "localhost", "127.0.0.1"))


def keeper_holder(site: str) -> Holder:
    return Holder("keeper", "keeper", (f"keeper.{check_id(site, 'site')}.ostiary",))


def node_holder(site: str, node: str, *, virtual: bool) -> Holder:
    """One node; the unit says whether it has real hardware."""
    name = f"{check_id(node, 'node')}.node.{check_id(site, 'site')}.ostiary"
    return Holder("virtual" if virtual else "node", node, (name,))
