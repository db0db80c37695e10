"""The days that hours leave out: dates written in the policy, and a region's holidays by the `holidays` package."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ostiary.controller.policy import errors
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.reading import Value

PREFIX = "holidays/"


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """Local dates on which no opening begins. `regions` are like "DE-BE" or "DE" (ISO 3166-1, -2)."""

    dates: frozenset[date] = frozenset()
    regions: tuple[str, ...] = ()

    def __contains__(self, day: date) -> bool:
        return day in self.dates or any(day in public_holidays(region, day.year) for region in self.regions)

    @classmethod
    def read(cls, value: Value | None) -> "ClosedDays":
        """`holidays/DE-BE`, a date, or a list of both; None: no day is left out."""
        if value is None:
            return cls()
        items = value.items("a list") if value.is_list else [value]
        dates: set[date] = set()
        regions: list[str] = []
        for item in items:
            text = item.text('a date like 2026-12-24 or "holidays/DE-BE"')
            if text.startswith(PREFIX):
                regions.append(_region(item, text.removeprefix(PREFIX)))
            else:
                dates.add(item.day('"holidays/DE-BE", or a day'))
        return cls(frozenset(dates), tuple(dict.fromkeys(regions)))

    def as_document(self) -> list[str]:
        """The canonical form: regions, then dates in order."""
        return [f"{PREFIX}{region}" for region in self.regions] + [day.isoformat() for day in sorted(self.dates)]


@lru_cache(maxsize=256)
def public_holidays(region: str, year: int) -> frozenset[date]:
    """The public holidays of a region in a year. A memory of pure answers, so that a decision asks the package once."""
    import holidays  # only policies that name a region pay for it

    country, _, part = region.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


def _region(item: Value, region: str) -> str:
    import holidays

    regions = holidays.list_supported_countries()
    country, _, part = region.partition("-")
    if country in regions and (not part or part in regions[country]) and not region.endswith("-"):
        return region
    choices = [f"{country}-{known}" for known in regions[country]] if country in regions else list(regions)
    near = nearest_word(region, choices)
    expected = 'a region with known holidays, like "holidays/DE-BE" or "holidays/FR"'
    raise errors.WrongWord(item.at, item.found, expected, f"{PREFIX}{near}" if near else None)
