"""Every mistake that can be made with a person's rows: one class each, with what happened, why, and what to do now."""


class PeopleError(ValueError):
    """Something asked of a person's rows was refused; nothing was written."""

    def __init__(self, what: str, why: str, now: str) -> None:
        super().__init__(f"{what} {why} {now}")
        self.what, self.why, self.now = what, why, now


class Malformed(PeopleError):
    """A value has not the shape its column asks for."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(
            f"{name} {str(value)[:60]!r} was not taken.",
            f"It must be {expected}.",
            "Correct it and try again.",
        )


class NoSuchPerson(PeopleError, LookupError):
    """No person with this id is here."""

    def __init__(self, person: str) -> None:
        super().__init__(
            f"There is no person {person}.",
            "The id is unknown here, or the person has left.",
            "Find the person by name, and take the id from there.",
        )


class PersonAlreadyHere(PeopleError):
    """The id is taken."""

    def __init__(self, person: str) -> None:
        super().__init__(
            f"A person {person} is here already.",
            "An id is given out once and never again.",
            "Make a new id for the new person.",
        )


class NoticeUnknown(PeopleError, LookupError):
    """There is no notice in this language or of this version."""

    def __init__(self, asked: str, known: str) -> None:
        super().__init__(
            f"There is no notice {asked}.", f"Known are: {known}.", "Ask for one of them, or add its text file."
        )


class ConsentAlreadyGiven(PeopleError):
    """A live consent stands already."""

    def __init__(self, person: str) -> None:
        super().__init__(
            f"{person} has given consent to face recognition already.",
            "One consent stands at a time, so that it is clear which notice was agreed to.",
            "Keep it, or withdraw it first and give the new one; withdrawing deletes the templates.",
        )


class NoConsent(PeopleError):
    """The person has given no consent that still stands."""

    def __init__(self, person: str) -> None:
        super().__init__(
            f"{person} has given no consent to face recognition.",
            "A face is enrolled only with the person's consent, and stays only as long as it stands.",
            "Show the notice and record the consent first; the person's card works without.",
        )


class TagTaken(PeopleError):
    """The card opens for somebody else."""

    def __init__(self, holder: str) -> None:
        super().__init__(
            "The card was not added.",
            f"It is the live card of {holder}, and a card speaks for one person.",
            "If it was handed on, revoke it there first; else take another card.",
        )


class CardAlreadyAdded(PeopleError):
    """The card is this person's already."""

    def __init__(self, person: str, label: str) -> None:
        super().__init__(
            "The card was not added.", f"It is a live card of {person} already: {label!r}.", "Nothing needs doing."
        )


class NoSuchCard(PeopleError, LookupError):
    """No live card with this number."""

    def __init__(self, card: int) -> None:
        super().__init__(
            f"There is no live card {card}.", "It is unknown, or revoked already.", "Look at the person's cards again."
        )


class NoSuchPass(PeopleError, LookupError):
    """No live pass with this number."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"There is no live pass {number}.",
            "It is unknown, or revoked already.",
            "Look at the passes again: ostiary pass list",
        )


class PinUnfit(PeopleError):
    """The PIN would be guessed, or typed by mistake; it is not repeated here."""

    def __init__(self, why: str) -> None:
        super().__init__("The PIN was not set.", why, "Choose another one.")


class NoPin(PeopleError, LookupError):
    """The person has none."""

    def __init__(self, person: str) -> None:
        super().__init__(f"{person} has no PIN.", "None was set, or it was cleared before.", "Nothing needs doing.")


class CardUnreadable(PeopleError):
    """A card's sealed number does not open."""

    def __init__(self) -> None:
        super().__init__(
            "A card's number was not read.",
            "It was sealed with another key or for another card, or was changed.",
            "Revoke that card and give it out again.",
        )


class NoSuchSpan(PeopleError, LookupError):
    """No running membership or holding with this number."""

    def __init__(self, what: str, number: int) -> None:
        super().__init__(
            f"There is no {what} {number} to end.",
            "It is unknown, or was ended before.",
            "Look at the person's page again.",
        )


class EvidenceMissing(PeopleError, LookupError):
    """The document that something should rest on is not kept here."""

    def __init__(self, evidence: str) -> None:
        super().__init__(
            f"Evidence {evidence!r} is not kept here.",
            "Nothing is written about a person without the document it rests on.",
            "Keep the document's id, hash, kind and title first.",
        )


class EvidenceDiffers(PeopleError):
    """A document id comes with another content."""

    def __init__(self, evidence: str, field: str) -> None:
        super().__init__(
            f"Evidence {evidence!r} was not kept.",
            f"A document of this id is kept with another {field}, and a document's id means one document.",
            "Give the new document an id of its own.",
        )


class EvidenceKindWrong(PeopleError):
    """The policy asks for another kind of document."""

    def __init__(self, kind: str, asked: tuple[str, ...], found: str) -> None:
        kinds = " or ".join(repr(one) for one in asked)
        super().__init__(
            f"No entry {kind!r} was recorded.",
            f"The policy rests it on evidence of the kind {kinds}, and this is {found!r}.",
            "Name the right document, or change the policy in the open.",
        )


class EntryDiffers(PeopleError):
    """The same document has given the same kind of entry for another moment."""

    def __init__(self, kind: str, evidence: str) -> None:
        super().__init__(
            f"No second entry {kind!r} was recorded.",
            f"Evidence {evidence!r} has given one for another time, and a document counts once.",
            "If two things happened, each needs a document of its own; if the time was wrong, cancel the first.",
        )


class KindUnknown(PeopleError, LookupError):
    """The policy in force has no such entry kind."""

    def __init__(self, kind: str, known: str) -> None:
        super().__init__(
            f"No entry {kind[:64]!r} was recorded.",
            f"The policy in force knows: {known or 'none'}.",
            "Name one of them, or publish a policy that has it.",
        )


class NoScoreHere(PeopleError):
    """The policy in force keeps no score."""

    def __init__(self, policy: str) -> None:
        super().__init__(
            "No entry was recorded.",
            f"The policy in force ({policy}) has no score, so there is nothing to enter.",
            "Publish a policy with the section `score` first.",
        )


class FileRefused(PeopleError):
    """The file is no table of entries."""

    def __init__(self, found: str, columns: str) -> None:
        super().__init__(
            "The file was not read.",
            f"It is no table of entries: {found}.",
            f"Write a CSV file in UTF-8 whose first line is: {columns}",
        )


class RowUnread(PeopleError):
    """A line of the file is no row of the table."""

    def __init__(self, why: str) -> None:
        super().__init__("The line was not read.", f"It is no row of the table: {why}.", "Correct the line.")


class ImportChanged(PeopleError):
    """Between the look at the difference and the import, something changed."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(
            "Nothing was imported.",
            f"The difference is {found[:12]}… now, and {expected[:12]}… was expected: the file or the ledgers changed.",
            "Look at the difference again with --dry-run, and import that one.",
        )


class ImportMistaken(PeopleError):
    """Some lines cannot be imported, so none was."""

    def __init__(self, conflicting: int, refused: int) -> None:
        super().__init__(
            "Nothing was imported.",
            f"{conflicting} lines say something else than the ledger does, and {refused} make no entry.",
            "Correct or remove those lines and import again; lines that are known already change nothing.",
        )


class NoSuchEntry(PeopleError, LookupError):
    """No entry with this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no entry {number}.", "It is unknown here.", "Look at the person's ledger again.")


class EntryCancelled(PeopleError):
    """The entry does not count any more."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Entry {number} was cancelled already.", "A cancelled entry counts for nothing.", "Nothing needs doing."
        )


class AlreadyContested(PeopleError):
    """The effect of an entry is suspended once."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Entry {number} was contested before.",
            "The effect of one entry is suspended once, until that contest is decided.",
            "Open another contest of it; the entry counts meanwhile.",
        )


class NotContested(PeopleError):
    """Only a contested entry can be upheld."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Entry {number} was not upheld.",
            "It is not contested, or was upheld already, so there is nothing to decide.",
            "Nothing needs doing.",
        )


class NoSuchContest(PeopleError, LookupError):
    """No contest with this number."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"There is no contest {number}.",
            "It is unknown here.",
            "List the contests, and take the number from there.",
        )


class ContestRuns(PeopleError):
    """One thing has one open contest."""

    def __init__(self, kind: str, number: int, contest: int) -> None:
        super().__init__(
            f"No second contest of {kind} {number} was opened.",
            f"Contest {contest} of it is not decided yet.",
            "Tell its reviewer what is new, or wait for the outcome.",
        )


class NotTheirs(PeopleError, LookupError):
    """What is contested is not the person's, or is not there."""

    def __init__(self, kind: str, number: int, person: str) -> None:
        super().__init__(
            f"{kind.capitalize()} {number} was not contested.",
            f"It is not one of {person}, and a person contests what concerns them.",
            "Look at the person's page again.",
        )


class ContestDecided(PeopleError):
    """The contest has its outcome."""

    def __init__(self, number: int, outcome: str) -> None:
        super().__init__(
            f"Contest {number} was not changed.",
            f"It was decided: {outcome}. An outcome stays.",
            "If there is something new, open another contest.",
        )


class ContestLapsed(PeopleError):
    """The deadline has passed without an outcome."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Contest {number} was not changed.",
            "Its deadline has passed without an outcome, so what was contested is cancelled.",
            "If it happened all the same, record it anew with its own document.",
        )


class NotAssigned(PeopleError):
    """Nobody reviews the contest yet."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Contest {number} was not decided.",
            "It has no reviewer yet.",
            f"Assign one first: ostiary contest assign {number} --reviewer NAME",
        )


class WrongReviewer(PeopleError, PermissionError):
    """Another reviewer was assigned."""

    def __init__(self, number: int, assigned: str) -> None:
        super().__init__(
            f"Contest {number} was not decided.",
            f"It is assigned to {assigned}, and only the assigned reviewer decides.",
            "Let them decide, or have it assigned anew.",
        )


class OwnWork(PeopleError, PermissionError):
    """The reviewer would judge what they wrote."""

    def __init__(self, reviewer: str, wrote: str) -> None:
        super().__init__(
            f"{reviewer} cannot review this contest.",
            f"They {wrote}, and nobody reviews their own work.",
            "Assign somebody else.",
        )


class SuspensionTooLong(PeopleError):
    """More than the 72 hours that one may suspend."""

    def __init__(self, hours: float) -> None:
        super().__init__(
            f"A suspension of {hours:g} hours was not set.",
            "It is for immediate danger, lasts more than none and at most 72 hours.",
            "Suspend for 72 hours at most and decide in that time; what must last longer is a revocation.",
        )


class SuspensionRuns(PeopleError):
    """A suspension cannot be stretched while it runs."""

    def __init__(self, person: str) -> None:
        super().__init__(
            f"{person} is suspended already.",
            "One suspension is not stretched by another, so that 72 hours stay 72 hours.",
            "Lift it, let it end, or revoke.",
        )


class NothingToLift(PeopleError, LookupError):
    """No suspension and no revocation of this kind stands."""

    def __init__(self, person: str, what: str) -> None:
        super().__init__(f"{person} is not {what}.", "There is nothing to lift.", "Nothing needs doing.")


class FeedWentBack(PeopleError):
    """The follower knows more than the file has: people.db is another one than before."""

    def __init__(self, asked: int, last: int) -> None:
        super().__init__(
            f"The change feed was asked for what follows {asked}, and it ends at {last}.",
            "The database was restored or replaced.",
            "Take a new snapshot.",
        )


class FaceExtraMissing(PeopleError, ImportError):
    """numpy is not installed, so no template can be made."""

    def __init__(self) -> None:
        super().__init__(
            "Faces cannot be used here.",
            "The extra for faces is not installed; cards work without it.",
            "Install it: pip install 'ostiary[face]'",
        )


class ShieldSecretWrong(PeopleError):
    """The site's secret has not the length of one."""

    def __init__(self, length: int) -> None:
        super().__init__(
            "Templates cannot be protected.",
            f"The site's secret has {length} bytes and needs 32.",
            "Restore the key store from its backup.",
        )


class VectorUnfit(PeopleError):
    """This is no face vector."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "The face vector was not taken.", f"For {why}.", "Capture the face again with the site's own model."
        )


class TemplateMalformed(PeopleError):
    """The packed bytes are no template."""

    def __init__(self, why: str) -> None:
        super().__init__("The template was not taken.", f"For {why}.", "Enrol the face again.")


class TemplateUnreadable(PeopleError):
    """The seal does not open: another key, another person or model, or changed bytes."""

    def __init__(self, person: str) -> None:
        super().__init__(
            f"A template of {person} does not open.",
            "It was sealed with another key or for another model, or its bytes were changed.",
            "Enrol the face again; the person's card works meanwhile.",
        )
