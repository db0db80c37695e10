"""What a reviewer reads about one person names no other."""

from hypothesis import given
from hypothesis import strategies as st

from ostiary.controller.web.redacting import OTHER, Redacting

NAMES = st.lists(st.text(alphabet="abcdefgh ", min_size=2, max_size=8).map(str.strip).filter(lambda n: len(n) > 1))


def test_others_go_and_the_person_stays() -> None:
    hide = Redacting(["Ada Lovelace", "Ada", "Grace Hopper"], "Grace Hopper")
    assert Redacting(["Ada"], "Ada Lovelace").text("Ada Lovelace, not Ada") == f"Ada Lovelace, not {OTHER}"
    assert hide.text("Ada Lovelace and Grace Hopper, said Ada.") == f"{OTHER} and Grace Hopper, said {OTHER}."


@given(NAMES, st.text(alphabet="abcdefgh ", max_size=60))
def test_no_name_of_another_is_left(names: list[str], said: str) -> None:
    own = names[0] if names else ""
    others = [name for name in names if name != own]
    hidden = Redacting(names, own).text(said)
    parts = [part for piece in hidden.split(OTHER) for part in (piece.split(own) if own else [piece])]
    assert not any(name in part for name in others for part in parts)
