"""Every reason code as a sentence to the person, with what to do next; the clauses' own sentences stand beside them."""

from collections.abc import Mapping

from ostiary.controller.policy.language import pick

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        # decided by the policy
        "granted": "You may pass.",
        "suspended": "Your access is suspended for now. Please speak with the office.",
        "revoked": "Your access has been revoked. Please speak with the office.",
        "not-member": "This door is for members. Please ask the office about a membership.",
        "membership-ended": "Your membership has ended. Please ask the office to renew it.",
        "missing-holding": "Something that this door asks for is not in your name yet. Please ask the office how to "
        "get it.",
        "score-below": "Your score is below what this door asks for. Your page says what would change that.",
        "tier-below": "Your score is below the tier that this door asks for. Your page says what would change that.",
        "outside-hours": "This door is closed at this time. Please come back within its hours.",
        "inside-already": "You are counted as inside already. Please ask the office if you have left.",
        "full": "There is no room inside at the moment. Please come back when somebody has left.",
        "not-escorted": "This door asks that somebody goes in ahead of you. Please come with them.",
        "none-of-these": "None of the things of which this door asks for one is there. Your page says what would "
        "change that.",
        "live-unknown": "What this door needs to know about the moment is not known. Please try once more, or ask the "
        "office.",
        "lockdown": "This door is locked down for now. Please wait for the office to end it.",
        "withdrawn": "You have left this site. Please speak with the office if that is a mistake.",
        "unknown-door": "The policy has no rule for this door, so it stays closed. Please tell the office.",
        # decided before the policy
        "no-policy": "No policy is published yet, so every door stays closed. Please tell the office.",
        "claim-missing": "This door needs to know who you are first. Please present your card or pass.",
        "card-unknown": "This card is not known here. Please try another card, or ask the office.",
        "card-revoked": "This card has been revoked. Please ask the office for a new one.",
        "card-not-accepted": "A card alone does not open this door. Please look at the camera after presenting it.",
        "pass-unknown": "This pass is not known here. Please ask whoever gave it to you, or the office.",
        "pass-revoked": "This pass has been revoked. Please ask the office for a new one.",
        "pass-not-yet": "The time of this pass has not come yet. Please come back when it begins.",
        "pass-expired": "The time of this pass has passed. Please ask the office for a new one.",
        "pass-not-valid-here": "This pass is for another door. Please use the doors that it names.",
        "pass-used": "This pass lets you in once, and that has been. Please ask the office for another one.",
        "pass-not-accepted": "A pass alone does not open this door. Please use this door's other credential.",
        "pin-missing": "This door wants your PIN as well. Present your card or pass once more and type it.",
        "pin-wrong": "The PIN was not right. Present your card or pass once more and type it slowly.",
        "pin-throttled": "Too many PINs were wrong. Wait half a minute before the next one, or ask the office for "
        "another.",
        "pin-not-set": "This door wants a PIN, and you have none yet. Please ask the office to set one.",
        "not-enrolled": "No face is enrolled for you, and none is needed: please use this door's other credential.",
        "face-off": "No face is looked at here for now. Please use this door's other credential.",
        "strike-away": "You may pass, but the lock could not be reached, so the door stays closed. Please tell the "
        "office, and try again in a moment.",
        "face-missing": "No face was seen. Come a little closer and look at the camera.",
        "faces-unclear": "Two faces were about equally near. Please come one at a time.",
        "liveness-missing": "This door wants to see your head move. Turn it slowly to one side and back, or use this "
        "door's other credential.",
        "face-mismatch": "The face did not match the card. Please try once more, or use this door's other credential.",
        "face-near": "Almost: the face could not be compared well enough. Look straight at the camera and try once "
        "more.",
        "face-unknown": "This face was not recognised. Please present your card, or ask the office.",
        "several-candidates": "The face could not be told apart from another one. Please present your card.",
        "gallery-too-large": "This door may no longer search among so many faces. Please present your card.",
        "quality-eye-distance-px": "The face was too small to see. Come a little closer and look at the camera.",
        "quality-sharpness": "The picture was blurred. Hold still for a moment and look at the camera.",
        "quality-exposure": "There was too little or too much light. Turn your face towards the light and try "
        "once more.",
        "quality-yaw-deg": "The face was turned away. Look straight at the camera.",
        "quality-pitch-deg": "The face was raised or lowered. Look straight at the camera.",
        "quality-roll-deg": "The head was tilted. Hold it upright and look at the camera.",
        "quality-uncovered": "Something covered the eyes or the mouth. Take it away for a moment, or use this door's "
        "other credential.",
        "quality-*": "The picture was not good enough. Come a little closer and look straight at the camera.",
        # decided by a door alone, without its keeper
        "not-in-pack": "The door could not reach its controller, and does not know this credential by itself. Please "
        "try again later, or ask the office.",
        "not-now": "The door could not reach its controller. By what it knew you may not pass at this time.",
        "expired": "The time of this pass is over, or has not come yet. Please ask whoever gave it to you.",
        "pack-too-old": "The door has not reached its controller for too long to decide alone. Please tell the office.",
        "clock-wrong": "The door could not reach its controller, and its clock is wrong. Please tell the office.",
        "clock-unknown": "The door could not reach its controller, and does not know the time. Please tell the office.",
        "pack-missing": "The door could not reach its controller, and has no pack to use. Please tell the office.",
        "safe-mode": "The door runs in safe mode and decides nothing by itself. Please tell the office.",
        "pulse-refused": "The door could not open as its pack says. Please tell the office.",
        # messages that were refused
        "malformed": "The door's message could not be read. Please try once more, and tell the office if it happens "
        "again.",
        "oversized": "The door's message was too long. Please try once more, and tell the office if it happens again.",
        "version": "The door's program does not fit this controller. Please tell the office.",
        "unauthentic": "The door could not prove its message. Please tell the office.",
        "wrong-key": "The door could not prove its message. Please tell the office.",
        "wrong-kind": "The door's message was of the wrong kind. Please tell the office.",
        "wrong-door": "The message came from a node of another door. Please tell the office.",
        "wrong-model": "The door compares faces with a model that is not in use here. Please use your card, and "
        "tell the office.",
        "unknown-node": "This door's node is not known here. Please tell the office.",
        "replayed": "This request had been sent before, so it was not decided again. Please try once more.",
        "stale": "This request came too late. Please try once more.",
        "*": "The request could not be decided. Please try once more, or ask the office.",
    },
    "de": {
        "granted": "Sie können eintreten.",
        "suspended": "Ihr Zutritt ruht zurzeit. Bitte sprechen Sie mit dem Büro.",
        "revoked": "Ihr Zutritt ist widerrufen. Bitte sprechen Sie mit dem Büro.",
        "not-member": "Diese Tür ist für Mitglieder. Bitte fragen Sie im Büro nach einer Mitgliedschaft.",
        "membership-ended": "Ihre Mitgliedschaft ist abgelaufen. Bitte lassen Sie sie im Büro erneuern.",
        "missing-holding": "Etwas, das diese Tür verlangt, ist für Sie noch nicht eingetragen. Bitte fragen Sie im "
        "Büro danach.",
        "score-below": "Ihr Punktestand reicht für diese Tür noch nicht. Auf Ihrer Seite steht, was das ändert.",
        "tier-below": "Ihr Punktestand liegt unter der Stufe, die diese Tür verlangt. Auf Ihrer Seite steht, was das "
        "ändert.",
        "outside-hours": "Diese Tür ist um diese Zeit geschlossen. Bitte kommen Sie innerhalb ihrer Zeiten wieder.",
        "inside-already": "Sie gelten als schon drinnen. Bitte fragen Sie im Büro, wenn Sie gegangen sind.",
        "full": "Drinnen ist zurzeit kein Platz. Bitte kommen Sie wieder, wenn jemand gegangen ist.",
        "not-escorted": "Diese Tür verlangt, dass jemand vor Ihnen hineingeht. Bitte kommen Sie gemeinsam.",
        "none-of-these": "Nichts von dem, wovon diese Tür eines verlangt, ist da. Auf Ihrer Seite steht, was das "
        "ändert.",
        "live-unknown": "Was diese Tür über den Augenblick wissen muss, ist nicht bekannt. Bitte versuchen Sie es "
        "noch einmal, oder fragen Sie im Büro.",
        "lockdown": "Diese Tür ist zurzeit gesperrt. Bitte warten Sie, bis das Büro die Sperre aufhebt.",
        "withdrawn": "Sie haben diesen Ort verlassen. Bitte sprechen Sie mit dem Büro, wenn das ein Irrtum ist.",
        "unknown-door": "Für diese Tür gibt es keine Regel, darum bleibt sie zu. Bitte sagen Sie im Büro Bescheid.",
        "no-policy": "Noch sind keine Regeln veröffentlicht, darum bleiben alle Türen zu. Bitte sagen Sie im Büro "
        "Bescheid.",
        "claim-missing": "Diese Tür muss zuerst wissen, wer Sie sind. Bitte zeigen Sie Ihre Karte oder Ihren QR-Pass "
        "vor.",
        "card-unknown": "Diese Karte ist hier nicht bekannt. Bitte versuchen Sie eine andere, oder fragen Sie im Büro.",
        "card-revoked": "Diese Karte ist gesperrt. Bitte lassen Sie sich im Büro eine neue geben.",
        "card-not-accepted": "Eine Karte allein öffnet diese Tür nicht. Bitte schauen Sie danach in die Kamera.",
        "pass-unknown": "Dieser Pass ist hier nicht bekannt. Bitte fragen Sie, wer ihn Ihnen gegeben hat, oder im "
        "Büro.",
        "pass-revoked": "Dieser Pass wurde gesperrt. Bitte lassen Sie sich im Büro einen neuen geben.",
        "pass-not-yet": "Dieser Pass gilt noch nicht. Bitte kommen Sie wieder, wenn seine Zeit beginnt.",
        "pass-expired": "Die Zeit dieses Passes ist vorbei. Bitte lassen Sie sich im Büro einen neuen geben.",
        "pass-not-valid-here": "Dieser Pass gilt für eine andere Tür. Bitte nutzen Sie die Türen, die er nennt.",
        "pass-used": "Dieser Pass gilt für ein Mal, und das ist gewesen. Bitte fragen Sie im Büro nach einem neuen.",
        "pass-not-accepted": "Ein Pass allein öffnet diese Tür nicht. Bitte nutzen Sie den anderen Weg an dieser Tür.",
        "pin-missing": "Diese Tür will auch Ihre PIN. Zeigen Sie Karte oder Pass bitte noch einmal vor, und tippen "
        "Sie sie.",
        "pin-wrong": "Die PIN war nicht richtig. Zeigen Sie Karte oder Pass bitte noch einmal vor, und tippen Sie "
        "langsam.",
        "pin-throttled": "Zu viele PINs waren falsch. Warten Sie bitte eine halbe Minute bis zur nächsten, oder lassen "
        "Sie sich im Büro eine neue geben.",
        "pin-not-set": "Diese Tür will eine PIN, und Sie haben noch keine. Bitte lassen Sie im Büro eine setzen.",
        "not-enrolled": "Für Sie ist kein Gesicht hinterlegt, und es braucht auch keines: Bitte nutzen Sie den anderen "
        "Weg an dieser Tür.",
        "face-off": "Hier wird zurzeit kein Gesicht angesehen. Bitte nutzen Sie den anderen Weg an dieser Tür.",
        "strike-away": "Sie dürfen eintreten, aber das Schloss war nicht zu erreichen, darum bleibt die Tür zu. Bitte "
        "sagen Sie im Büro Bescheid, und versuchen Sie es gleich noch einmal.",
        "face-missing": "Es war kein Gesicht zu sehen. Kommen Sie bitte etwas näher und schauen Sie in die Kamera.",
        "faces-unclear": "Zwei Gesichter waren etwa gleich nah. Bitte kommen Sie einzeln.",
        "liveness-missing": "Diese Tür will sehen, dass sich Ihr Kopf bewegt. Drehen Sie ihn bitte langsam zur Seite "
        "und zurück, oder nutzen Sie den anderen Weg an dieser Tür.",
        "face-mismatch": "Das Gesicht passte nicht zur Karte. Bitte versuchen Sie es noch einmal, oder nutzen Sie "
        "den anderen Weg an dieser Tür.",
        "face-near": "Fast: Das Gesicht ließ sich nicht gut genug vergleichen. Schauen Sie bitte gerade in die Kamera "
        "und versuchen Sie es noch einmal.",
        "face-unknown": "Dieses Gesicht wurde nicht erkannt. Bitte zeigen Sie Ihre Karte vor, oder fragen Sie im Büro.",
        "several-candidates": "Das Gesicht ließ sich nicht von einem anderen unterscheiden. Bitte zeigen Sie Ihre "
        "Karte vor.",
        "gallery-too-large": "Unter so vielen Gesichtern darf diese Tür nicht mehr suchen. Bitte zeigen Sie Ihre "
        "Karte vor.",
        "quality-eye-distance-px": "Das Gesicht war zu klein. Kommen Sie bitte näher und schauen Sie in die Kamera.",
        "quality-sharpness": "Das Bild war unscharf. Halten Sie bitte kurz still und schauen Sie in die Kamera.",
        "quality-exposure": "Es war zu dunkel oder zu hell. Drehen Sie sich bitte zum Licht und versuchen Sie es "
        "noch einmal.",
        "quality-yaw-deg": "Das Gesicht war abgewandt. Schauen Sie bitte gerade in die Kamera.",
        "quality-pitch-deg": "Das Gesicht war gehoben oder gesenkt. Schauen Sie bitte gerade in die Kamera.",
        "quality-roll-deg": "Der Kopf war geneigt. Halten Sie ihn bitte aufrecht und schauen Sie in die Kamera.",
        "quality-uncovered": "Augen oder Mund waren verdeckt. Nehmen Sie das bitte kurz weg, oder nutzen Sie den "
        "anderen Weg an dieser Tür.",
        "quality-*": "Das Bild war nicht gut genug. Kommen Sie bitte etwas näher und schauen Sie gerade in die Kamera.",
        "not-in-pack": "Die Tür konnte ihre Steuerung nicht erreichen und kennt diesen Ausweis selbst nicht. Bitte "
        "versuchen Sie es später, oder fragen Sie im Büro.",
        "not-now": "Die Tür konnte ihre Steuerung nicht erreichen. Nach ihrem Stand dürfen Sie jetzt nicht hinein.",
        "expired": "Die Zeit dieses Passes ist vorbei oder noch nicht gekommen. Bitte fragen Sie, von wem er ist.",
        "pack-too-old": "Die Tür hat ihre Steuerung zu lange nicht erreicht, um allein zu entscheiden. Bitte "
        "sagen Sie es dem Büro.",
        "clock-wrong": "Die Tür konnte ihre Steuerung nicht erreichen, und ihre Uhr geht falsch. Bitte sagen Sie es "
        "dem Büro.",
        "clock-unknown": "Die Tür konnte ihre Steuerung nicht erreichen und kennt die Zeit nicht. Bitte sagen Sie es "
        "dem Büro.",
        "pack-missing": "Die Tür konnte ihre Steuerung nicht erreichen und kann allein nicht entscheiden. Bitte "
        "sagen Sie es dem Büro.",
        "safe-mode": "Die Tür läuft im Notbetrieb und entscheidet nichts allein. Bitte sagen Sie es dem Büro.",
        "pulse-refused": "Die Tür konnte nicht so öffnen, wie es vorgesehen ist. Bitte sagen Sie es dem Büro.",
        "malformed": "Die Nachricht der Tür war nicht lesbar. Bitte versuchen Sie es noch einmal, und sagen Sie im "
        "Büro Bescheid, wenn es wieder geschieht.",
        "oversized": "Die Nachricht der Tür war zu lang. Bitte versuchen Sie es noch einmal, und sagen Sie im "
        "Büro Bescheid, wenn es wieder geschieht.",
        "version": "Das Programm der Tür passt nicht zu dieser Steuerung. Bitte sagen Sie im Büro Bescheid.",
        "unauthentic": "Die Tür konnte ihre Nachricht nicht belegen. Bitte sagen Sie im Büro Bescheid.",
        "wrong-key": "Die Tür konnte ihre Nachricht nicht belegen. Bitte sagen Sie im Büro Bescheid.",
        "wrong-kind": "Die Nachricht der Tür war von falscher Art. Bitte sagen Sie im Büro Bescheid.",
        "wrong-door": "Die Nachricht kam von einem Gerät einer anderen Tür. Bitte sagen Sie im Büro Bescheid.",
        "wrong-model": "Die Tür vergleicht Gesichter mit einem Modell, das hier nicht gilt. Bitte nutzen Sie "
        "Ihre Karte, und sagen Sie im Büro Bescheid.",
        "unknown-node": "Das Gerät dieser Tür ist hier nicht bekannt. Bitte sagen Sie im Büro Bescheid.",
        "replayed": "Diese Anfrage kam schon einmal, darum wurde sie nicht erneut entschieden. Bitte versuchen Sie "
        "es noch einmal.",
        "stale": "Diese Anfrage kam zu spät. Bitte versuchen Sie es noch einmal.",
        "*": "Die Anfrage ließ sich nicht entscheiden. Bitte versuchen Sie es noch einmal, oder fragen Sie im Büro.",
    },
}


def sentence(reason: str, language: str = "en") -> str:
    """The sentence of a reason code; a code that has none of its own gets the one of its family (`quality-*`) or the
    general one. Raises `UnknownLanguage`."""
    table = pick(SENTENCES, language)
    family = f"{reason.partition('-')[0]}-*"
    return table.get(reason) or table.get(family) or table["*"]
