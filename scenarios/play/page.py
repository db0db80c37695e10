"""A page becomes a scenario: every key and word is known, and each mistake is told with its place."""

from collections.abc import Callable
from pathlib import Path

from ostiary.protocol import codes
from ostiary.scenarios.play.errors import Mistake, NoScenario, nearest_word
from ostiary.scenarios.play.language import (
    DISPLAYS,
    MOST_STEPS,
    MOST_TIMES,
    OPERATIONS,
    OUTCOMES,
    PINS,
    PLUGS,
    TAKES,
    Clock,
    Door,
    Expect,
    Hang,
    Leaf,
    Operate,
    Person,
    Pin,
    Plug,
    Repeat,
    Scenario,
    Show,
    Step,
    Wait,
)
from ostiary.scenarios.play.reading import Value, listed, read_page

VERBS = (
    *("show", "pull", "force", "close", "jitter", *PINS, "unplug", "plug", "hang", "go-on", "clock", "operator"),
    *("wait", "expect", "repeat"),
)
EXPECTED = ("display", "strike", "contact", "verdict", "outcome", "log", "never", "rises", "within")
_CARD = "[0-9]{1,20}"
_PIN = "[0-9]{4,12}"
_MINUTE_MS = 60_000


def read(path: Path) -> Scenario:
    """The scenario in a file. Raises `NoScenario`, and OSError when there is no such file."""
    return parse(path.read_bytes(), path.name)


def parse(data: bytes, name: str) -> Scenario:
    """The scenario that `data` spells; `name` is what mistakes call it. Raises `NoScenario` with every mistake."""
    mistakes: list[Mistake] = []
    try:
        scenario = _Page(name).scenario(read_page(data, name, mistakes))
    except Mistake as mistake:
        raise NoScenario([*mistakes, mistake]) from mistake
    if mistakes:
        raise NoScenario(mistakes)
    return scenario


class _Page:
    """What has been read so far: steps name the doors and people above them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._doors: dict[str, Door] = {}
        self._people: dict[str, Person] = {}
        self._verbs: dict[str, Callable[[Value, str], Step]] = {
            "show": self._show,
            "pull": lambda value, door: Leaf(value.at.line, value.word([door]), "pull"),
            "force": lambda value, door: Leaf(value.at.line, value.word([door]), "force"),
            "close": lambda value, door: Leaf(value.at.line, value.word([door]), "close"),
            "jitter": lambda value, door: Leaf(value.at.line, door, "jitter", value.integer("rattles", 1, 1000)),
            **{pin: self._pin(pin) for pin in PINS},
            "unplug": lambda value, door: Plug(value.at.line, value.word(PLUGS), door, True),
            "plug": lambda value, door: Plug(value.at.line, value.word(PLUGS), door, False),
            "hang": lambda value, door: Hang(value.at.line, value.word(("node", "guard")), door, True),
            "go-on": lambda value, door: Hang(value.at.line, value.word(("node", "guard")), door, False),
            "clock": lambda value, door: Clock(value.at.line, door, value.moment_ms("clock")),
            "operator": lambda value, door: Operate(value.at.line, value.word(OPERATIONS), door),
            "wait": lambda value, door: Wait(value.at.line, value.duration_ms("wait")),
            "expect": self._expect,
            "repeat": self._repeat,
        }

    def scenario(self, root: Value) -> Scenario:
        fields = root.fields("a scenario", ("scenario", "tells", "doors", "steps"), ("people", "long"))
        title = fields["scenario"].text("one sentence")
        tells = fields["tells"].text("what it shows", 400)
        long = "long" in fields and fields["long"].word(("yes", "no")) == "yes"
        for key, value in fields["doors"].pairs("doors by name"):
            if (door := value.attempt(lambda key=key, value=value: _door(key, value))) is not None:
                self._doors[door.name] = door
        if not self._doors:
            raise Mistake(fields["doors"].at, "no door", "at least one door")
        if "people" in fields:
            for key, value in fields["people"].pairs("people by name"):
                if (person := value.attempt(lambda key=key, value=value: _person(key, value))) is not None:
                    self._people[person.name] = person
        steps = self._steps(fields["steps"])
        return Scenario(Path(self._name).stem, title, tells, self._doors, self._people, steps, long)

    def _steps(self, value: Value) -> tuple[Step, ...]:
        read = [item.attempt(lambda item=item: self._step(item)) for item in value.items("a list of steps", MOST_STEPS)]
        return tuple(step for step in read if step is not None)

    def _step(self, item: Value) -> Step:
        pairs = item.pairs(f"a step: one of {listed(VERBS)}")
        words = {key.text("a word"): (key, value) for key, value in pairs}
        door = next(iter(self._doors))
        if "at" in words:
            door = words.pop("at")[1].word(list(self._doors), "a door of this page")
        elif len(self._doors) > 1 and not set(words) & {"wait", "repeat", "pull", "force", "close"}:
            raise Mistake(
                item.at, "a step at no door", f'"at: " with {listed(list(self._doors))}', cure="Say at which."
            )
        for word, (key, _) in words.items():
            if word not in self._verbs:
                raise Mistake(key.at, key.found, listed(VERBS), nearest_word(word, VERBS))
        if len(words) != 1:
            raise Mistake(item.at, f"{len(words)} verbs in one step", "one", cure="Make a step of each.")
        [(word, (_, value))] = words.items()
        if word in ("pull", "force", "close"):
            door = value.word(list(self._doors), "a door of this page")
        return self._verbs[word](value, door)

    def _show(self, value: Value, door: str) -> Show:
        fields = value.fields("what is shown", (), ("card", "pin", "pass", "picture"))
        if not fields:
            raise Mistake(value.at, "nothing to show", '"card", "pass" or "picture"')
        card = pin = pass_of = None
        pictures: tuple[str, ...] = ()
        if "card" in fields:
            card = self._own(fields["card"], _CARD, "card", lambda person: person.card)
        if "pin" in fields:
            pin = self._own(fields["pin"], _PIN, "PIN", lambda person: person.pin)
            if "card" not in fields and "pass" not in fields:
                raise Mistake(fields["pin"].at, "a PIN alone", "a card or a pass beside it")
        if "pass" in fields:
            having = [person.name for person in self._people.values() if person.pass_is]
            pass_of = fields["pass"].word(having or ["nobody"], "a person of this page who has a pass")
            if "card" in fields:
                raise Mistake(fields["pass"].at, "a pass beside a card", "one of the two")
        if "picture" in fields:
            shown = fields["picture"]
            listed_ = shown.items("portraits", 24) if shown.is_list else [shown]
            pictures = tuple(one.name_word("a portrait's name") for one in listed_)
        return Show(value.at.line, door, card, pin, pass_of, pictures)

    def _own(self, value: Value, digits: str, what: str, of: Callable[[Person], str | None]) -> str:
        """Digits, or a person's name for what that person has."""
        text = value.text(f"a {what}")
        if text.isdigit():
            return value.matching(digits, f"a {what} of digits ({digits}), or a person's name")
        owned = of(self._people[value.word(list(self._people), f"digits, or a person of this page who has a {what}")])
        if owned is None:
            raise Mistake(value.at, value.found, f"a person who has a {what}", cure=f"Give {text} one under people.")
        return owned

    def _pin(self, pin: str) -> Callable[[Value, str], Step]:
        def read_pin(value: Value, door: str) -> Pin:
            if value.is_mapping:
                fields = value.fields(pin, ("on",))
                return Pin(value.at.line, door, pin, True, fields["on"].duration_ms("how long", 1, 86_400_000))
            return Pin(value.at.line, door, pin, value.word(("on", "off"), pin) == "on")

        return read_pin

    def _expect(self, value: Value, door: str) -> Expect:
        fields = value.fields("what is expected", (), EXPECTED)
        if not set(fields) - {"within"}:
            raise Mistake(value.at, "nothing expected", listed(EXPECTED[:-1]))

        def word(name: str, valid: tuple[str, ...]) -> str | None:
            return fields[name].word(valid, name) if name in fields else None

        def kinds(name: str) -> tuple[str, ...]:
            if name not in fields:
                return ()
            items = fields[name].items("kinds of events", 40) if fields[name].is_list else [fields[name]]
            return tuple(item.word(codes.EVENTS, "a kind of event") for item in items)

        strike = word("strike", ("on", "off"))
        return Expect(
            value.at.line,
            door,
            display=word("display", DISPLAYS),
            strike=None if strike is None else strike == "on",
            contact=word("contact", ("open", "closed")),
            verdict=word("verdict", ("grant", "deny")),
            outcome=word("outcome", OUTCOMES),
            log=kinds("log"),
            never=kinds("never"),
            rises=fields["rises"].integer("rises", 0, 10_000_000) if "rises" in fields else None,
            within_ms=fields["within"].duration_ms("within", 1, 10 * _MINUTE_MS) if "within" in fields else 20_000,
        )

    def _repeat(self, value: Value, door: str) -> Repeat:
        fields = value.fields("a repetition", ("times", "steps"))
        times = fields["times"].integer("times", 1, MOST_TIMES)
        return Repeat(value.at.line, times, self._steps(fields["steps"]))


def _door(key: Value, value: Value) -> Door:
    name = key.name_word("a door's name")
    fields = value.fields(f"the door {name}", (), ("nodes", "alone", "takes", "pulse"))
    apart = "nodes" in fields and fields["nodes"].word(("one", "two"), "nodes") == "two"
    alone = "alone" in fields and fields["alone"].word(("deny", "pack"), "alone") == "pack"
    takes: tuple[str, ...] = ("card",)
    if "takes" in fields:
        shown = fields["takes"]
        items = shown.items("what the door takes", len(TAKES)) if shown.is_list else [shown]
        takes = tuple(item.word(TAKES, "what the door takes") for item in items)
    pulse_ms = fields["pulse"].duration_ms("pulse", 1_000, 30_000) if "pulse" in fields else 2_000
    return Door(name, apart, alone, takes, pulse_ms)


def _person(key: Value, value: Value) -> Person:
    name = key.matching("[a-z][a-z0-9-]{0,38}", "a person's name: small letters, digits and hyphens")
    fields = value.fields(f"the person {name}", (), ("card", "pin", "duress", "pass", "member", "face"))
    return Person(
        name,
        card=fields["card"].matching(_CARD, "a card's number: 1 to 20 digits") if "card" in fields else None,
        pin=fields["pin"].matching(_PIN, "a PIN: 4 to 12 digits") if "pin" in fields else None,
        member="member" not in fields or fields["member"].word(("yes", "no"), "member") == "yes",
        face=fields["face"].name_word("a portrait's name") if "face" in fields else None,
        duress=fields["duress"].matching(_PIN, "a PIN: 4 to 12 digits") if "duress" in fields else None,
        pass_is=fields["pass"].word(("valid", "expired"), "a pass") if "pass" in fields else None,
    )
