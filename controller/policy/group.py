"""Groups of doors: words written once for many. A door's own words win, then its group's, then a wider group's."""

from collections.abc import Mapping

from ostiary.controller.policy import errors
from ostiary.controller.policy.errors import nearest_word
from ostiary.controller.policy.reading import Value

GROUP = "group"
MOST_LEVELS = 8  # a group in a group in a group …; nobody can say any more which word a door has from where


class Groups:
    """The section `groups` while a document is read. Nothing of it is left in the policy: its doors have it all."""

    def __init__(self, section: Value | None, keys: tuple[str, ...]) -> None:
        """`keys` are those that a door may have."""
        self._keys = keys
        self._groups: dict[str, tuple[Value, Mapping[str, Value]]] = {}
        self._members: dict[str, list[str]] = {}
        for name, key, value in section.named("group") if section else []:
            what = f'the group "{name}"'
            fields = value.findings.attempt(lambda what=what, value=value: value.fields(what, (), (GROUP, *keys)), {})
            self._groups[name] = (key, fields)
        for _, fields in self._groups.values():
            if GROUP in fields:
                fields[GROUP].findings.attempt(lambda fields=fields: self._wider(fields[GROUP], (), None), {})

    @property
    def members(self) -> dict[str, tuple[str, ...]]:
        """The doors that are in each group, by way of other groups or directly."""
        return {name: tuple(doors) for name, doors in self._members.items()}

    def complete(self, door: str, fields: Mapping[str, Value]) -> dict[str, Value]:
        """A door's words, and under them those of its group. Raises `UnknownGroup` or `CyclicGroup`."""
        wider = self._wider(fields[GROUP], (), door) if GROUP in fields else {}
        return {**wider, **{key: value for key, value in fields.items() if key != GROUP}}

    def refuse_unused(self) -> None:
        """Note an `UnusedGroup` for each group without a door."""
        for name, (key, _) in self._groups.items():
            if name not in self._members:
                found = f'the group "{name}", which no door is in'
                key.findings.refuse(errors.UnusedGroup(key.at, found, "a door in it"))

    def _wider(self, named: Value, inside: tuple[str, ...], door: str | None) -> dict[str, Value]:
        name = named.name_word("the name of a group")
        if name not in self._groups:
            known = ", ".join(self._groups) or "none is written down"
            near = nearest_word(name, self._groups)
            raise errors.UnknownGroup(named.at, named.found, f"a group ({known})", near)
        if name in inside:
            circle = " → ".join([*inside[inside.index(name) :], name])
            raise errors.CyclicGroup(
                named.at, f'the group "{name}" inside itself ({circle})', "groups without a circle"
            )
        if len(inside) >= MOST_LEVELS:
            expected = f"at most {MOST_LEVELS} levels of groups"
            raise errors.TooDeep(named.at, f"a group within more than {MOST_LEVELS} others", expected)
        if door is not None:  # only a door makes a group useful
            self._members.setdefault(name, []).append(door)
        _, fields = self._groups[name]
        wider = self._wider(fields[GROUP], (*inside, name), door) if GROUP in fields else {}
        return {**wider, **{key: value for key, value in fields.items() if key != GROUP}}
