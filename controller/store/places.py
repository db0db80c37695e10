"""Where a site keeps its things: every path of the data directory, named once."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


class UnsafeRunDirectory(RuntimeError):
    """The directory for local sockets belongs to somebody else, or others may write to it."""


@dataclass(frozen=True, slots=True)
class Places:
    """The data directory of one site. Making a `Places` touches nothing; `prepare` makes the directories."""

    data: Path

    @property
    def site_toml(self) -> Path:
        return self.data / "site.toml"

    @property
    def people_db(self) -> Path:
        return self.data / "people.db"

    @property
    def log_db(self) -> Path:
        return self.data / "log.db"

    @property
    def web_register(self) -> Path:
        """The web's own arrangement of the log's index columns; it is made again when it is missing."""
        return self.data / "web-register.db"

    @property
    def mail_db(self) -> Path:
        """What is still to be mailed to whom; without it the mail process begins with what happens from then on."""
        return self.data / "mail.db"

    @property
    def log_tiles(self) -> Path:
        """The log as anybody may see it: checkpoint and tiles, served as they lie."""
        return self.data / "log"

    @property
    def keys_db(self) -> Path:
        return self.data / "keys.db"

    @property
    def master_key(self) -> Path:
        return self.data / "master.key"

    @property
    def process_log(self) -> Path:
        """What the site's processes write about themselves; no secrets, no persons."""
        return self.data / "processes.log"

    @property
    def packs(self) -> Path:
        """What the keeper remembers of the packs that it made for nodes; sealed."""
        return self.data / "packs"

    @property
    def demo_cards(self) -> Path:
        """The numbers of the demonstration's cards, which people.db knows by their tags only."""
        return self.data / "demo-cards.json"

    @property
    def tls(self) -> Path:
        return self.data / "tls"

    @property
    def web_certificate(self) -> Path:
        return self.tls / "web.pem"

    @property
    def web_key(self) -> Path:
        return self.tls / "web.key"

    @property
    def broker(self) -> Path:
        return self.data / "broker"

    @property
    def nodes(self) -> Path:
        return self.data / "nodes"

    def node(self, node: str) -> Path:
        return self.nodes / node

    @property
    def run(self) -> Path:
        """A short directory for sockets: a Unix socket's path may have 107 bytes, a data directory more."""
        name = hashlib.sha256(os.fsencode(self.data.resolve())).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"ostiary-{os.getuid()}-{name}"

    @property
    def keeper_socket(self) -> Path:
        return self.run / "keeper.sock"

    def doorstep(self, door: str) -> Path:
        return self.run / f"{door}.sock"

    def prepare(self) -> None:
        """Make the directories, readable by their owner only.

        Raises OSError when the disk refuses and `UnsafeRunDirectory` when the socket directory is not ours alone.
        """
        for directory in (self.data, self.tls, self.broker, self.nodes):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.run.mkdir(mode=0o700, exist_ok=True)
        held = self.run.lstat()
        if held.st_uid != os.getuid() or held.st_mode & 0o077 or not self.run.is_dir() or self.run.is_symlink():
            raise UnsafeRunDirectory(
                f"The directory {self.run} is not ours alone, so somebody else could stand in for the keeper. "
                f"Remove it and start again: rm -r {self.run}"
            )
