"""A stranger's face stays nowhere: after many at the door, and with the keeper stopped mid-way, no file holds a probe.

OSTIARY_STRANGERS=1000 runs the long form.
"""

import asyncio
import base64
import os
import signal
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from ostiary.controller.cli.demo_cases import enrol_member
from ostiary.models.catalog import embedders
from ostiary.protocol import base64url
from tests.system.bare_node import BareNode
from tests.system.left_on_disk import contents
from tests.system.running_site import RunningSite, running_site

pytestmark = pytest.mark.system
STRANGERS = int(os.environ.get("OSTIARY_STRANGERS", "30"))
TOGETHER = 10


def needles(vector: bytes) -> list[bytes]:
    """A piece of the probe from its middle as anything might have written it: raw, base64 of either alphabet, hex, JSON
    numbers, and as the float32 that the keeper computes with."""
    piece = vector[63:99]  # both ends on a boundary of base64's groups of three
    numbers = np.frombuffer(piece, np.int8)
    return [
        piece,
        base64.b64encode(piece),
        base64url.encode(piece).encode(),
        piece.hex().encode(),
        ",".join(map(str, numbers.tolist())).encode(),
        ", ".join(map(str, numbers.tolist())).encode(),
        numbers.astype(np.float32).tobytes(),
    ]


def holding(directory: Path, vectors: Iterable[bytes]) -> list[str]:
    """The files below `directory` in which a piece of one of these probes lies."""
    wanted = [needle for vector in vectors for needle in needles(vector)]
    return sorted(
        str(file.relative_to(directory))
        for file, data in contents(directory)
        if any(needle in data for needle in wanted)
    )


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    vector = os.urandom(192)
    whole = [vector, base64url.encode(vector).encode(), vector.hex().encode(), base64.b64encode(vector)]
    for number, written in enumerate(whole):
        (tmp_path / f"{number}").write_bytes(os.urandom(1000) + written + os.urandom(1000))
    assert holding(tmp_path, [os.urandom(192), vector]) == ["0", "1", "2", "3"]
    assert holding(tmp_path, [os.urandom(192)]) == []


@pytest.mark.timeout(600)
def test_after_strangers_and_a_stopped_keeper_no_file_holds_a_probe(tmp_path: Path) -> None:
    vectors: list[bytes] = []
    (model,) = embedders()

    def stranger(node: BareNode) -> dict[str, object]:
        vectors.append(os.urandom(model.dimensions))
        probe = {
            "model": model.sha256,
            "runtime": "a test",
            "vector": base64url.encode(vectors[-1]),
            "scale": 0.01,
        }
        return node.ask(credential="face", claim=None, probe=probe, faces=1)

    async def come(node: BareNode, count: int) -> None:
        for begun in range(0, count, TOGETHER):
            asks = [node.asked(stranger(node)) for _ in range(min(TOGETHER, count - begun))]
            for answer in await asyncio.gather(*asks):
                assert answer["verdict"] == "deny"

    async def answered_again(node: BareNode) -> None:
        """A keeper that was started is not one that listens yet; what is asked meanwhile gets no answer."""
        async with asyncio.timeout(20):
            while True:
                try:
                    await node.asked(stranger(node), within_s=1)
                except TimeoutError:
                    continue
                return

    async def story(site: RunningSite) -> None:
        await enrol_member(site.places, site.keeper, "Ada", "4711")
        data = site.places.data
        async with BareNode(site.places.node("studio-1")) as node:
            await come(node, STRANGERS // 2)
            assert holding(data, vectors) == []
            keeper = site.supervisor.pid("keeper")
            again = site.hears("The keeper runs again.")
            os.kill(keeper, signal.SIGSTOP)
            for _ in range(TOGETHER):  # these lie in the broker, and in a process that stands still
                node.say(node.sealed(stranger(node)))
            await node.taken()
            assert holding(data, vectors) == []
            os.kill(keeper, signal.SIGKILL)
            await asyncio.wait_for(again.wait(), 20)
            await answered_again(node)
            await come(node, STRANGERS - STRANGERS // 2)
        assert holding(data, vectors) == []

    async def told() -> None:
        async with running_site(tmp_path / "site") as site:
            await story(site)
        assert len(vectors) > STRANGERS + TOGETHER
        assert holding(tmp_path / "site", vectors) == []  # and after an orderly stop, when everything was written out

    asyncio.run(told())
