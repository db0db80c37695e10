"""Pages that follow the grammar of policies, with values at and beyond every edge; what loads means what it says."""

import json
import random
from typing import Any

from tests.fuzz import policy_judging

NAME = "policy-grammar"
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "Pacific/Apia"]
NO_ZONES = ["Europe/Berln", "Europe", "", "../x", "\u0000", "CEST+1"]
TIMES = ["00:00", "02:00", "02:30", "03:00", "06:00", "12:00", "22:00", "23:59", "24:00"]
DATES = ["2026-03-29", "2026-10-25", "2028-02-29", "2026-12-25", "2026-12-31", "1970-01-01", "8999-12-31"]
NO_DATES = ["2027-02-29", "2026-13-01", "9999-12-31", "20261225", "0001-01-01"]
NAMES = ["a", "b", "c", "first-aid", "night", "x" * 40]
NO_NUMBERS: list[Any] = [1e400, float("nan"), -1e400, 1.5, "1e3", 10**30, "0x10", True, None, "six", [], {}]


class Page:
    """One page in the making; `odd` is how often something stands there that should not."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.odd = rng, rng.choice([0.0, 0.0, 0.02, 0.2])
        self.known: dict[str, list[str]] = {"hours": [], "tiers": [], "groups": []}
        self.scored = rng.random() < 0.8

    def of(self, good: list[Any], bad: list[Any]) -> Any:
        return self.rng.choice(bad if self.rng.random() < self.odd else good)

    def maybe(self, chance: float = 0.5) -> bool:
        return self.rng.random() < chance

    def name(self) -> str:
        return self.of(NAMES, ["", "A b", "ä", "-x", "x" * 41, "age-group", "traffic-ticket"])

    def known_name(self, section: str) -> str:
        return self.of(self.known[section], ["", "unheard-of", *NAMES])

    def some(self, make: Any, most: int = 3) -> list[Any]:
        return [make() for _ in range(self.rng.randint(0 if self.maybe(self.odd) else 1, most))]

    def named(self, make: Any, section: str = "", most: int = 3) -> dict[str, Any]:
        """Items by name. Each may refer to those before it, so groups make no circle; some odd ones do."""
        items: dict[str, Any] = {}
        for _ in range(self.rng.randint(1, most)):
            name = self.name()
            items.setdefault(name, make())
            self.known.get(section, []).append(name)
        return items

    def hours(self) -> dict[str, Any]:
        begin, end = self.rng.choice(TIMES[:-1]), self.rng.choice(TIMES[1:])
        hours = {
            "days": self.of(["mon-sun", "mon-fri", ["fri-mon"], "sun", ["mon", "wed"]], ["funday", [], "mon-", 1]),
            "from": self.of([begin if begin != end else "01:00"], ["24:00", "25:00", "6:00", 600, "aa:bb", end]),
            "to": self.of([end], ["24:01", "", None, "00:00"]),
            "zone": self.of(ZONES, NO_ZONES),
        }
        if self.maybe():
            closed = [*DATES, "holidays/DE-BE", "holidays/US"]
            hours["except"] = self.some(lambda: self.of(closed, [*NO_DATES, "holidays/XX", "holidays/DE-"]))
        if self.maybe():
            free = [day for day in DATES if day not in hours.get("except", [])]
            hours["also"] = self.some(lambda: self.of(free or ["2026-06-01"], [*NO_DATES, *DATES]))
        return hours

    def kind(self) -> dict[str, Any]:
        points = self.of([-10, -5, -1, 1, 5, 10], NO_NUMBERS)
        kind: dict[str, Any] = {"points": points, "evidence": self.of(["sheet", ["sheet", "report"]], [[], "", None])}
        kind["expires"] = self.of(["30d", "365d"] + ["never"] * (points in (1, 5, 10)), ["0d", "never", "1y", "-1d"])
        if self.maybe(0.8):
            kind["about"] = {"why": "it is about safety", "by": "the committee", "signed": self.of(DATES[:1], NO_DATES)}
        return kind

    def clause(self, depth: int = 0) -> dict[str, Any]:
        kinds = ["member", "holds", "not_inside", "occupancy", "escorted"]
        kinds += (
            ["score"] * self.scored + ["within"] * 3 * bool(self.known["hours"]) + ["tier"] * bool(self.known["tiers"])
        )
        if depth < 3:
            kinds += ["any_of", "all_of"]
        kind = self.of(kinds, ["egress", "", "member "])
        match kind:
            case "member":
                return {kind: self.of(["active", "guest", "trial"], ["aktive", "", None, []])}
            case "holds":
                return {kind: self.name()}
            case "within" | "tier":
                return {kind: self.known_name("hours" if kind == "within" else "tiers")}
            case "score":
                return {kind: {"at_least": self.of([351, 600, 601, 950], NO_NUMBERS)}}
            case "not_inside":
                return {kind: {"forgiven": self.of(["1m", "4h"], ["0h", "9d", ""])}}
            case "occupancy":
                return {kind: {"at_most": self.of([1, 30], NO_NUMBERS), "forgiven": "4h"}}
            case "escorted":
                return {kind: {"by": self.name(), "within": "60s"}}
            case "any_of" | "all_of":
                parts = _each_once([self.clause(depth + 1), *self.some(lambda: self.clause(depth + 1), 3)])
                return {kind: parts} if len(parts) > 1 or self.maybe(self.odd) else parts[0]
            case _:
                return {kind: self.name()}

    def words(self) -> dict[str, Any]:
        """Some of a door's words, as a group may have them."""
        words: dict[str, Any] = {}
        if self.maybe(0.8):
            words["face"] = self.of(["off", "verify", "identify"], ["on", "", True])
        if self.maybe(0.7):
            words["or"] = self.some(lambda: self.of(["card", "pass", "card+pin"], ["pin", "face", ""]), 2)
        if words.get("face") == "identify" or self.maybe(self.odd):
            words["necessity"] = {"note": "note-1", "by": "the committee", "signed": "2026-01-01"}
            words["budget"] = {
                "fpir": self.of([0.001, 0.1], [0, 1, "nan", -1]),
                "gallery": self.of([1, 30], NO_NUMBERS),
            }
        if self.maybe(0.3):
            words["offline"] = self.of(["pack", "deny", {"pack": "12h"}], ["grant", {"pack": "99d"}, {}])
        if self.maybe(0.3):
            words["liveness"] = self.of(["none", "motion", "sensor"], ["video", 1, None])
        if self.maybe(0.3):
            words["pulse"] = self.of(["1s", "30s", "1500ms"], ["0s", "31s", "1h"])
        if self.maybe(0.3):
            words["more_time"] = self.of([{"held": "60s"}, {"held": "1m"}], [{}, {"pulse": "40s"}, {"pulse": "5s"}])
        if self.maybe(0.8):
            words["grant"] = _each_once(self.some(self.clause))
        if self.maybe(0.3) and self.known["groups"]:
            words["group"] = self.known_name("groups")
        return words

    def door(self) -> dict[str, Any]:
        door = {"face": "off", "or": ["card"], "grant": [self.clause()]} | self.words()
        if self.maybe(self.odd):
            door.pop(self.rng.choice(list(door)))
        return door

    def page(self) -> dict[str, Any]:
        page: dict[str, Any] = {"policy": self.name()}
        if self.scored:
            page["score"] = {"context": "workshop-safety", "min": 350, "max": 950, "start": self.of([600], NO_NUMBERS)}
            page["limits"] = {"largest_penalty": 10, "penalties_in_30d": 20}
            page["entries"] = self.named(self.kind)
            if self.maybe(0.3):
                page["tiers"] = self.named(lambda: self.of([500, 550, 590], NO_NUMBERS), "tiers", 1)
        if self.maybe(0.8):
            page["hours"] = self.named(self.hours, "hours")
        if self.maybe():
            page["groups"] = self.named(self.words, "groups")
        page["doors"] = self.named(self.door)
        if not self.maybe(self.odd):
            _drop_unused(page)
        return page


def _drop_unused(page: dict[str, Any]) -> None:
    """Leave out the groups that no door is in."""
    groups = page.get("groups", {})
    used: set[Any] = set()
    waiting = [door.get("group") for door in page["doors"].values()]
    while waiting:
        name = waiting.pop()
        if isinstance(name, str) and name in groups and name not in used:
            used.add(name)
            waiting.append(groups[name].get("group"))
    page["groups"] = {name: words for name, words in groups.items() if name in used}


def _each_once(clauses: list[Any]) -> list[Any]:
    return list({json.dumps(clause): clause for clause in clauses}.values())


def make(rng: random.Random) -> bytes:
    # JSON is YAML; a few of its words (NaN, Infinity) are not, which is as it should be.
    return json.dumps(Page(rng).page(), ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def judge(data: bytes) -> None:
    policy_judging.judge(data)
