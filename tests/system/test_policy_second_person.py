"""A site that wants a second person for its policy: the keeper holds whoever asks to it, the panel or not."""

import asyncio
from pathlib import Path

import pytest

from ostiary.controller import site as settings
from ostiary.controller.acts.errors import ActError
from ostiary.controller.cli.demo_cases import policy
from tests.system.running_site import RunningSite, running_site

pytestmark = pytest.mark.system

TEXT = policy(closed_today=False)
OTHER = {"text": TEXT + "# another\n", "name": "p.yaml"}
ADA, BOB = {"operator": "anna"}, {"operator": "only-reviewer"}


async def refused(site: RunningSite, act: str, args: dict[str, object], who: dict[str, str]) -> str:
    with pytest.raises(ActError) as error:
        await site.keeper.act(act, args, **who)
    return error.value.why


def test_one_proposes_and_another_publishes(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site", second_person=True) as site:
            assert "second person" in await refused(site, "publish", OTHER, ADA)
            assert (await site.keeper.act("proposed-policy", {}, **BOB))["proposed"] is None
            proposed = await site.keeper.act("propose-policy", OTHER, **ADA)
            waiting = (await site.keeper.act("proposed-policy", {}, **BOB))["proposed"]
            assert (waiting["index"], waiting["operator"]) == (proposed["index"], "anna")
            index = {"index": proposed["index"]}
            assert "second person" in await refused(site, "approve-policy", index, {"operator": "Anna"})
            assert "does not wait" in await refused(site, "approve-policy", {"index": proposed["index"] + 1}, BOB)
            broken = {"text": "policy: x\n", "name": "p"}
            assert await refused(site, "propose-policy", broken, ADA)
            published = await site.keeper.act("approve-policy", index, **BOB)
            assert published["sha256"] == proposed["sha256"]
            assert (await site.keeper.act("policy", {}, **BOB))["sha256"] == proposed["sha256"]
            assert "does not wait" in await refused(site, "approve-policy", index, BOB), "an approval counts once"
            [newest, *_] = (await site.keeper.act("policy-history", {}, **BOB))["published"]
            assert (newest["operator"], newest["proposed_by"]) == ("only-reviewer", "anna")

    asyncio.run(story())


def test_the_setting_is_read_and_written_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    for wanted in (True, False):
        settings.write(path, settings.Site("northside", 8883, 8080, second_person=wanted))
        assert settings.read(path).second_person is wanted
    path.write_text(path.read_text().replace("second_person = false", 'second_person = "no"'))
    with pytest.raises(settings.BadSite, match="second_person"):
        settings.read(path)
