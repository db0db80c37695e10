"""A search among faces stays within what was measured: a gallery, an error budget, and a threshold that keeps it."""

from ostiary.controller.policy import errors
from ostiary.controller.policy.around import Around
from ostiary.controller.policy.document import Policy, Reading


def check(reading: Reading, draft: Policy, around: Around) -> None:
    """Notes `GalleryBeyondBudget`."""
    for name, door in draft.doors.items():
        if door.budget is None:
            continue
        largest = around.largest_gallery(door.budget.fpir)
        if door.budget.gallery > largest:
            found = f'a gallery of {door.budget.gallery} at the door "{name}", with a budget of {door.budget.fpir:g}'
            allowed = f"at most {largest}" if largest else "no search: no measured threshold keeps this budget"
            reading.findings.refuse(errors.GalleryBeyondBudget(reading.doors[name]["budget"].at, found, allowed))
