"""The sample site: portraits that may be shipped, and a policy, for demonstration, tests and training."""

from pathlib import Path

_PORTRAITS = Path(__file__).parent / "portraits"
_POLICIES = Path(__file__).parent / "policy"


def portraits() -> tuple[str, ...]:
    """Names of the pictures, like "member-1"."""
    return tuple(sorted(file.stem for file in _PORTRAITS.iterdir() if file.suffix in (".jpg", ".png")))


def portrait(name: str) -> Path:
    """The picture file of that name; raises LookupError with the names there are."""
    for suffix in (".jpg", ".png"):
        file = _PORTRAITS / f"{name}{suffix}"
        if name in portraits() and file.is_file():
            return file
    raise LookupError(f"There is no sample portrait {name!r}. There are: {', '.join(portraits())}.")


def policy_text(name: str) -> str:
    """The sample policy of that name, like "workshop"; raises LookupError with the names there are."""
    file = _POLICIES / f"{name}.yaml"
    known = sorted(held.stem for held in _POLICIES.glob("*.yaml"))
    if name not in known:
        raise LookupError(f"There is no sample policy {name!r}. There are: {', '.join(known)}.")
    return file.read_text(encoding="utf-8")
