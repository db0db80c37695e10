"""Backup and restore of a running site: what comes back, what does not, and who notices."""

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import select

from ostiary.controller.record.checkpoint import Cosigner
from ostiary.controller.record.tiles import Tiles
from ostiary.controller.record.witness import Witness
from ostiary.controller.store import people_tables as tables
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.people_db import follow_people
from ostiary.controller.store.places import Places
from tests.postgres_server import PostgresServer
from tests.system.bare_node import BareNode
from tests.system.running_site import WHO, running_site
from tests.system.test_log_commands import BOOTS, CARD, answers, command

pytestmark = pytest.mark.system
OTHER_CARD = "87654321"


def names_in(places: Places) -> set[str | None]:
    people = follow_people(places.people_db)
    with people.begin() as conn:
        names = set(conn.execute(select(tables.person.c.name)).scalars())
    people.dispose()
    return names


def keys_in(places: Places) -> dict[str, bytes]:
    keys = KeyStore(places.keys_db, load_or_make_master(places.master_key))
    held = keys.ids_of("")
    keys.close()
    return held


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_site_comes_back_without_what_was_erased_meanwhile(
    tmp_path: Path, store: str, request: pytest.FixtureRequest
) -> None:
    server: PostgresServer | None = request.getfixturevalue("postgres") if store == "postgres" else None
    file, key, lists = tmp_path / "backup", tmp_path / "key", tmp_path / "erasures"
    key.write_bytes(os.urandom(32))
    sealed = ("--key-file", key)

    async def old_site() -> tuple[str, str, str]:
        async with running_site(tmp_path / "old", server.place() if server else None) as site:
            data = site.places.data
            ada, _ = await site.member("Ada", CARD), await site.member("Bob", OTHER_CARD)
            [answer] = await answers(site, 1)
            async with BareNode(site.places.node("front-1")) as node:
                node.boot = next(BOOTS)
                told = await node.asked(node.ask(claim={"kind": "card", "value": OTHER_CARD}))
                for seq in (1, 2, 3):
                    at = {"ms": 1, "clock": "set"}
                    event = {"v": 1, "boot": node.boot, "seq": seq, "at": at, "kind": "exit"}
                    node.say(node.sealed(event, "event"), "event")
                while (await node.desired.get())["journal_upto"] != 3:
                    pass
            said = await command("backup", file, *sealed, "--data", data)
            assert "holds northside" in said
            assert "is there already" in await command("backup", file, *sealed, "--data", data, expect=1)
            assert not list(data.glob(".backup-*"))

            request_ = await command(
                *("person", "ask-erase", ada, "--reason", "asked in writing", "--operator", "anna", "--data", data)
            )
            await command("person", "erase", request_.split()[1], "--operator", "ben", "--data", data)
            await answers(site, 2)
            standing = await site.keeper.act("standing", {}, **WHO)
        lists.write_bytes((data / "log" / "erasures").read_bytes())
        return answer["receipt"]["code"], told["receipt"]["code"], standing["log_key"]

    erased_code, kept_code, log_key = asyncio.run(old_site())
    new = tmp_path / "new"
    elsewhere = ("--log", server.place()) if server else ()
    restore = ("restore", file, "--data", new, *elsewhere)

    async def refusals() -> None:
        assert "--nothing-erased" in await command(*restore, *sealed, expect=2)
        other = tmp_path / "other-key"
        other.write_bytes(bytes(32))
        given = ("--erasures", lists)
        assert "is another one" in await command(*restore, "--key-file", other, *given, expect=1)
        assert "not empty" in await command("restore", file, "--data", tmp_path / "old", *sealed, *given, expect=1)
        broken = tmp_path / "broken"
        broken.write_bytes(lists.read_bytes().replace(b"ostiary erasures v1", b"ostiary erasures v2"))
        assert "was not believed" in await command(*restore, *sealed, "--erasures", broken, expect=1)
        assert not new.exists() and not list(tmp_path.glob(".new*"))
        if server:
            given = (*given, *sealed)
            assert "a log already" in await command("restore", file, "--data", new, *given, expect=1)
        said = await command(*restore, *sealed, "--erasures", lists)
        assert "1 persons were erased again" in said

    asyncio.run(refusals())
    places = Places(new)
    assert names_in(places) == {None, "Bob"}
    assert not set(keys_in(places).values()) & {
        bytes.fromhex(key) for line in lists.read_text().splitlines()[-1:] for key in line.split()[-1].split(",")
    }
    assert not list(tmp_path.glob(".new*"))

    async def new_site() -> None:
        # The witness that followed the old log.
        alarms: list[str] = []
        (tmp_path / "witness").mkdir()
        witness = Witness(tmp_path / "witness", Cosigner("w", bytes(32)), [log_key], lambda: 1, alarms.append)
        old, now = (Tiles(tmp_path / name / "log").checkpoint() or "" for name in ("old", "new"))
        assert witness.add(f"old 0\n\n{old}".encode()).status == 200
        assert witness.add(f"old 0\n\n{now}".encode()).status == 409
        assert "went back" in alarms[0]

        assert "The log is whole" in await command("log", "fsck", "--data", new)
        async with running_site(new) as site:
            shown = await site.keeper.act("look-up", {"receipt": erased_code}, purpose="a test looks", **WHO)
            assert shown["erased"]
            shown = await site.keeper.act("look-up", {"receipt": kept_code}, purpose="a test looks", **WHO)
            assert shown["body"]["verdict"] == "grant"
            [answer] = await answers(site, 1)
            assert answer["verdict"] == "deny"
            # The node had been told 3; the restored log knows nothing of it, says so, and goes on where the node is.
            async with BareNode(site.places.node("front-1")) as node:
                node.boot = next(BOOTS)
                event = {"v": 1, "boot": node.boot, "seq": 7, "at": {"ms": 1, "clock": "set"}, "kind": "boot"}
                node.say(node.sealed(event, "event"), "event")
                while (await node.desired.get())["journal_upto"] != 7:
                    pass
            assert "The log is whole" in await command("log", "fsck", "--data", new)

    asyncio.run(new_site())
