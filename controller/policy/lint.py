"""Everything that is refused in a policy: what cannot be read, and what must not be. Publishing refuses the same."""

from ostiary.controller.policy.around import Around
from ostiary.controller.policy.checks import alternatives, gallery, grants, signatures
from ostiary.controller.policy.document import Reading, read

CHECKS = (signatures.check, gallery.check, alternatives.check, grants.check)


def lint(page: str | bytes, name: str, around: Around) -> Reading:
    """The policy that a page states, with everything that is refused in it in `findings`; raises nothing.

    What can be read of a page is checked even where the rest cannot, so one reading tells nearly all of it.
    """
    reading = read(page, name)
    if reading.draft is not None:
        for check in CHECKS:
            check(reading, reading.draft, around)
    return reading
