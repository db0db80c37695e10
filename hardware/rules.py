"""What no board profile may say: a strike that moves while a board boots, or one that hangs outside."""

from __future__ import annotations

from collections.abc import Iterable

from ostiary.hardware.mistake import BadProfile
from ostiary.hardware.profile import Profile, Wire
from ostiary.hardware.words import INPUTS, OUTPUTS

STRIKE_PULL_DOWN_OHM = 47_000


def checked(profile: Profile) -> Profile:
    """The profile itself. Raises the first of its problems."""
    for problem in problems(profile):
        raise problem
    return profile


def check_roles(profile: Profile, roles: Iterable[str]) -> None:
    """Raise `BadProfile` where a node on this board cannot have these roles.

    `strike` needs a board that hangs inside and a strike on it; `reader` may hang anywhere.
    """
    if "strike" not in roles:
        return
    if profile.hangs == "outside":
        raise BadProfile(
            f"A node on the board {profile.board} cannot have the role strike.",
            "That board hangs outside, where whoever opens its case would hold the lock's wire.",
            "Give it the role reader, and the strike to a second node inside.",
        )
    if "strike" not in profile.wires:
        raise BadProfile(
            f"A node on the board {profile.board} cannot have the role strike.",
            "Its profile has no wire for a strike.",
            "Give it the role reader, or a board whose profile has one: ostiary board list",
        )


def problems(profile: Profile) -> list[BadProfile]:
    """Everything that is wrong with it, in the order of its wires."""
    found = list(_place(profile))
    on_pin: dict[int, str] = {}
    for function, wire in profile.wires.items():
        found += _pin(profile, function, wire)
        if wire.pin in on_pin:
            found.append(
                BadProfile(
                    f"{function} cannot be on pin {wire.pin}.",
                    f"{on_pin[wire.pin]} is on it already, and one pin has one wire.",
                    "Move one of the two to a free pin.",
                )
            )
        on_pin.setdefault(wire.pin, function)
    if ("wiegand-d0" in profile.wires) != ("wiegand-d1" in profile.wires):
        found.append(
            BadProfile(
                "A card reader cannot be wired like this.",
                "Wiegand has two data lines, and the profile has one.",
                "Name both wiegand-d0 and wiegand-d1, or neither.",
            )
        )
    return found


def _place(profile: Profile) -> Iterable[BadProfile]:
    if profile.camera == "on-board" and profile.hangs != "outside":
        yield BadProfile(
            f"{profile.board} cannot hang inside.",
            "Its camera is on the board, so the board hangs where the camera looks: outside.",
            'Write hangs = "outside", and let a second board inside hold the strike.',
        )
    if "strike" in profile.wires and (profile.hangs == "outside" or profile.camera == "on-board"):
        yield BadProfile(
            f"{profile.board} cannot hold a strike.",
            "It hangs outside, where whoever opens its case would hold the lock's wire.",
            "Take the strike off this profile and give it to a board inside.",
        )


def _pin(profile: Profile, function: str, wire: Wire) -> Iterable[BadProfile]:
    def refused(why: str, now: str) -> BadProfile:
        return BadProfile(f"{function} cannot be on pin {wire.pin}.", why, now)

    taken = profile.taken.get(wire.pin)
    if taken is not None:
        yield refused(f"The board itself has its {taken} there.", "Choose a pin that the board leaves free.")
    elif wire.pin not in profile.boot:
        yield refused(
            "The profile does not say what that pin does while the board boots.",
            "Name it under [boot], from the vendor's documents, or choose another pin.",
        )
    if function in OUTPUTS and wire.pin in profile.input_only:
        yield refused("That pin can only read.", "Choose a pin that can drive.")
    if function in INPUTS and wire.pin in profile.input_only and wire.pull_up_ohm is None:
        yield refused(
            "That pin has no pull-up inside the chip, so a cut wire would read as anything.",
            "Put a resistor to 3.3 V on it and name it (pull-up-ohm), or choose another pin.",
        )
    if function == "strike":
        yield from _strike(profile, wire)


def _strike(profile: Profile, wire: Wire) -> Iterable[BadProfile]:
    def refused(why: str, now: str = "Choose a pin that stays low while the board boots.") -> BadProfile:
        return BadProfile(f"strike cannot be on pin {wire.pin}.", why, now)

    level = profile.boot.get(wire.pin)
    if wire.pin in profile.strapping:
        yield refused("The chip reads that pin at every start to learn how to boot; a strike on it would decide that.")
    if level == "pulses":
        yield refused("That pin pulses while the board boots, so each power cut would open the door.")
    if level == "high":
        yield refused("That pin is pulled up while the board boots, so each power cut would open the door.")
    if wire.active != "high":
        yield refused(
            "It would be on when the pin is low, which is what a board without power gives.",
            'Write active = "high", and let the driver invert where the lock needs it.',
        )
    if wire.open_drain:
        yield refused("An open drain never drives it high.", "Leave open-drain away.")
    resistor = wire.pull_down_ohm
    if not profile.virtual and (resistor is None or resistor > STRIKE_PULL_DOWN_OHM):
        floats = (
            "That pin floats while the board boots" if level == "floats" else "The pin floats when its program ends"
        )
        yield refused(
            f"{floats}, and no resistor holds the strike's driver off.",
            f"Put at most {STRIKE_PULL_DOWN_OHM} ohms from the pin to ground and name it: pull-down-ohm = 10000",
        )
