"""Every write, sync and rename of an append is made to fail once; the process is killed at each; the disk is full.

The calls are counted in a run without a fault. In the next runs the n-th call of that kind in each thread fails, for
every n that there was.
"""

import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.judging import CHANCE, LONG, Scene
from tests.postgres_server import PostgresServer

WRITES = ("write", "pwrite64", "pwritev", "ftruncate")
CALLS = (*WRITES, "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink")
APPENDS = 4
SHORT = 3  # cases of each kind in the short form, chosen by chance

pytestmark = pytest.mark.system


def traced(trace: Path, calls: tuple[str, ...], fault: str | None = None) -> list[str]:
    """The strace command that notes these calls in `trace`, and does `fault` to them."""
    inject = ["-e", f"inject={','.join(calls)}:{fault}"] if fault else []
    # The filter makes strace quicker, and lets it miss all signals but the first.
    quick = [] if fault and "signal" in fault else ["--seccomp-bpf"]
    return ["strace", "-f", *quick, "-o", str(trace), "-e", f"trace={','.join(calls)}", *inject]


def points(trace: Path) -> list[tuple[str, int]]:
    """(call, n) for every n-th call of its kind in one thread."""
    seen: Counter[tuple[str, str]] = Counter()
    for line in trace.read_text(errors="replace").splitlines():
        if found := re.match(r"(\d+) +(\w+)\(", line):
            seen[found[1], found[2]] += 1
    most: dict[str, int] = {}
    for (_, call), number in seen.items():
        most[call] = max(number, most.get(call, 0))
    return [(call, n) for call, number in sorted(most.items()) for n in range(1, number + 1)]


def some(cases: list[tuple[str, int]], short: int) -> list[tuple[str, int]]:
    return cases if LONG else CHANCE.sample(cases, min(short, len(cases)))


def came(trace: Path, fault: str) -> str:
    """The fault's name; another one where the call did not come this time, since threads take turns as they like."""
    said = trace.read_text(errors="replace")
    return fault if "(INJECTED)" in said or "killed by SIGKILL" in said else f"{fault} (it did not come to that call)"


def counted(scene: Scene, trace: Path) -> list[tuple[str, int]]:
    assert scene.write(1).returncode == 0  # makes the files, which is no append
    done = scene.write(APPENDS, wrapped=traced(trace, CALLS))
    assert done.returncode == 0, done.stderr
    cases = points(trace)
    assert {call for call, _ in cases} >= {"fsync", "pwrite64"}, "the calls of an append were not seen"
    return cases


def test_each_call_of_the_keeper_fails_once(
    scene: Scene, strace: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trace = tmp_path_factory.mktemp("trace") / "calls"
    for call, n in some(counted(scene, trace), SHORT):
        scene.write(APPENDS, wrapped=traced(trace, (call,), f"error=EIO:when={n}"))
        scene.judge(came(trace, f"{call} of the keeper fails"))


def test_the_keeper_is_killed_at_each_call(scene: Scene, strace: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    trace = tmp_path_factory.mktemp("trace") / "calls"
    for call, n in some(counted(scene, trace), SHORT):
        scene.write(APPENDS, wrapped=traced(trace, (call,), f"signal=SIGKILL:when={n}"))
        scene.judge(came(trace, f"killed at a {call}"))


@pytest.mark.skipif(not LONG, reason="Of the long form: make test-faults")
def test_each_call_of_a_first_start_fails_once_and_is_the_last(
    scene: Scene, strace: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keys, files and schema are made at a first start; a part of them must not keep the next start from it."""
    trace = tmp_path_factory.mktemp("trace") / "calls"
    assert scene.write(1, wrapped=traced(trace, CALLS)).returncode == 0
    for call, n in points(trace):
        for fault in (f"error=EIO:when={n}", f"signal=SIGKILL:when={n}"):
            fresh = Scene(tmp_path_factory.mktemp("fresh"), scene.server)
            fresh.write(1, wrapped=traced(trace, (call,), fault))
            fresh.judge(came(trace, f"{call} of a first start fails or is its last"))


def test_the_disk_of_the_keeper_is_full(scene: Scene, strace: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    trace = tmp_path_factory.mktemp("trace") / "calls"
    cases = [(call, n) for call, n in counted(scene, trace) if call in WRITES]
    for _, n in some(cases, 1):
        scene.write(APPENDS, wrapped=traced(trace, WRITES, f"error=ENOSPC:when={n}+"))
        scene.judge(came(trace, "the keeper's disk is full"))


@contextmanager
def held(server: PostgresServer, trace: Path, calls: tuple[str, ...], fault: str | None) -> Iterator[None]:
    """The server and all of its sessions in strace's hands; it runs again afterwards, whatever was done to it."""
    postmaster = (server.home / "data" / "postmaster.pid").read_text().split()[0]
    command = [part for part in traced(trace, calls, fault) if part != "--seccomp-bpf"]
    with subprocess.Popen([*command, "-p", postmaster], stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        while "attached" not in (line := tracer.stderr.readline()):
            assert line, "strace could not hold the server"
        try:
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.stderr.read()
    # A server that could not write ends itself and may be in the middle of coming back.
    if (server.home / "data" / "postmaster.pid").exists():
        server.stop()
    server.start()


def server_cases(scene: Scene, trace: Path) -> list[tuple[str, int]]:
    assert scene.server is not None
    scene.write(1)  # makes the schema, which is no append
    with held(scene.server, trace, CALLS, None):
        assert scene.write(APPENDS).returncode == 0
    scene.judge("held and let go")
    return points(trace)


@pytest.mark.parametrize("scene", ["postgres"], indirect=True)
def test_each_call_of_the_server_fails_once(
    scene: Scene, strace: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert scene.server is not None
    trace = tmp_path_factory.mktemp("trace") / "calls"
    # Not `write`: by it the server's processes also wake each other.
    cases = [(call, n) for call, n in server_cases(scene, trace) if call != "write"]
    for call, n in some(cases, 1):
        with held(scene.server, trace, (call,), f"error=EIO:when={n}"):
            scene.write(APPENDS)
        scene.judge(came(trace, f"{call} of the server fails"))


@pytest.mark.skipif(not LONG, reason="Of the long form: make test-faults")
@pytest.mark.parametrize("scene", ["postgres"], indirect=True)
def test_the_disk_of_the_server_is_full(scene: Scene, strace: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert scene.server is not None
    trace = tmp_path_factory.mktemp("trace") / "calls"
    calls = ("pwrite64", "pwritev")
    cases = [(call, n) for call, n in server_cases(scene, trace) if call in calls]
    for _, n in some(cases, 1):
        with held(scene.server, trace, calls, f"error=ENOSPC:when={n}+"):
            scene.write(APPENDS)
        scene.judge(came(trace, "the server's disk is full"))
