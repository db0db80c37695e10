"""What the persons' pages say, in every language that they speak. Sentences are short and plain: a test counts."""

from collections.abc import Mapping

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}

WORDS: Mapping[str, tuple[str, str]] = {
    # name: (English, German)
    "skip": ("Skip to the content", "Zum Inhalt"),
    "house": ("Doors that can be asked why", "Türen, die man nach dem Grund fragen kann"),
    "sign-in": ("Sign in", "Anmelden"),
    "sign-out": ("Sign out", "Abmelden"),
    "back": ("Back", "Zurück"),
    "mine": ("My page", "Meine Seite"),
    "door": ("Door", "Tür"),
    "time": ("Time", "Zeit"),
    "grant": ("Yes: the door was released", "Ja: die Tür wurde freigegeben"),
    "deny": ("No: the door stayed locked", "Nein: die Tür blieb zu"),
    # A receipt.
    "receipt": ("Your receipt", "Ihr Beleg"),
    "receipt-lede": (
        "The door showed you a code. It stands for one decision. Type it here.",
        "Die Tür hat Ihnen einen Code gezeigt. Er steht für eine Entscheidung. Geben Sie ihn hier ein.",
    ),
    "code": ("Receipt code", "Code des Belegs"),
    "find": ("Find it", "Suchen"),
    "in-log": ("It is in the log", "Sie steht im Protokoll"),
    "in-log-why": (
        "Nobody can change it or take it out without being noticed.",
        "Niemand kann sie unbemerkt ändern oder löschen.",
    ),
    "position": ("Position in the log", "Stelle im Protokoll"),
    "reasons-later": (
        "The reasons are shown to you alone. Sign in to read them, or ask the staff.",
        "Die Gründe sehen nur Sie. Melden Sie sich an, oder fragen Sie das Personal.",
    ),
    "no-code": ("No decision has this code", "Kein Eintrag hat diesen Code"),
    "no-code-why": (
        "Compare it letter by letter. A code has no I, L, O or U.",
        "Vergleichen Sie jeden Buchstaben. Ein Code hat kein I, L, O oder U.",
    ),
    "no-phone": ("No code at hand?", "Kein Code zur Hand?"),
    "kiosk-link": ("Find it by door, minute and card", "Suchen nach Tür, Minute und Karte"),
    # Contesting.
    "contest": ("Contest it", "Widersprechen"),
    "contest-lede": (
        "Say in your own words what is wrong. A person will decide, not a machine. It is never the one who wrote it.",
        "Sagen Sie mit eigenen Worten, was falsch ist. Ein Mensch entscheidet, keine Maschine. Es ist nicht, wer den "
        "Eintrag schrieb.",
    ),
    "words": ("What is wrong?", "Was ist falsch?"),
    "files": ("Files that show it", "Dateien, die es zeigen"),
    "files-why": (
        "Up to three: PDF, PNG, JPEG or plain text, 5 MB each. Who decides can read them.",
        "Bis zu drei: PDF, PNG, JPEG oder Text, je 5 MB. Wer entscheidet, kann sie lesen.",
    ),
    "send": ("Send", "Absenden"),
    "contested": ("Your contest is open", "Ihr Widerspruch läuft"),
    "contested-why": (
        "You will have an answer by {due}. If there is none by then, you were right.",
        "Sie bekommen bis {due} eine Antwort. Kommt bis dahin keine, hatten Sie recht.",
    ),
    "contest-stranger": (
        "The door did not know who you were. Please speak to the staff.",
        "Die Tür wusste nicht, wer Sie sind. Bitte sprechen Sie mit dem Personal.",
    ),
    "suspends": ("Until then it does not count.", "Bis dahin zählt er nicht."),
    "state-open": ("waits for a reviewer", "wartet auf einen Prüfer"),
    "state-assigned": ("a reviewer looks at it", "wird geprüft"),
    "state-upheld": ("upheld: it stands", "bestätigt: es bleibt dabei"),
    "state-overturned": ("overturned: you were right", "aufgehoben: Sie hatten recht"),
    "state-lapsed": ("nobody decided in time: you were right", "niemand entschied rechtzeitig: Sie hatten recht"),
    "contests": ("My contests", "Meine Widersprüche"),
    "no-contests": ("You have contested nothing.", "Sie haben nichts angefochten."),
    "about-entry": ("Entry {number}", "Eintrag {number}"),
    "about-decision": ("Decision {number}", "Entscheidung {number}"),
    "about-membership": ("Membership {number}", "Mitgliedschaft {number}"),
    "about-holding": ("Holding {number}", "Nachweis {number}"),
    "due": ("Answer by {due}", "Antwort bis {due}"),
    # My page.
    "hello": ("Hello, {name}", "Guten Tag, {name}"),
    "me-lede": (
        "Here is all that this house knows about you, and what was decided.",
        "Hier steht alles, was dieses Haus über Sie weiß, und was entschieden wurde.",
    ),
    "score": ("My score", "Mein Stand"),
    "score-of": ("of {most}, for {context} only", "von {most}, nur für {context}"),
    "score-table": ("My score, as a table", "Mein Stand, als Tabelle"),
    "score-below": ("the table below says the same", "die Tabelle darunter sagt dasselbe"),
    "score-none": ("No door here reads a score.", "Keine Tür hier liest einen Stand."),
    "entries": ("My entries", "Meine Einträge"),
    "no-entries": ("Nothing is entered about you.", "Über Sie ist nichts eingetragen."),
    "rests-on": ("rests on: {evidence}", "beruht auf: {evidence}"),
    "written-by": ("written by {author}", "geschrieben von {author}"),
    "decisions": ("My decisions", "Meine Entscheidungen"),
    "no-decisions": ("No door has decided about you lately.", "Keine Tür hat zuletzt über Sie entschieden."),
    "days": ("The last {days} days", "Die letzten {days} Tage"),
    "open": ("Why?", "Warum?"),
    "looks": ("Who looked, and why", "Wer hat nachgesehen, und warum"),
    "no-looks": ("Nobody has looked at your records.", "Niemand hat Ihre Einträge angesehen."),
    "look": ("{operator} ({roles}): {what}, for “{purpose}”", "{operator} ({roles}): {what}, wegen „{purpose}“"),
    "look-plain": ("{operator} ({roles}): {what}", "{operator} ({roles}): {what}"),
    "what-look-up": ("opened a record", "hat einen Eintrag geöffnet"),
    "what-look-at-ledger": ("opened your page", "hat Ihre Seite geöffnet"),
    "what-other": ("did: {kind}", "tat: {kind}"),
    "stands": ("What doors ask for", "Wonach Türen fragen"),
    "from-until": ("from {since} until {until}", "von {since} bis {until}"),
    "open-end": ("open", "offen"),
    "cards": ("My cards", "Meine Karten"),
    "no-cards": ("You have no card.", "Sie haben keine Karte."),
    # One decision.
    "why": ("Why?", "Warum?"),
    "change": ("What would change it", "Was würde es ändern"),
    "clauses": ("The rules, one by one", "Die Regeln, eine nach der anderen"),
    "held": ("met", "erfüllt"),
    "broken": ("not met", "nicht erfüllt"),
    "take": ("Take the receipt home", "Den Beleg mitnehmen"),
    "take-why": (
        "It is a file. Anybody can check it, without us.",
        "Es ist eine Datei. Jeder kann sie prüfen, ohne uns.",
    ),
    "english-below": ("", "Die Sätze darunter sind so geschrieben, wie sie im Protokoll stehen, auf Englisch."),
    # Taking, withdrawing, leaving.
    "yours": ("Yours to decide", "Das entscheiden Sie"),
    "copy": ("Take a copy of everything", "Alles mitnehmen"),
    "copy-why": (
        "A ZIP file: a page to read, the same for machines, and every receipt.",
        "Eine ZIP-Datei: eine Seite zum Lesen, dasselbe für Maschinen, und jeder Beleg.",
    ),
    "face-on": ("Your face opens doors since {since}.", "Ihr Gesicht öffnet Türen seit {since}."),
    "face-off": ("Your face is not enrolled.", "Ihr Gesicht ist nicht gespeichert."),
    "withdraw": ("Withdraw my face", "Mein Gesicht zurückziehen"),
    "withdraw-lede": (
        "Doors forget your face at once. Your cards go on working. You can enrol again later.",
        "Türen vergessen Ihr Gesicht sofort. Ihre Karten gehen weiter. Sie können sich später neu anmelden.",
    ),
    "withdraw-sure": ("Yes, forget my face", "Ja, mein Gesicht vergessen"),
    "withdrawn": ("Your face is forgotten here.", "Ihr Gesicht ist hier vergessen."),
    "forgetting": (
        "Each door says when it has forgotten it too:",
        "Jede Tür sagt, wann auch sie es vergessen hat:",
    ),
    "forgotten-at": ("{door}: forgotten at {at}", "{door}: vergessen um {at}"),
    "forgotten-wait": ("{door}: not yet, it will when it is back", "{door}: noch nicht, sobald sie wieder da ist"),
    "leave": ("Leave this house", "Dieses Haus verlassen"),
    "leave-lede": (
        "Your name, cards, entries and face are deleted. No door lets you in any more. What was decided stays in the "
        "log, without your name. This cannot be undone.",
        "Name, Karten, Einträge und Gesicht werden gelöscht. Keine Tür lässt Sie mehr ein. Was entschieden wurde, "
        "bleibt im Protokoll, ohne Ihren Namen. Das lässt sich nicht zurücknehmen.",
    ),
    "leave-type": ("Type your name, so that it is no slip", "Geben Sie Ihren Namen ein, damit es kein Versehen ist"),
    "leave-name": (
        "That is not your name as it stands here.",
        "Das ist nicht Ihr Name, wie er hier steht.",
    ),
    "leave-contest": (
        "A contest of yours is still open. Leave when it is decided.",
        "Ein Widerspruch von Ihnen läuft noch. Gehen Sie, wenn er entschieden ist.",
    ),
    "left": ("You have left. Goodbye.", "Sie haben uns verlassen. Auf Wiedersehen."),
    "left-why": ("What we knew about you is deleted.", "Was wir über Sie wussten, ist gelöscht."),
    # Codes to sign in with.
    "codes": ("Ten codes to sign in with", "Zehn Codes zum Anmelden"),
    "codes-why": (
        "Each works once, if you lose your phone. Print them, and keep them where you keep keys.",
        "Jeder gilt einmal, wenn Sie Ihr Telefon verlieren. Drucken Sie sie aus, und bewahren Sie sie bei den "
        "Schlüsseln auf.",
    ),
    "codes-make": ("Show ten codes", "Zehn Codes zeigen"),
    "codes-old": ("Older codes work no more after this.", "Ältere Codes gelten danach nicht mehr."),
    "kept": ("I have kept them", "Ich habe sie aufbewahrt"),
    "later": ("Later", "Später"),
    # The kiosk.
    "kiosk": ("Find your receipt", "Ihren Beleg finden"),
    "kiosk-lede": (
        "Which door, when, and your card: that finds it. Nothing is shown but the code.",
        "Welche Tür, wann, und Ihre Karte: das genügt. Gezeigt wird nur der Code.",
    ),
    "kiosk-day": ("Day", "Tag"),
    "kiosk-minute": ("Time, to the minute", "Uhrzeit, auf die Minute"),
    "kiosk-card": ("Your card’s number", "Nummer Ihrer Karte"),
    "kiosk-none": ("Nothing fits", "Nichts passt"),
    "kiosk-none-why": (
        "No decision at that door and minute was about this card. Try the minute before or after.",
        "Keine Entscheidung an dieser Tür und Minute betraf diese Karte. Versuchen Sie die Minute davor oder danach.",
    ),
    "kiosk-found": ("Your receipt code", "Ihr Code"),
    "kiosk-next": ("Note it down. With it you can contest.", "Notieren Sie ihn. Damit können Sie widersprechen."),
}


def say(language: str, name: str, /, **filled: object) -> str:
    """The words of this name. Raises KeyError for a name or a language that there is not."""
    words = WORDS[name][list(LANGUAGES).index(language)]
    return words.format(**filled) if filled else words


def preferred(accepted: str, chosen: str | None) -> str:
    """The language to speak: the one chosen before, else the first of the Accept-Language header that we speak."""
    if chosen is not None and chosen in LANGUAGES:
        return chosen
    for part in accepted[:200].split(","):
        tag = part.split(";")[0].strip().lower().split("-")[0]
        if tag in LANGUAGES:
            return tag
    return next(iter(LANGUAGES))
