"""The log's commands on a log that a running site makes: receipts, export, key rotation, a witness, and the judge."""

import asyncio
import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from ostiary.controller.acts.errors import ActError
from ostiary.controller.record.checkpoint import Signer, cosignature
from ostiary.controller.record.receipt import verify
from ostiary.controller.record.tiles import Tiles
from ostiary.controller.record.tree import leaf_hash
from tests.system.bare_node import BareNode
from tests.system.running_site import WHO, RunningSite, running_site
from tests.unit.leaf_nodes import tree_of

RUN = (sys.executable, "-c", "from ostiary.controller.cli.main import app; app()")
PURPOSE = "a test looks"

pytestmark = pytest.mark.system


def ostiary(*arguments: object, expect: int = 0) -> str:
    done = subprocess.run([*RUN, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


async def command(*arguments: object, expect: int = 0) -> str:
    return await asyncio.to_thread(lambda: ostiary(*arguments, expect=expect))


CARD = "12345678"
BOOTS = count(1)


class Second:
    """A second machine that witnesses the log whose key it is given."""

    def __init__(self, directory: Path, key: str) -> None:
        self.child = subprocess.Popen(
            [*RUN, "witness", "--name", "library.example", "--log", key, "--data", directory, "--port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.child.stdout is not None
        self.line = self.child.stdout.readline().strip()
        self.key = self.line.split()[0]

    def end(self) -> int:
        if self.child.returncode is not None:
            return self.child.returncode
        self.child.send_signal(signal.SIGTERM)
        code = self.child.wait(20)
        assert self.child.stdout is not None
        self.child.stdout.close()
        return code


async def answers(site: RunningSite, count: int) -> list[dict[str, Any]]:
    async with BareNode(site.places.node("front-1")) as node:
        node.boot = next(BOOTS)  # a node that was off and on again counts from 1 under a new boot
        return [await node.asked(node.ask(claim={"kind": "card", "value": CARD})) for _ in range(count)]


def test_a_running_log_is_published_received_exported_judged_and_its_key_rotated(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site") as site:
            data = site.places.data
            await site.member("Ada", CARD)
            [answer, *_] = await answers(site, 3)
            code = answer["receipt"]["code"]
            first_key = (await site.keeper.act("standing", {}, **WHO))["log_key"]

            # A receipt, checked by both verifiers, with what the door showed.
            receipt = tmp_path / "receipt.txt"
            said = await command("log", "receipt", code, "--purpose", PURPOSE, "--out", receipt, "--data", data)
            assert "is the receipt of record" in said
            shown = ":".join(["OSTIARY", *(answer["receipt"][part] for part in ("code", "leaf", "salt"))])
            said = await command("verify", receipt, "--key", first_key, "--shown", shown)
            assert "This receipt holds." in said and "said yes at front" in said and "Unwitnessed" in said
            alone = tmp_path / "verify_receipt.py"
            alone.write_text(await command("verify", "--standalone"))
            done = await asyncio.to_thread(
                lambda: subprocess.run(
                    [sys.executable, "-I", alone, receipt], capture_output=True, text=True, check=True
                )
            )
            assert done.stdout.startswith("This receipt holds.")
            receipt.write_bytes(receipt.read_bytes().replace(b"index ", b"index 1"))
            assert "does not hold (" in await command("verify", receipt, expect=1)
            assert "Error" in await command("verify", tmp_path / "nowhere", expect=2)

            # The look-up is recorded; without a purpose, or of nothing, it is refused in words.
            shown_record = json.loads(await command("log", "show", code, "--purpose", PURPOSE, "--data", data))
            assert shown_record["body"]["verdict"] == "grant"
            assert "needs a purpose" in await command("log", "show", code, "--purpose", "x", "--data", data, expect=1)
            assert "no such record" in await command(
                "log", "show", "99999", "--purpose", PURPOSE, "--data", data, expect=1
            )

            # The key is rotated; whoever knows the first one follows.
            assert first_key in await command("log", "rotate-key", "--purpose", PURPOSE, "--data", data)
            second_key = (await site.keeper.act("standing", {}, **WHO))["log_key"]
            assert second_key != first_key
            await answers(site, 2)
            await command("log", "receipt", code, "--purpose", PURPOSE, "--out", receipt, "--data", data)
            for key in (first_key, second_key):
                assert verify(receipt.read_bytes(), key).ok

            # The export is itself a record, and every proof in it verifies.
            out = tmp_path / "audit"
            said = await command("log", "export", "--out", out, "--purpose", PURPOSE, "--data", data)
            rows = list(csv.DictReader((out / "index.csv").open()))
            lines = (out / "records.jsonl").read_text().splitlines()
            assert [int(row["index"]) for row in rows] == list(range(len(rows))) and len(lines) == len(rows)
            assert f"{len(rows)} records" in said
            for path, line in zip(sorted((out / "receipts").iterdir()), lines, strict=True):
                checked = verify(path.read_bytes(), first_key)
                assert checked.ok and checked.record == json.loads(line)
            assert "Error" in await command("log", "export", "--out", out, "--purpose", PURPOSE, expect=2)
            found = await site.keeper.act("look-up", {"index": len(rows)}, purpose=PURPOSE, **WHO)
            assert (found["kind"], found["body"]["purpose"], found["body"]["upto"]) == ("export", PURPOSE, len(rows))
            asked = {"first": 0, "upto": len(rows) + 1, "begun": len(rows)}
            with pytest.raises(ActError, match="no export of this operator"):
                await site.keeper.act("export", asked, purpose=PURPOSE, operator="office")
            with pytest.raises(ActError, match="beyond what was recorded"):
                await site.keeper.act("export", asked, purpose=PURPOSE, **WHO)

            # The judge, beside the running keeper and after it.
            assert "The log is whole." in await command("log", "fsck", "--data", data)
            await site.supervisor.stop()
            assert "The log is whole." in await command("log", "fsck", "--data", data)
            (data / "log" / "tile" / "entries" / "000.p").rename(data / "log" / "tile" / "entries" / "gone")
            said = await command("log", "fsck", "--data", data, expect=1)
            assert "NOT whole" in said and "was published" in said
        assert "There is no site" in await command("log", "fsck", "--data", tmp_path / "nowhere", expect=1)

    asyncio.run(story())


def test_a_second_machine_witnesses_the_log(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site(tmp_path / "site") as site:
            await site.member("Ada", CARD)
            key = (await site.keeper.act("standing", {}, **WHO))["log_key"]
            second = await asyncio.to_thread(Second, tmp_path / "second machine", key)
            ending.callback(second.end)
            (site.places.data / "witnesses").write_text(second.line + "\n")
            again = site.hears("The keeper runs again.")
            os.kill(site.supervisor.pid("keeper"), signal.SIGKILL)
            await asyncio.wait_for(again.wait(), 30)
            await until_answering(site)
            [answer] = await answers(site, 1)
            tiles = Tiles(site.places.log_tiles)
            async with asyncio.timeout(30):
                while cosignature(tiles.checkpoint() or "", second.key) is None:
                    await answers(site, 1)
            standing = await site.keeper.act("standing", {}, **WHO)
            assert standing["log_alarms"] == []
            receipt = tmp_path / "receipt.txt"
            wanted = ("log", "receipt", answer["receipt"]["code"], "--purpose", PURPOSE, "--out", receipt)
            async with asyncio.timeout(60):  # a witness that is slow costs one checkpoint its line, not the next
                while not receipt.exists() or not verify(receipt.read_bytes()).witnessed:
                    await command(*wanted, "--data", site.places.data)
            said = await command("verify", receipt, "--key", key, "--witness", second.key)
            assert "library.example saw it there" in said and "Unwitnessed" not in said
            assert "Witnessed by library.example" in await command("log", "fsck", "--data", site.places.data)
            assert await asyncio.to_thread(second.end) == 0

    with contextlib.ExitStack() as ending:
        asyncio.run(story())


def test_a_witness_that_was_shown_two_histories_says_so_and_ends_with_status_1(tmp_path: Path) -> None:
    signer = Signer("ostiary/northside", bytes(32))
    histories = [tree_of([leaf_hash(bytes([number, fork])) for number in range(9)]) for fork in (1, 2)]
    second = Second(tmp_path, signer.verifier_key)
    try:
        said = [
            httpx.post(
                f"{second.line.split()[1]}/add-checkpoint", content=f"old {old}\n\n{signer.sign(9, tree.root())}"
            )
            for old, tree in zip((0, 9), histories, strict=True)
        ]
        assert [one.status_code for one in said] == [200, 409]
    finally:
        assert second.end() == 1
    [evidence] = (tmp_path / "evidence").iterdir()
    for tree in histories:
        assert signer.sign(9, tree.root()) in evidence.read_text()
    assert "two histories" in (tmp_path / "alarms.txt").read_text()


async def until_answering(site: RunningSite) -> None:
    """The supervisor says that a process runs before its socket is there; asking is what waits for it."""
    async with asyncio.timeout(30):
        while True:
            try:
                await site.keeper.act("standing", {}, **WHO)
            except ActError:
                await asyncio.sleep(0)
            else:
                return
