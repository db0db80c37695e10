"""A PostgreSQL server of a test run's own: a fresh cluster on a private socket, ended with the run.

The server refuses to run as root, so a test run by root starts it as the system's user `postgres`.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

PORT = "5432"  # names the socket; nothing listens on a network


def binaries() -> Path | None:
    """Where Debian keeps the newest server's programs; None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    onpath = shutil.which("initdb")
    return Path(onpath).parent if onpath else None


class PostgresServer:
    """One cluster; `stop` and `start` may be called again and again, `close` removes it."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._user = "postgres" if os.getuid() == 0 else None
        self._numbers = count(1)
        self.home = Path(tempfile.mkdtemp(prefix="ostiary-pg-"))
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(self.home, account.pw_uid, account.pw_gid)
        self._call("initdb", "--auth=trust", "--username=keeper", "--encoding=UTF8", "--locale=C", "--no-instructions")
        self.start()

    def _call(self, program: str, *args: str) -> None:
        subprocess.run(
            [self._programs / program, "-D", self.home / "data", *args],
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.home}' -c port={PORT}"
        self._call("pg_ctl", "start", "--wait", "--silent", f"--log={self.home / 'log'}", f"--options={options}")

    def stop(self) -> None:
        """At once, as a crash would: no session ends by itself, nothing is written down first."""
        self._call("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")

    def end(self) -> None:
        """In order: everything is in the tables' files afterwards."""
        self._call("pg_ctl", "stop", "--wait", "--silent", "--mode=fast")

    def place(self) -> str:
        """The address of a new, empty schema."""
        name = f"site_{next(self._numbers)}"
        with psycopg.connect(self.dsn, autocommit=True) as db:
            db.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return f"{self.dsn} options='-c search_path={name}'"

    @property
    def dsn(self) -> str:
        return f"host={self.home} port={PORT} user=keeper dbname=postgres"

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.home)
