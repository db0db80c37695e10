"""Words for who people are. No score, holding or context may be named after them: DESIGN §7, EU AI Act Art. 5(1)(c)."""

import re
from collections.abc import Mapping

from ostiary.controller.policy import errors
from ostiary.controller.policy.reading import Value

# Whole parts of a hyphenated name ("age" finds "age-group", not "storage"), English and German.
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "age": """age aged ageing birth birthday birthdate elderly senior youth young teen teenager pensioner retiree
            alter geburt geburtstag geburtsdatum senioren jugend jugendlich rentner minderjaehrig""",
        "ethnicity": """ethnic ethnicity ethnical race racial skin tribe tribal caste ancestry heritage roma sinti
            ethnie ethnisch rasse hautfarbe herkunft abstammung""",
        "religion": """religion religious faith belief creed church mosque synagogue temple muslim islam islamic
            christian catholic protestant jewish judaism hindu buddhist sikh atheist baptised
            glaube glauben religioes kirche moschee konfession katholisch evangelisch muslimisch juedisch christlich""",
        "health": """health healthy illness ill sick sickness disease disability disabled handicap handicapped medical
            medication diagnosis therapy pregnant pregnancy vaccinated vaccination hiv diabetes diabetic mental
            psychiatric gesundheit krank krankheit behinderung behindert schwanger schwangerschaft impfung diagnose
            therapie""",
        "politics": """politics political politician vote voter voting ideology activist activism socialist communist
            politik politisch partei waehler gesinnung aktivist""",
        "sexuality": """sexuality sexual gay lesbian homosexual heterosexual bisexual queer lgbt lgbtq
            sexuell sexualitaet schwul lesbisch""",
        "gender": """gender sex male female man men woman women transgender
            geschlecht maennlich weiblich mann frau""",
        "union membership": """union unionist unionized unionised gewerkschaft gewerkschafter betriebsrat""",
        "nationality": """nationality national citizen citizenship foreigner immigrant immigration migrant migration
            refugee asylum nationalitaet staatsangehoerigkeit staatsbuerger auslaender migrationshintergrund
            fluechtling""",
    }.items()
}
# The same, as phrases: parts that mean something only together.
PHRASES: Mapping[str, str] = {
    "date-of-birth": "age",
    "skin-colour": "ethnicity",
    "skin-color": "ethnicity",
    "party-member": "politics",
    "party-membership": "politics",
    "works-council": "union membership",
    "country-of-origin": "nationality",
    "country-of-birth": "nationality",
    "home-country": "nationality",
}
# Beginnings of German compounds, which hide a word in a longer one.
STEMS: Mapping[str, str] = {
    "alters": "age",
    "geburts": "age",
    "religions": "religion",
    "glaubens": "religion",
    "kirchen": "religion",
    "gesundheits": "health",
    "krankheits": "health",
    "kranken": "health",
    "behinderten": "health",
    "schwerbehindert": "health",
    "schwangerschafts": "health",
    "impf": "health",
    "partei": "politics",
    "gewerkschafts": "union membership",
    "betriebsrats": "union membership",
    "geschlechts": "gender",
    "frauen": "gender",
    "maenner": "gender",
    "nationalitaets": "nationality",
    "staatsangehoerigkeits": "nationality",
    "auslaender": "nationality",
    "migrations": "nationality",
    "rassen": "ethnicity",
    "herkunfts": "ethnicity",
    "abstammungs": "ethnicity",
}
# Names of acts and trainings that only sound like it.
INNOCENT = (
    "health-and-safety",
    "occupational-health",
    "gesundheits-und-arbeitsschutz",
    "gesundheitsschutz",
    "one-man",
    "two-man",
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def parts_of(name: str, words: frozenset[str]) -> bool:
    """Whether `words` has a part of a hyphenated name, in the singular or with a plural s, or several as a phrase."""
    padded = f"-{name}-"
    return any(
        part in words or (len(part) > 3 and part.endswith("s") and part[:-1] in words) for part in name.split("-")
    ) or any("-" in word and (f"-{word}-" in padded or f"-{word}s-" in padded) for word in words)


def attribute_of(name: str) -> str | None:
    """The protected attribute that a name, or a text, is about, or None."""
    rest = f"-{'-'.join(re.findall(r'[a-z0-9]+', name.lower().translate(_UMLAUTS)))}-"
    for phrase in INNOCENT:
        rest = rest.replace(f"-{phrase}-", "-")
    for phrase, attribute in PHRASES.items():
        if f"-{phrase}-" in rest or f"-{phrase}s-" in rest:
            return attribute
    for part in rest.strip("-").split("-"):
        for attribute, words in ATTRIBUTES.items():
            if parts_of(part, words):
                return attribute
        for stem, attribute in STEMS.items():
            if part.startswith(stem):
                return attribute
    return None


def refuse_protected(value: Value, name: str, what: str) -> str:
    """`name`, with `ProtectedAttribute` noted at `value` where it is one; `what` says what bears the name."""
    attribute = attribute_of(name)
    if attribute is not None:
        found = f'{what} "{name}", which is about {attribute}'
        expected = "a name for what somebody did or learned"
        value.findings.refuse(errors.ProtectedAttribute(value.at, found, expected))
    return name
