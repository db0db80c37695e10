"""Letters: what a mail says, in English and in German. A mail is a postcard: it names a door and a kind, or a contest's
number and its day, and no person, no score and no reason. Pure: nothing else comes in, so nothing else can go out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from hashlib import sha256

ALARMS, CONTESTS = "alarms", "contests"
MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class News:
    """`number` is a record's position or a contest's id; `at_ms` (Unix) is when an alarm began or a contest is due."""

    number: int
    at_ms: int
    door: str = ""
    kind: str = ""


SAYS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "forced": "opened without a grant",
        "held": "kept open too long",
        "tamper": "the node’s housing was opened",
        "fire": "the fire alarm released the door",
        "power-fail": "the mains power failed",
        "line-lost": "the node lost its line",
        "duress": "a duress PIN was typed; show nothing at the door",
        "attempts-exhausted": "too many attempts failed",
        "tailgate": "more than one went through on one grant",
        "safe-mode": "the node starts in safe mode",
        "lost": "the node is gone",
        "other-owner": "the node obeys another controller",
        "store-failed": "nothing could be recorded for a while; it can again",
    },
    "de": {
        "forced": "ohne Freigabe geöffnet",
        "held": "zu lange offen gehalten",
        "tamper": "das Gehäuse des Knotens wurde geöffnet",
        "fire": "der Feueralarm hat die Tür freigegeben",
        "power-fail": "das Stromnetz ist ausgefallen",
        "line-lost": "der Knoten hat keine Leitung mehr",
        "duress": "eine Bedrohungs-PIN wurde eingegeben; an der Tür nichts anmerken lassen",
        "attempts-exhausted": "zu viele Versuche sind fehlgeschlagen",
        "tailgate": "mehr als eine Person ging mit einer Freigabe hindurch",
        "safe-mode": "der Knoten startet im abgesicherten Betrieb",
        "lost": "der Knoten ist weg",
        "other-owner": "der Knoten gehorcht einer anderen Steuerung",
        "store-failed": "eine Zeit lang konnte nichts aufgezeichnet werden; jetzt wieder",
    },
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "alarm": "{site}: alarm at {where}: {kind}",
        "alarms": "{site}: {count} alarms",
        "alarms-open": "Somebody must look at this:",
        "site": "the site",
        "contest": "{site}: a contest waits, due on {day}",
        "contests": "{site}: {count} contests wait, the first due on {day}",
        "contests-open": "A person has contested, and a reviewer must decide in time:",
        "line": "* contest {number}, due on {day}: {address}/contests/{number}",
        "more": "… and {count} more.",
        "look": "Sign in to see more and to acknowledge it: {address}",
        "sign": "Sign in to see what it is about. This mail says nothing of it on purpose.",
        "test": "{site}: a test mail",
        "test-body": "Mail of this site arrives. Nothing happened, and nothing is to be done.",
    },
    "de": {
        "alarm": "{site}: Alarm an {where}: {kind}",
        "alarms": "{site}: {count} Alarme",
        "alarms-open": "Jemand muss danach sehen:",
        "site": "der Anlage",
        "contest": "{site}: ein Einspruch wartet, fällig am {day}",
        "contests": "{site}: {count} Einsprüche warten, der erste fällig am {day}",
        "contests-open": "Jemand hat Einspruch erhoben, und es muss rechtzeitig darüber entschieden werden:",
        "line": "* Einspruch {number}, fällig am {day}: {address}/contests/{number}",
        "more": "… und {count} weitere.",
        "look": "Mehr dazu, und bestätigen, nach dem Anmelden: {address}",
        "sign": "Worum es geht, steht nach dem Anmelden dort. Diese Mail sagt mit Absicht nichts davon.",
        "test": "{site}: eine Probe-Mail",
        "test-body": "Die Mail dieser Anlage kommt an. Es ist nichts geschehen, und nichts ist zu tun.",
    },
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the site's name, the web's address, the sender's address, and the language (`en`, `de`)."""

    site: str
    address: str
    sender: str
    language: str

    def letter(self, topic: str, to: str, news: Sequence[News]) -> EmailMessage:
        """One mail to one receiver about all that is new (at least one). The same news have the same Message-ID."""
        subject, lines = self._alarms(news) if topic == ALARMS else self._contests(news)
        numbers = " ".join(str(one.number) for one in news)
        return self._written(to, subject, lines, f"{topic} {to} {numbers}")

    def test(self, to: str, at_ms: int) -> EmailMessage:
        words = _WORDS[self.language]
        return self._written(to, words["test"].format(site=self.site), [words["test-body"]], f"test {to} {at_ms}")

    def _alarms(self, news: Sequence[News]) -> tuple[str, list[str]]:
        words, says = _WORDS[self.language], SAYS[self.language]
        [first, *rest] = news
        where = first.door or words["site"]
        one = words["alarm"].format(site=self.site, where=where, kind=first.kind)
        lines = [
            f"* {_moment(alarm.at_ms)}  {alarm.door or words['site']}: {alarm.kind}, {says.get(alarm.kind, alarm.kind)}"
            for alarm in news[:MOST_LINES]
        ]
        subject = words["alarms"].format(site=self.site, count=len(news)) if rest else one
        return subject, [
            words["alarms-open"],
            "",
            *lines,
            *self._more(news),
            "",
            words["look"].format(address=self.address),
        ]

    def _contests(self, news: Sequence[News]) -> tuple[str, list[str]]:
        words = _WORDS[self.language]
        due = sorted(news, key=lambda one: (one.at_ms, one.number))
        subject = words["contests" if due[1:] else "contest"].format(
            site=self.site, count=len(due), day=_day(due[0].at_ms)
        )
        lines = [
            words["line"].format(number=one.number, day=_day(one.at_ms), address=self.address)
            for one in due[:MOST_LINES]
        ]
        return subject, [words["contests-open"], "", *lines, *self._more(news), "", words["sign"]]

    def _more(self, news: Sequence[News]) -> list[str]:
        beyond = len(news) - MOST_LINES
        return [_WORDS[self.language]["more"].format(count=beyond)] if beyond > 0 else []

    def _written(self, to: str, subject: str, lines: Sequence[str], about: str) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to, subject
        # A mail that was taken and whose sender died before it knew is sent again; by its id a mailbox sees that.
        name = sha256(f"{self.site} {about}".encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{name}@{self.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        message.set_content("\n".join(lines) + "\n")
        return message


def _moment(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d}"
