"""A door that asks for `motion`: the keeper tells the node, the node asks the person to turn and says what it saw."""

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from ostiary.controller import samples
from ostiary.controller.cli.demo_cases import ENROLS, enrol_member, policy
from ostiary.controller.cli.present import present
from ostiary.controller.doorstep import walk_up
from ostiary.controller.opening import opened, publish
from ostiary.controller.site import Site
from ostiary.models.liveness import TURN_FRAMES
from ostiary.models.measure import frames
from ostiary.models.picture import decode
from ostiary.models.pipeline import FacePipeline
from ostiary.protocol.doorstep import together
from tests.system.operators import add_operators_at
from tests.system.running_site import free_port

pytestmark = pytest.mark.system
CARD = "4711"


def asking_for(level: str) -> str:
    """The sample policy, whose front door asks for this level and takes no card alone at once."""
    document: dict[str, Any] = yaml.safe_load(policy(closed_today=False))
    document["doors"]["front"]["liveness"] = level
    return yaml.safe_dump(document, sort_keys=False)


def as_files(shown: list[np.ndarray]) -> list[bytes]:
    files = []
    for frame in shown:
        written = BytesIO()
        Image.fromarray(frame).save(written, "PNG", compress_level=1)
        files.append(written.getvalue())
    return files


@pytest.fixture(scope="module")
def turning() -> list[bytes]:
    """A head made from the member's portrait, turned aside and back: no recording of anybody."""
    rgb = decode(samples.portrait(ENROLS).read_bytes())
    nearest = FacePipeline.load().look(rgb, embed="none").nearest
    assert nearest is not None
    return as_files(frames.turned_head(rgb, nearest.points, np.random.default_rng(1)))


@pytest.mark.timeout(120)
def test_a_still_picture_is_refused_and_a_turning_head_gets_through(tmp_path: Path, turning: list[bytes]) -> None:
    still = as_files(frames.still(decode(samples.portrait(ENROLS).read_bytes()), np.random.default_rng(1)))
    assert len(still) == len(turning) == TURN_FRAMES

    async def story() -> None:
        site = Site("northside", free_port(), free_port())
        quiet: Any = lambda _: None  # noqa: E731 - a name for the reader
        async with opened(tmp_path / "site", site, ("front",), web=False, step=quiet, say=quiet) as house:
            add_operators_at(house.places)
            await publish(house.keeper, policy(closed_today=False), "test.yaml", operator="test")
            await enrol_member(house.places, house.keeper, "Ada", CARD)

            async def shown(pictures: list[bytes], card: str | None = CARD) -> tuple[str, str, bool]:
                said = await present(house.places, house.keeper, "front", pictures, card, purpose="a test")
                return said["show"], said["reason"], said["asked_to_turn"]

            async def until_asked(expected: bool) -> None:
                """The node hears of a publication soon, not at once."""
                async with asyncio.timeout(20):
                    while (await shown(turning))[2] is not expected:
                        pass

            assert await shown(still[:1]) == ("yes", "granted", False)
            await publish(house.keeper, asking_for("motion"), "test.yaml", operator="test")
            await until_asked(True)
            assert await shown(turning) == ("yes", "granted", True)
            for nothing_moves in (still, still[:1], [still[0]] * TURN_FRAMES, turning[:4]):
                assert await shown(nothing_moves) == ("no", "liveness-missing", True)
            assert await shown([]) == ("yes", "granted", False), "the card alone goes on working"
            reply = await walk_up(
                house.places.doorstep("front"), {"do": "present", "card": CARD, "pictures": [7]}, b"three"
            )
            assert set(reply["error"]) == {"what", "why", "now"}
            said, blob = together([turning[0], b"no picture"])
            reply = await walk_up(house.places.doorstep("front"), {"do": "present", "card": CARD, **said}, blob)
            assert set(reply["error"]) == {"what", "why", "now"}
            await publish(house.keeper, asking_for("none"), "test.yaml", operator="test")
            await until_asked(False)
            assert await shown(still[:1]) == ("yes", "granted", False)

    asyncio.run(story())
