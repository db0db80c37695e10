"""Where the door stands: the highest lease term ever seen, and what its keeper last desired. Both outlive a reboot."""

TYPE_CHECKING = False  # MicroPython has no `typing` to import it from.
if TYPE_CHECKING:
    from typing import Any

# Before any keeper spoke: what a door does that nobody has told anything.
UNTOLD: "dict[str, Any]" = {"lockdown": False, "face": True, "offline": "deny"}
LIMIT_MS = 3_000
HELD_MS = 30_000

# These change with every acknowledgement and are not worth a write to the disk.
FLEETING = ("v", "term", "number", "journal_upto")

NEW, SAME, OLD = "new", "same", "old"


class Standing:
    """`term`, and the `desired` message in force. `recovered_…` is what the journal says of the last boot."""

    def __init__(self, term: int, desired: "dict[str, Any] | None") -> None:
        self.term = term
        self._desired = UNTOLD if desired is None else desired

    @property
    def number(self) -> int:
        """Of the `desired` in force; 0 where there was none yet."""
        return self._desired.get("number", 0)

    @property
    def lockdown(self) -> bool:
        return self._desired["lockdown"]

    @property
    def face(self) -> bool:
        return self._desired["face"]

    @property
    def pin(self) -> bool:
        """Whether a card at the reader waits for its PIN."""
        return self._desired.get("pin", False)

    @property
    def liveness(self) -> str:
        """What the door asks to speak for a face of flesh."""
        return self._desired.get("liveness", "none")

    @property
    def limit_ms(self) -> int:
        return self._desired.get("limit_ms", LIMIT_MS)

    @property
    def held_ms(self) -> int:
        return self._desired.get("held_ms", HELD_MS)

    @property
    def decides_alone(self) -> bool:
        return self._desired["offline"] == "pack"

    @property
    def max_age_ms(self) -> int:
        """How old a pack may be that decides."""
        return self._desired.get("offline_max_age_ms", 0)

    @property
    def trusts_unset_clock(self) -> bool:
        return self._desired.get("unknown_clock") == "pack"

    @property
    def packs_from(self) -> "int | None":
        """The lowest version of a pack that may decide, where one was named."""
        return self._desired.get("packs_from")

    @property
    def pass_key(self) -> "str | None":
        """The site's public key for passes (base64url of 32 bytes), where it was said."""
        return self._desired.get("pass_key")

    def saw(self, term: int) -> bool:
        """An authentic message named this term; whether it is the highest so far, to be kept before anything else."""
        if term <= self.term:
            return False
        self.term = term
        return True

    def take(self, message: "dict[str, Any]") -> str:
        """`NEW`: it is in force now; `SAME`: it was already; `OLD`: a newer one is."""
        was = (self._desired.get("term", 0), self.number)
        now = (message["term"], message["number"])
        if now < was or message["term"] < self.term:
            return OLD
        if now == was:
            return SAME
        self._desired = message
        return NEW

    def kept(self) -> "dict[str, Any] | None":
        """What a journal keeps of it, None where no keeper spoke yet."""
        if self._desired is UNTOLD:
            return None
        return {name: value for name, value in self._desired.items() if name != "journal_upto"}

    def lasting(self) -> "dict[str, Any]":
        """What is worth a write when it changes."""
        return {name: value for name, value in self._desired.items() if name not in FLEETING}
