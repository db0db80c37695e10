"""Files that a person sends along with a contest: known by their first bytes, never by what they are called."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from ostiary.controller.people.contests import Contest
from ostiary.controller.people.errors import Malformed
from ostiary.controller.store.attachment_tables import LARGEST_BYTES, MOST, attachment

ENDINGS = {"pdf": "pdf", "png": "png", "jpeg": "jpg", "text": "txt"}
_BEGINS = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"))


@dataclass(frozen=True, slots=True)
class Attachment:
    """`number` counts within the contest, from 1. `data` is empty in lists."""

    id: int
    number: int
    contest: int
    kind: str
    size_bytes: int
    data: bytes = b""

    @property
    def name(self) -> str:
        """What the file is called here; what the person called it is not kept."""
        return f"contest-{self.contest}-file-{self.number}.{ENDINGS[self.kind]}"


def kind_of(data: bytes) -> str:
    """`pdf`, `png`, `jpeg`, or `text`: UTF-8 without control characters but tab and line ends. Raises `Malformed`."""
    for begins, kind in _BEGINS:
        if data.startswith(begins):
            return kind
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if all(sign in "\t\r\n\ufeff" or sign.isprintable() for sign in text):
        return "text"
    raise Malformed("A file", "of another kind", "a PDF, a PNG, a JPEG or a plain text")


def add(conn: Connection, contest: Contest, files: tuple[bytes, ...], at_ms: int) -> None:
    """Keep these files with the contest. Raises `Malformed` for too many, too large, empty or of another kind."""
    if len(files) > MOST:
        raise Malformed("The files", f"{len(files)} of them", f"at most {MOST}")
    for data in files:
        if not 0 < len(data) <= LARGEST_BYTES:
            raise Malformed("A file", f"of {len(data)} bytes", f"1 byte to {LARGEST_BYTES // 1_000_000} MB")
        row = {"person": contest.person, "contest": contest.id, "kind": kind_of(data), "data": data, "at_ms": at_ms}
        conn.execute(insert(attachment).values(**row))


def attachments(conn: Connection, contest: int, *, whole: bool = False) -> tuple[Attachment, ...]:
    """The files of a contest in the order in which they were sent; with their bytes if `whole`."""
    rows = conn.execute(select(attachment).where(attachment.c.contest == contest).order_by(attachment.c.id)).all()
    return tuple(
        Attachment(row.id, number, contest, row.kind, len(row.data), row.data if whole else b"")
        for number, row in enumerate(rows, 1)
    )
