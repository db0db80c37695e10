"""How a command ends when something is wrong: one sentence, its cure, and exit status 1; never a traceback."""

import contextlib
from collections.abc import Iterator

import typer

from ostiary.controller.mendable import MENDABLE


@contextlib.contextmanager
def one_sentence() -> Iterator[None]:
    """Everything that a person can mend is said in words. A mistake of ours is not caught here, so that it is seen."""
    mended: list[str] = []
    try:
        yield
    except* MENDABLE as group:
        mended = [str(error) for error in _leaves(group)]
    # Out here: what is raised inside `except*` may come out wrapped in a group of its own.
    if mended:
        typer.echo("\n".join(mended), err=True)
        raise SystemExit(1)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
