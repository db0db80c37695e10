"""Hard forbids: what no clause outweighs. They come first, and nothing that a person earns or awaits lifts them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ostiary.controller.policy.clause import Finding
from ostiary.controller.policy.facts import PersonFacts


@dataclass(frozen=True, slots=True)
class Forbid:
    """A forbid: its code, when it applies, and its sentence in each language."""

    code: str
    applies: Callable[[PersonFacts], bool]
    words: Mapping[str, str]

    def finding(self) -> Finding:
        """The finding of a forbid that applies."""
        return Finding(self.code, False, self.code, self.code, None)


FORBIDS = (
    Forbid(
        "revoked",
        lambda person: person.revoked,
        {
            "en": "Your access has been revoked. Please speak with the office; you can contest this with your receipt.",
            "de": "Ihr Zutritt ist widerrufen. Bitte sprechen Sie mit dem Büro; mit Ihrer Quittung können Sie das "
            "anfechten.",
        },
    ),
    Forbid(
        "suspended",
        lambda person: person.suspended,
        {
            "en": "Your access is suspended for now. Please speak with the office; you can contest this with your "
            "receipt.",
            "de": "Ihr Zutritt ruht zurzeit. Bitte sprechen Sie mit dem Büro; mit Ihrer Quittung können Sie das "
            "anfechten.",
        },
    ),
)
