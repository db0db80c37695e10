"""Killed at random points under load, servers and lines cut, and clocks that jump: every answer is in the log."""

import subprocess

import psycopg
import pytest

from tests.faults.judging import CHANCE, LONG, MARCH, TALLY, Scene
from tests.postgres_server import PostgresServer

KILLS = {"SQLite": 500 if LONG else 15, "PostgreSQL": 500 if LONG else 10}
CUTS = 60 if LONG else 4
MOST_LINES = 400 if LONG else 100
AFRESH = 25  # kills after which a new log begins, so that the judge reads short ones
YEAR_MS = 365 * 86_400_000

pytestmark = pytest.mark.system


def test_killed_at_random_points_under_load(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    for number in range(KILLS[scene.name]):
        if number and number % AFRESH == 0:
            scene = Scene(tmp_path_factory.mktemp("scene"), scene.server)
        with subprocess.Popen(scene.command(0), stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            # Mostly in the middle of the load, now and then while it starts.
            lines = [child.stdout.readline() for _ in range(CHANCE.randint(0, MOST_LINES))]
            child.kill()
            lines += child.stdout.readlines()
        assert child.returncode == -9, "it ended by itself before it was killed"
        scene.hear(b"".join(lines))
        scene.judge("killed under load")


def cut(server: PostgresServer) -> None:
    """End every session of the log from the server's side, in the middle of whatever it does."""
    with psycopg.connect(server.dsn, autocommit=True) as db:
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'ostiary %'")


@pytest.mark.parametrize("scene", ["postgres"], indirect=True)
def test_the_server_restarts_and_the_line_is_cut_under_load(scene: Scene) -> None:
    server = scene.server
    assert server is not None
    with subprocess.Popen(scene.command(0), stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline()]
        for number in range(CUTS):
            lines += [child.stdout.readline() for _ in range(CHANCE.randint(1, MOST_LINES))]
            if number % 3 == 2:
                server.stop()
                server.start()
            else:
                cut(server)
            # It goes on by itself: the next answer comes, however many refusals come before it.
            while not (line := child.stdout.readline()).startswith(b"noted"):
                assert line, "the keeper ended"
                lines.append(line)
            lines.append(line)
        child.kill()
        lines += child.stdout.readlines()
    scene.hear(b"".join(lines))
    scene.judge("cut and restarted under load")
    TALLY.cases["PostgreSQL: cut and restarted under load"] += CUTS - 1  # judged once, after all of them


def test_the_clock_jumps_a_year_and_back(scene: Scene) -> None:
    for at_ms in (MARCH, MARCH + YEAR_MS, MARCH - YEAR_MS, MARCH):
        assert scene.write(4, at_ms).returncode == 0
    scene.judge("the clock jumps a year")
