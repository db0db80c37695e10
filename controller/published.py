"""Whether the policy that a keeper tells is signed as it should be: the note held against the text it came with."""

from typing import Any

from ostiary.controller.policy.document import load
from ostiary.controller.policy.errors import PolicyError
from ostiary.controller.record.checkpoint import BadKey, BadNote
from ostiary.controller.record.publication import read


def verified(published: dict[str, Any], key: str) -> dict[str, Any]:
    """`holds`, `operator` and `words` of the note that came with a published policy, held against its own text."""
    if published["note"] is None:
        return _no("it was published by a version that did not sign yet.")
    try:
        said = read(published["note"], key)
        sha256 = load(published["text"]).sha256
    except (BadKey, BadNote, PolicyError) as error:
        return _no(str(error))
    if (said.sha256, said.version) != (sha256, published["version"]):
        return _no("the signature is of another text or another version.")
    return {"holds": True, "operator": said.operator, "words": f"Signed: published by {said.operator}."}


def _no(why: str) -> dict[str, Any]:
    return {"holds": False, "operator": None, "words": f"Not signed as it should be: {why} Publish it again."}
