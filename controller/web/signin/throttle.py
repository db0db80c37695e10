"""Who tried and was wrong waits before the next try: by the name that they tried, and by the address that they have."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ostiary.controller.people import failures
from ostiary.controller.web.desk import Desk, desk_of
from ostiary.controller.web.enrolling import now_ms
from ostiary.controller.web.guard import client_of
from ostiary.controller.web.problem import TooOften


async def require_patience(request: Request, name: str | None) -> None:
    """Raises `TooOften` while somebody who tried this name, or has this address, has to wait."""
    desk = desk_of(request)

    def look() -> int:
        at_ms = now_ms()
        with desk.reading.begin() as conn:
            left = failures.left_ms(conn, _address(request), at_ms, failures.ADDRESS_FREE)
            return max(left, failures.left_ms(conn, failures.about("name", name), at_ms)) if name else left

    left_ms = await run_in_threadpool(look)
    if left_ms:
        raise TooOften(
            "You were not signed in.",
            f"There were several tries that failed, so the next one waits {-(-left_ms // 1000)} seconds more.",
            "Wait, or sign in with a passkey, which waits for nothing.",
        )


async def failed(request: Request, name: str | None) -> None:
    """This try was wrong, whether or not there is such a name."""

    def write(desk: Desk) -> None:
        at_ms = now_ms()
        with desk.people.begin() as conn:
            failures.failed(conn, _address(request), at_ms)
            if name:
                failures.failed(conn, failures.about("name", name), at_ms)

    await run_in_threadpool(write, desk_of(request))


async def right(request: Request, name: str) -> None:
    """It was right: the name's mistakes are forgotten, the address's are not, or whoever has one good name could go on
    guessing at others."""

    def write(desk: Desk) -> None:
        with desk.people.begin() as conn:
            failures.over(conn, failures.about("name", name))

    await run_in_threadpool(write, desk_of(request))


def _address(request: Request) -> bytes:
    return failures.about("address", client_of(request))
