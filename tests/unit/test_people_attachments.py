"""Files sent along with a contest: known by their bytes, few, bounded, never rewritten, and gone with their person."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, update
from sqlalchemy.exc import DBAPIError

from ostiary.controller.people import contests, leaving, registry
from ostiary.controller.people.attachments import add, attachments, kind_of
from ostiary.controller.people.contests import Contest
from ostiary.controller.people.errors import Malformed
from ostiary.controller.store.attachment_tables import LARGEST_BYTES, attachment
from ostiary.controller.store.people_db import open_people

ADA, BO = "p-" + "a" * 16, "p-" + "b" * 16
PDF = b"%PDF-1.7\n%\xe2\xe3"


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    engine = open_people(tmp_path / "people.db")
    with engine.begin() as conn:
        registry.add(conn, ADA, "Ada", 1)
        registry.add(conn, BO, "Bo", 1)
        yield conn
    engine.dispose()


@pytest.fixture
def opened(conn: Connection) -> Contest:
    return contests.open_contest(conn, ADA, "decision", 7, "Not so.", "Ada", 2)


def test_files_keep_their_order_and_are_named_here(conn: Connection, opened: Contest) -> None:
    add(conn, opened, (PDF, "Grüße\r\n".encode(), b"\xff\xd8\xff\xe0"), 3)
    assert [one.name for one in attachments(conn, opened.id)] == [
        "contest-1-file-1.pdf",
        "contest-1-file-2.txt",
        "contest-1-file-3.jpg",
    ]
    assert attachments(conn, opened.id)[0].data == b""
    assert attachments(conn, opened.id, whole=True)[0].data == PDF


@pytest.mark.parametrize(
    "files",
    [
        (b"a", b"b", b"c", b"d"),
        (b"",),
        (b"a" * (LARGEST_BYTES + 1),),
        (b"MZ\x90\x00",),
        (b"\x7fELF",),
        (b"PK\x03\x04",),
        (b"GIF89a\x00",),
        (b"text \x00 and more",),
        ("mirrored \u202e txt".encode(),),
    ],
)
def test_what_is_too_much_or_of_another_kind_is_refused(
    conn: Connection, opened: Contest, files: tuple[bytes, ...]
) -> None:
    with pytest.raises(Malformed):
        add(conn, opened, files, 3)


@given(st.binary(max_size=200))
def test_any_bytes_have_a_kind_or_are_refused(data: bytes) -> None:
    try:
        assert kind_of(data) in {"pdf", "png", "jpeg", "text"}
    except Malformed as refused:
        assert all((refused.what, refused.why, refused.now))


def test_the_database_refuses_what_the_code_never_writes(conn: Connection, opened: Contest) -> None:
    add(conn, opened, (PDF, PDF, PDF), 3)
    row = {"person": ADA, "contest": opened.id, "kind": "pdf", "data": PDF, "at_ms": 3}
    for hostile in (
        insert(attachment).values(**row),
        insert(attachment).values(**row | {"person": BO}),
        insert(attachment).values(**row | {"kind": "html"}),
        update(attachment).values(data=b"another"),
        delete(attachment),
    ):
        with pytest.raises(DBAPIError), conn.begin_nested():
            conn.execute(hostile)


def test_files_go_with_their_person(conn: Connection, opened: Contest) -> None:
    add(conn, opened, (PDF,), 3)
    assert leaving.leave(conn, ADA, 4).removed["attachment"] == 1
    assert attachments(conn, opened.id) == ()
