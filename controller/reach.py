"""How a site's web is reached: on this machine alone, or by a host name over HTTPS; and whether by any phone."""

import ipaddress
import re
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
HTTPS = 443
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.ASCII)
# Names that no public name server answers (RFC 6761, RFC 6762, RFC 8375, RFC 9476 and ICANN's reservation of
# .internal).
_PRIVATE = ("localhost", "local", "lan", "home", "internal", "intranet", "corp", "test", "invalid", "alt", "home.arpa")


class BadReach(ValueError):
    """The web cannot be offered like this; says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Reach:
    """`host` is the name that browsers use, None: this machine alone, over HTTP. `listen` is the address to bind.

    With `certificate` and `key` (PEM files) those are served, without them a certificate of the site's own authority.
    With `proxies` (addresses) the web speaks HTTP to them alone and believes what they say of the client.
    """

    host: str | None = None
    listen: str = LOOPBACK
    certificate: str | None = None
    key: str | None = None
    proxies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.host is not None and (len(self.host) > 253 or not _NAME.fullmatch(self.host) or _is_address(self.host)):
            raise BadReach(
                f"{self.host!r} is no host name. Passkeys and certificates need a name, such as door.example, and no "
                "address; write it in small letters, without http:// and without a port."
            )
        try:
            away = not ipaddress.ip_address(self.listen).is_loopback
            _ = [ipaddress.ip_address(proxy) for proxy in self.proxies]
        except ValueError as error:
            raise BadReach(f"{error}. An address such as 0.0.0.0, 192.0.2.7 or :: is needed.") from error
        if (self.certificate is None) != (self.key is None):
            raise BadReach("A certificate needs its key, and a key its certificate: give both files, or neither.")
        if self.host is None and (away or self.certificate or self.proxies):
            raise BadReach(
                f"The web does not listen on {self.listen} without a host name: passwords and faces would cross the "
                "network in the clear. Name one, and it is served over HTTPS: ostiary run --host door.example"
            )
        if self.proxies and self.certificate:
            raise BadReach("Behind a proxy the proxy holds the certificate. Leave --certificate and --key out.")

    @property
    def tls(self) -> bool:
        """Whether the web itself speaks HTTPS."""
        return self.host is not None and not self.proxies

    @property
    def own_certificate(self) -> bool:
        """Whether the site's own authority vouches for the web."""
        return self.tls and self.certificate is None

    def address(self, port: int) -> str:
        """Where a browser goes, without a slash at the end."""
        if self.host is None:
            return f"http://localhost:{port}"
        shown = "" if self.proxies or port == HTTPS else f":{port}"
        return f"https://{self.host}{shown}"

    @property
    def by_phone(self) -> bool:
        """Whether a visitor's phone, which is in no network of the house, can be expected to find the host name."""
        if self.host is None or "." not in self.host:
            return False
        return not any(self.host == name or self.host.endswith(f".{name}") for name in _PRIVATE)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
