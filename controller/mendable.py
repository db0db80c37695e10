"""The mistakes that a person can mend: each says what happened, why, and what to do now, so no traceback is needed."""

from ostiary.controller.acts.errors import ActError
from ostiary.controller.doorstep import NobodyThere
from ostiary.controller.founding import CannotFound
from ostiary.controller.people.errors import PeopleError
from ostiary.controller.running import AlreadyOpen
from ostiary.controller.site import BadSite
from ostiary.controller.store.errors import ThreePartError
from ostiary.controller.store.people_db import PeopleDbError
from ostiary.controller.store.places import UnsafeRunDirectory
from ostiary.controller.supervise import StartFailed

MENDABLE = (
    ActError,
    AlreadyOpen,
    BadSite,
    CannotFound,
    NobodyThere,
    PeopleDbError,
    PeopleError,
    StartFailed,
    ThreePartError,
    UnsafeRunDirectory,
)
