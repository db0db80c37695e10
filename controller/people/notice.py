"""What a person is told before a face is enrolled, word for word, with the hash that the consent keeps."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ostiary.controller.people.errors import NoticeUnknown

CURRENT = "1"
"""The version that is shown. An old file stays, so that what somebody agreed to can be shown again."""

_FILES = Path(__file__).parent / "notices"
_RELEASE = "\n---\n"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as its file has it: `text` to be read, `release` the sentences agreed to, sha256 of the whole file."""

    version: str
    language: str
    text: str
    release: str
    sha256: str


def languages(version: str = CURRENT) -> tuple[str, ...]:
    """The languages in which this version stands, sorted."""
    return tuple(sorted(path.name.split(".")[1] for path in _FILES.glob(f"face-{version}.*.txt")))


def notice(language: str = "en", version: str = CURRENT) -> Notice:
    """The notice on face recognition in this language. Raises `NoticeUnknown`."""
    known = languages(version)
    if language not in known:
        raise NoticeUnknown(f"{version!r} in {language!r}", ", ".join(known) or "none of this version")
    content = (_FILES / f"face-{version}.{language}.txt").read_bytes()
    text, _, release = content.decode().partition(_RELEASE)
    return Notice(version, language, text.strip(), release.strip(), hashlib.sha256(content).hexdigest())


def agreed_to(sha256: str) -> Notice:
    """The notice that has this hash, whatever its version and language. Raises `NoticeUnknown`."""
    for path in sorted(_FILES.glob("face-*.txt")):
        if hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            version, language, _ = path.name.removeprefix("face-").split(".")
            return notice(language, version)
    raise NoticeUnknown(f"with the hash {sha256[:16]}…", "those of this version of Ostiary and of earlier ones")
