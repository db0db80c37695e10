"""For the whole house: no example of Hypothesis has a deadline, who types commands, and a PostgreSQL server."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgres_server import PostgresServer, binaries

# On a build machine the examples are the same in every run, so that a red run can be looked into.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")

# Who types the commands of a test, where it does not say otherwise; every test's site has this operator.
os.environ["OSTIARY_OPERATOR"] = "test"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One for the run. A test that stops it starts it again."""
    programs = binaries()
    if programs is None:
        pytest.skip("No PostgreSQL server is installed. On Debian: apt install postgresql")
    server = PostgresServer(programs)
    yield server
    server.close()
