"""What the web works with: the site's places, the way to the keeper, the doors, the log's index and the people."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from ostiary.controller import site as settings
from ostiary.controller.acts.client import Keeper
from ostiary.controller.acts.errors import ActError
from ostiary.controller.people.roles import WEB
from ostiary.controller.policy.document import Policy, load
from ostiary.controller.site import Site
from ostiary.controller.store.people_db import follow_people, open_people
from ostiary.controller.store.places import Places
from ostiary.controller.web import doorway, site_now
from ostiary.controller.web.asking import ASKER
from ostiary.controller.web.comparing import Comparing
from ostiary.controller.web.directory import Directory
from ostiary.controller.web.faces import Faces
from ostiary.controller.web.following_log import FollowingLog
from ostiary.controller.web.held_files import HeldFiles
from ostiary.controller.web.index import Index
from ostiary.controller.web.kept import Kept
from ostiary.controller.web.live import Feed, Sources, Standing
from ostiary.controller.web.often import Often
from ostiary.controller.web.pocket import Pocket
from ostiary.controller.web.previewed import Previewed
from ostiary.controller.web.problem import ActRefused, KeeperAway, NotThere, Problem
from ostiary.controller.web.register import Register
from ostiary.controller.web.signin.ceremonies import Ceremonies
from ostiary.controller.web.signin.known import Known
from ostiary.controller.web.signin.password import Hashing
from ostiary.controller.web.views import DoorChoice, DoorNow, DoorState
from ostiary.controller.web.work import Work

WAITS_S = 60.0  # for how long the numbers of who waited are told again


class Desk:
    """One for the process. It holds no key; what needs one is asked of the keeper."""

    def __init__(self, places: Places, site: Site | None = None) -> None:
        """Opens people.db, and makes it when it is missing. `site` is read from its file where it is not given. Raises
        `PeopleDbError` and `BadSite`."""
        self.places = places
        site = site or settings.read(places.site_toml)
        self.reach, self.site_name, self.address = site.reach, site.name, site.address
        self.people = open_people(places.people_db)
        self.reading = follow_people(places.people_db)  # a page that only reads must not wait for whoever writes
        self.pocket = Pocket(places.demo_cards)
        self.directory = Directory(self.reading)
        self.faces = Faces()
        self.often = Often()
        self.held_files = HeldFiles()
        self.waits = Kept(WAITS_S)
        self.work = Work()
        self.comparing = Comparing()
        self.previewed = Previewed()
        self.index = Index(settings.log_place(places))
        self.known = Known(places.people_db)
        self.hashing = Hashing()
        self.ceremonies = Ceremonies()
        self.answers: Counter[int] = Counter()
        self.register = Register(places.web_register)
        self.following = FollowingLog(self.index, self.register)
        self.feed = Feed(Sources(self.index.mark, self.index.last, self.index.since, self._standing))
        self._keeper = Keeper(places.keeper_socket)
        self._policy: Policy | None = None

    def answered(self, status: int) -> None:
        """Count an answer by the first digit of its status."""
        self.answers[status // 100] += 1

    async def act(
        self,
        name: str,
        args: dict[str, Any],
        purpose: str | None = None,
        *,
        operator: str | None = None,
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> dict[str, Any]:
        """Ask the keeper, in the name of whoever asks this request. Raises `KeeperAway`, `NotThere` or `ActRefused` in
        the keeper's own words."""
        try:
            asker = operator or ASKER.get()
            return await self._keeper.act(name, args, operator=asker, purpose=purpose, progress=progress)
        except ActError as error:
            raise _problem(error) from error

    def act_now(self, name: str, args: dict[str, Any], *, operator: str | None = None) -> dict[str, Any]:
        """The same from a thread, within a transaction that commits only what the keeper has recorded."""
        try:
            return self._keeper.act_now(name, args, operator=operator or ASKER.get())
        except ActError as error:
            raise _problem(error) from error

    async def refresh(self) -> None:
        """Tell the keeper that people changed. A keeper that is away reads them when it is back."""
        try:
            await self.act("refresh", {}, operator=WEB)
        except KeeperAway:
            return

    def close(self) -> None:
        self.following.end()
        self.register.close()
        self.index.close()
        self.known.close()
        self.reading.dispose()
        self.people.dispose()

    async def policy(self) -> Policy | None:
        """The policy that rules now, or None. Raises `KeeperAway`."""
        published = await self.act("policy", {}, operator=WEB)
        if published["text"] is None:
            return None
        if self._policy is None or self._policy.sha256 != published["sha256"]:
            self._policy = load(published["text"], "policy")
        return self._policy

    async def doors(self) -> list[DoorChoice]:
        return doorway.choices(await self.policy())

    async def require_door(self, door: str) -> None:
        """Raises `NotThere` for a door that the policy does not name."""
        known = [choice.id for choice in await self.doors()]
        if door not in known:
            raise NotThere(
                "There is no such door.",
                f"The policy's doors are: {', '.join(known) or 'none'}.",
                "Choose one of them.",
            )

    async def now(self) -> tuple[dict[str, Any], tuple[DoorNow, ...], list[DoorState]]:
        """What the keeper says of the site, its doors in words, and the pins of the virtual ones."""
        standing = await self.act("standing", {}, operator=WEB)
        policy = await self.policy()
        rules = policy.doors if policy is not None else {}
        doors = {name: rule.pack_age_ms if rule.offline == "pack" else None for name, rule in rules.items()}
        pins = await doorway.states(self.places, list(doors))
        return standing, site_now.doors_now(standing, doors, {state.id: state for state in pins}), pins

    async def require_site_door(self, door: str) -> None:
        """Raises `NotThere` for a door that neither the policy names nor a node is at."""
        _, known, _ = await self.now()
        if door not in {one.id for one in known}:
            raise NotThere(
                "There is no such door.",
                f"The site's doors are: {', '.join(one.id for one in known) or 'none'}.",
                "Choose one of them.",
            )

    async def _standing(self) -> list[Standing]:
        try:
            standing, doors, pins = await self.now()
        except Problem:
            # The keeper is away; the page says so where it matters, and the feed looks again soon.
            return []
        return [*pins, *doors, site_now.alarms(standing)]


def _problem(error: ActError) -> Problem:
    mistake = {"keeper-away": KeeperAway, "not-found": NotThere}.get(error.code, ActRefused)
    return mistake(error.what, error.why, error.now)


def desk_of(request: Request) -> Desk:
    return request.app.state.desk
