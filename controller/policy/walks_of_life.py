"""Words that give away from which walk of life an entry kind comes: a traffic ticket says nothing about a laser.

A list of words is no proof: it catches the kinds that scores of people are known for, by name and with the name of the
wall that they break. What it does not know is caught by the signed `about` that every kind needs.
"""

from collections.abc import Mapping

from ostiary.controller.policy import errors
from ostiary.controller.policy.protected import parts_of
from ostiary.controller.policy.reading import Value

# Whole parts of a hyphenated name, English and German, as in `protected.py`.
WALKS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "road traffic": """traffic speeding parking-ticket parking-fine jaywalking fahrverbot verkehr verkehrsverstoss
            strafzettel falschparken raserei bussgeld""",
        "honours": """award awards prize medal honour honor laudation preis auszeichnung orden ehrung medaille""",
        "leisure": """game games gaming gambling betting television streaming leisure alcohol nightclub
            spiel spiele spielen spielzeit gluecksspiel freizeit alkohol""",
        "civic engagement": """volunteer volunteering charity donation blood-donation community-service neighbourhood
            ehrenamt ehrenamtlich spende spenden blutspende nachbarschaft""",
        "money": """credit debt loan mortgage repayment overdraft bankruptcy income salary wealth tax taxes payment
            schulden kredit darlehen insolvenz einkommen gehalt steuern schufa zahlung""",
        "shopping": """shopping purchase purchases consumer subscription einkauf einkaeufe kaufverhalten konsum""",
        "friends and opinions": """friend friends follower followers social-media tweet opinion
            freunde meinung soziale-medien""",
        "the courts and the police": """arrest conviction criminal crime court lawsuit prison police
            verhaftung vorstrafe straftat gericht polizei gefaengnis""",
        "school and work": """school-grade school-absence unemployed unemployment dismissal performance-review
            schulnote schulnoten arbeitslos arbeitslosigkeit kuendigung""",
        "family": """marriage married divorce divorced child children parents family
            ehe verheiratet scheidung geschieden kinder eltern familie""",
        "the home": """rent eviction landlord tenant mieter miete raeumung vermieter""",
    }.items()
}


def walks_in(name: str) -> list[str]:
    """The walks of life that a hyphenated name points to."""
    return [walk for walk, words in WALKS.items() if parts_of(name, words)]


def refuse_foreign(value: Value, name: str, context: str) -> None:
    """Note a `ForeignEntry` at `value` for a name from a walk of life that the score's context is not from."""
    at_home = walks_in(context)
    for walk in walks_in(name):
        if walk not in at_home:
            found = f'the entry kind "{name}", which comes from {walk}'
            value.findings.refuse(errors.ForeignEntry(value.at, found, f'something that happens in "{context}"'))
            return
