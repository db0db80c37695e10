"""Passes and PINs as the desk gives and takes them: written, recorded by the keeper, and only then committed."""

import os
from collections.abc import Sequence

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from ostiary.controller.people import passes, pins
from ostiary.controller.people.errors import NoSuchPass
from ostiary.controller.people.registry import person_here
from ostiary.controller.web.asking import Asks
from ostiary.controller.web.desk import Desk
from ostiary.controller.web.enrolling import now_ms
from ostiary.protocol import base64url


async def give_pass(
    desk: Desk, person: str, doors: Sequence[str], until_ms: int, asks: Asks, *, single: bool
) -> tuple[passes.Pass, str]:
    """A pass from now until before `until_ms` (Unix ms), and its text, which is kept nowhere: whoever has it has the
    pass. Raises what `passes.add_pass` raises."""
    code = base64url.encode(os.urandom(16))

    def write(engine: Engine) -> tuple[passes.Pass, str]:
        at_ms = now_ms()
        from_s, until_s, who = at_ms // 1000, until_ms // 1000, asks["operator"]
        said = {"person": person, "pass": code, "doors": list(doors), "single": single}
        said |= {"from_s": from_s, "until_s": until_s}
        with engine.begin() as conn:
            made = passes.add_pass(
                conn, desk.site_name, person, code, doors, from_s, until_s, who, at_ms, single=single
            )
            return made, desk.act_now("pass-new", said, **asks)["text"]

    made = await run_in_threadpool(write, desk.people)
    await desk.refresh()
    return made


async def revoke_pass(desk: Desk, person: str, number: int, asks: Asks) -> None:
    """One of this person's passes opens nothing any more. Raises `NoSuchPass`, also for one of somebody else."""

    def write(engine: Engine) -> None:
        with engine.begin() as conn:
            if number not in {held.id for held in passes.passes_of(conn, person)}:
                raise NoSuchPass(number)
            gone = passes.revoke_pass(conn, number, asks["operator"], now_ms())
            desk.act_now("pass-revoke", {"person": person, "pass": gone.code}, **asks)

    await run_in_threadpool(write, desk.people)
    await desk.refresh()


async def set_pin(desk: Desk, person: str, pin: str, asks: Asks) -> None:
    """The person's PIN from now on; a duress PIN that was set before is gone as well. Raises `PinUnfit`."""
    pins.check_fit(pin, None)

    def write(engine: Engine) -> None:
        with engine.begin() as conn:
            # The person first: a PIN is sealed, and recorded, for somebody who is here.
            person_here(conn, person)
            sealed = desk.act_now("pin-set", {"person": person, "pin": pin, "duress": None}, **asks)["sealed"]
            pins.set_pin(conn, person, base64url.decode(sealed), asks["operator"], now_ms())

    await run_in_threadpool(write, desk.people)
    await desk.refresh()


async def clear_pin(desk: Desk, person: str, asks: Asks) -> None:
    """The person has no PIN any more. Raises `NoPin`."""

    def write(engine: Engine) -> None:
        with engine.begin() as conn:
            pins.clear_pin(conn, person)
            desk.act_now("pin-clear", {"person": person}, **asks)

    await run_in_threadpool(write, desk.people)
    await desk.refresh()
