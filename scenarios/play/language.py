"""What a scenario can say: its people, its doors, and a closed set of steps. Frozen values, each with its line."""

from dataclasses import dataclass, field

MOST_STEPS = 200
MOST_TIMES = 100_000

DISPLAYS = ("yes", "no", "busy", "turn", "nothing")
PINS = ("rex", "fire", "tamper", "power", "config")
TAKES = ("card", "pass", "card+pin", "pass+pin", "face")
PLUGS = ("broker", "network", "keeper", "node", "guard", "board")
OPERATIONS = ("lockdown", "resume", "release", "locate", "reboot")
OUTCOMES = ("acted", "unused", "refused", "unknown")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name on the page. `member`: whom the doors' rule lets in; the others are known and denied.
    `duress`: the PIN that opens and calls for help; `pass_is`: valid or expired, where they have one; `face`: the
    portrait by which they were enrolled."""

    name: str
    card: str | None = None
    pin: str | None = None
    member: bool = True
    face: str | None = None
    duress: str | None = None
    pass_is: str | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """A door with one node inside, or with `apart` a reader outside and a strike node inside. `takes`: what opens it
    for a member; `alone`: whether it may decide by its pack when nobody answers."""

    name: str
    apart: bool = False
    alone: bool = False
    takes: tuple[str, ...] = ("card",)
    pulse_ms: int = 2_000


@dataclass(frozen=True, slots=True)
class Show:
    """Somebody holds something to the reader. `card` and `pin` are digits, `pass_of` a person, `pictures` portraits."""

    line: int
    door: str
    card: str | None = None
    pin: str | None = None
    pass_of: str | None = None
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """`pull` opens what is not locked, `force` opens it anyway, `close` shuts it; `jitter` rattles its contact."""

    line: int
    door: str
    do: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Pin:
    """An input goes on or off; with `for_ms` it goes back by itself after so long."""

    line: int
    door: str
    pin: str
    level: bool
    for_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Plug:
    """A plug is pulled (`out`) or put back; what runs without it goes on as it can."""

    line: int
    what: str
    door: str
    out: bool


@dataclass(frozen=True, slots=True)
class Hang:
    """A process at the door hangs, or goes on after it hung."""

    line: int
    what: str
    door: str
    on: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """The door's wall clock is set to a moment (Unix ms)."""

    line: int
    door: str
    unix_ms: int


@dataclass(frozen=True, slots=True)
class Operate:
    """What an operator does from afar."""

    line: int
    act: str
    door: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing but time."""

    line: int
    ms: int


@dataclass(frozen=True, slots=True)
class Expect:
    """What must be so within `within_ms`. `log`: kinds that reach the log, in this order, after those that earlier
    steps expected; `never`: kinds that are nowhere in it; `rises`: how often the strike has been on so far."""

    line: int
    door: str
    display: str | None = None
    strike: bool | None = None
    contact: str | None = None
    verdict: str | None = None
    outcome: str | None = None
    log: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    rises: int | None = None
    within_ms: int = 20_000


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same steps again and again."""

    line: int
    times: int
    steps: "tuple[Step, ...]"


Step = Show | Leaf | Pin | Plug | Hang | Clock | Operate | Wait | Expect | Repeat


@dataclass(frozen=True, slots=True)
class Scenario:
    """A page. `name` is its file's, `title` one sentence, `tells` what it shows."""

    name: str
    title: str
    tells: str
    doors: dict[str, Door]
    people: dict[str, Person]
    steps: tuple[Step, ...]
    long: bool = field(default=False)

    def needs(self) -> frozenset[str]:
        """What a world must be able to do for it."""
        found = {"apart"} if any(door.apart for door in self.doors.values()) else set[str]()
        found |= {"packs"} if any(door.alone for door in self.doors.values()) else set[str]()
        found |= {"long"} if self.long else set[str]()
        found |= {"faces"} if any(person.face for person in self.people.values()) else set[str]()
        for step in each(self.steps):
            if isinstance(step, Clock):
                found.add("clock")
            elif isinstance(step, Show):
                found |= {"pictures"} if step.pictures else set[str]()
                found |= {"passes"} if step.pass_of else set[str]()
                found |= {"pins"} if step.pin else set[str]()
            elif isinstance(step, Operate):
                found.add(step.act)
            elif isinstance(step, Hang):
                found.add("hang")
            elif isinstance(step, Plug):
                found.add(f"unplug {step.what}")
        return frozenset(found)


def each(steps: tuple[Step, ...]) -> "list[Step]":
    """Every step once, those inside a repetition too."""
    found: list[Step] = []
    for step in steps:
        found.append(step)
        if isinstance(step, Repeat):
            found += each(step.steps)
    return found
