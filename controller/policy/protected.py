"""Words for who people are. No score, holding or context may be named after them: DESIGN §7, EU AI Act Art. 5(1)(c)."""

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
# Names of acts and trainings that only sound like it.
INNOCENT = ("health-and-safety", "occupational-health")


def attribute_of(name: str) -> str | None:
    """The protected attribute that a name is about, or None."""
    rest = f"-{name}-"
    for phrase in INNOCENT:
        rest = rest.replace(f"-{phrase}-", "-")
    for phrase, attribute in PHRASES.items():
        if f"-{phrase}-" in rest or f"-{phrase}s-" in rest:
            return attribute
    for part in rest.split("-"):
        for attribute, words in ATTRIBUTES.items():
            if part in words or (len(part) > 3 and part.endswith("s") and part[:-1] in words):
                return attribute
    return None


def refuse_protected(value: Value, name: str, what: str) -> str:
    """`name`, or `ProtectedAttribute` raised at `value`; `what` says what bears the name."""
    attribute = attribute_of(name)
    if attribute is not None:
        raise errors.ProtectedAttribute(
            value.at, f'{what} "{name}", which is about {attribute}', "a name for what somebody did or learned"
        )
    return name
