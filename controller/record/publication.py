"""Who published which policy, as which version, and when: a C2SP signed note of the site's own publishing key.

The note's text is one line of JSON with sorted keys. Anybody's tools verify it (c2sp.org/signed-note) with the verifier
key of `ostiary/<site>/policy`, which the keeper tells and which belongs on paper beside the log's.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from ostiary.controller.record.checkpoint import BadNote, Signer, open_note

KEY = "site/policy"


@dataclass(frozen=True, slots=True)
class Publication:
    """`sha256` names the policy's content (64 hex digits), `version` counts the site's publications from 1, `operator`
    published it at `at_ms` (Unix milliseconds)."""

    sha256: str
    version: int
    operator: str
    at_ms: int


def publisher(site: str, secret: bytes) -> Signer:
    """The signer of a site's publications, from the 32 secret bytes that the key store has under `KEY`."""
    return Signer(f"ostiary/{site}/policy", secret)


def sign(signer: Signer, publication: Publication) -> str:
    """The publication as a signed note."""
    return signer.sign_text(json.dumps(asdict(publication), sort_keys=True, separators=(",", ":")) + "\n")


def read(note: str, verifier_key: str) -> Publication:
    """The publication in a note that this key signed. Raises `BadNote` or `BadKey`."""
    text = open_note(note, verifier_key)
    try:
        found: Any = json.loads(text)
        match found:
            case {"sha256": str(sha256), "version": int(version), "operator": str(operator), "at_ms": int(at_ms)}:
                return Publication(sha256, version, operator, at_ms)
            case _:
                raise BadNote("The note is signed, and it is no publication.")
    except json.JSONDecodeError as error:
        raise BadNote(f"The note is signed, and it is no publication ({error}).") from error
