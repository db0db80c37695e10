"""For the whole house: no example of Hypothesis has a deadline, who types commands, which tests stay together, and a
PostgreSQL server."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.postgres_server import PostgresServer, binaries

# On a build machine the examples are the same in every run, so that a red run can be looked into.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")

# Who types the commands of a test, where it does not say otherwise; every test's site has this operator.
os.environ["OSTIARY_OPERATOR"] = "test"


class ByFile(LoadFileScheduling):
    """A file's tests share what its fixtures open; the browser's files tell one story, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """`make test` runs as many processes as the machine has processors."""
    return ByFile(config, log)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One for each process of the run. A test that stops it starts it again."""
    programs = binaries()
    if programs is None:
        pytest.skip("No PostgreSQL server is installed. On Debian: apt install postgresql")
    server = PostgresServer(programs)
    yield server
    server.close()
