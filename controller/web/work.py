"""Work on policies that may take long: in processes of their own, bounded in time, memory and number."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

from ostiary.controller.web.problem import BadForm, PolicyRefused, SolverAbsent, TooBusy, TooHard
from ostiary.protocol import base64url

AT_ONCE = 2
WAITING = 8
PATIENCE_S = 60.0
LINE_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class Worked:
    """What came of a job: its answers, and whether it came to its end within its bounds."""

    answers: tuple[dict[str, Any], ...]
    whole: bool


class Work:
    """One for the process. `patience_s` is how long one job may take."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._places = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    async def lint(self, page: bytes, name: str = "policy") -> dict[str, Any]:
        """`{sha256, doors, refused}`; `refused` are all findings in the order of the page. Raises `TooBusy` and
        `TooHard`."""
        worked = await self._worked({"do": "lint", "page": base64url.encode(page), "name": name})
        if not worked.answers:
            raise TooHard(
                "The policy was not checked.",
                f"It could not be read whole within {self._patience_s:g} s and the memory for it.",
                "Write fewer or shorter rules, or check it on a larger machine: ostiary policy lint",
            )
        return worked.answers[0]

    async def require_policy(self, page: bytes, what: str) -> None:
        """Raises `PolicyRefused` with the first findings where publishing would refuse the page."""
        refused = (await self.lint(page))["refused"]
        if refused:
            first = refused[0]
            more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
            raise PolicyRefused(
                what,
                f"Line {first['line']}, column {first['column']}: found {first['found']}, expected "
                f"{first['expected']}{more}.",
                "Mend what the check names, and send it again.",
            )

    async def prove(self, page: bytes, statement: str, timeout_ms: int) -> Worked:
        """What became of each statement. Raises `TooBusy`, `PolicyRefused`, `BadForm` and `SolverAbsent`."""
        job = {"do": "prove", "page": base64url.encode(page), "name": "policy", "statement": statement}
        return await self._worked({**job, "timeout_ms": timeout_ms})

    async def no_wider(self, old: bytes, page: bytes, timeout_ms: int) -> Worked:
        """The same for "the new policy is nowhere wider than the old one"."""
        pages = {"old_page": base64url.encode(old), "page": base64url.encode(page)}
        return await self._worked(
            {"do": "no-wider", "old_name": "old", "name": "new", **pages, "timeout_ms": timeout_ms}
        )

    async def _worked(self, job: dict[str, Any]) -> Worked:
        if self._inside >= AT_ONCE + WAITING:
            raise TooBusy(
                "Nothing was checked.",
                f"{AT_ONCE} checks and proofs are done at once, and {WAITING} more are waiting.",
                "Try again in a minute.",
            )
        self._inside += 1
        try:
            async with self._places:
                return await self._done(job)
        finally:
            self._inside -= 1

    async def _done(self, job: dict[str, Any]) -> Worked:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ostiary.controller.web.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
        )
        assert process.stdin is not None and process.stdout is not None, "both are pipes"  # noqa: S101
        answers: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(self._patience_s):
                process.stdin.write(json.dumps(job).encode())
                process.stdin.close()
                while line := await process.stdout.readline():
                    answers.append(json.loads(line))
                whole = await process.wait() == 0
        except (TimeoutError, ConnectionError):
            whole = False
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        for answer in answers:
            if "refusal" in answer:
                raise _refused(answer["refusal"], answer["why"])
        return Worked(tuple(answers), whole)


def _refused(kind: str, why: str) -> BadForm | PolicyRefused | SolverAbsent:
    match kind:
        case "policy":
            return PolicyRefused("Nothing was proved.", why, "Mend what the check names, and ask again.")
        case "solver":
            return SolverAbsent("Nothing was proved.", why, "Everything else works without it.")
        case _:
            return BadForm("Nothing was proved.", why, "Correct the statement and ask again.")
