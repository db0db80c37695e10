"""Makes a node's identity: the directory from which the node program starts, and the same secret in the key store.

Called again it keeps what is good, mends what is missing and renews what is about to run out; the secret and the
client id stay.
"""

import json
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ostiary.controller.fleet.ca import Authority, Leaf, Vault, issue, site_authority, still_good
from ostiary.controller.fleet.holder import Holder, node_holder
from ostiary.controller.fleet.nodes import FleetNode, checked, keep_node
from ostiary.controller.fleet.private_file import read_if_there, write_private
from ostiary.controller.store.places import Places
from ostiary.controller.store.sqlite_file import sync_directory
from ostiary.protocol import base64url

SECRET_BYTES = 32
CLIENT_ID_BYTES = 20  # 160 random bits: who knows a client id can throw its owner off the broker


def make_node(places: Places, vault: Vault, site: str, node: FleetNode, *, host: str, port: int, at_ms: int) -> Path:
    """See that `node` has a whole identity in its directory and a place in the fleet; returns the directory.

    A new directory appears whole or not at all; in an existing one each file is replaced on its own, `node.json` last.
    Files that the node itself added are not touched. Raises `BadId`, `BadRoles`, `StrangeAuthority`, OSError.
    """
    holder = node_holder(site, checked(node).node, virtual=node.virtual)
    authority = site_authority(places.tls / "ca.pem", vault, site, at_ms)
    secret = vault.get_or_create(f"node/{node.node}", lambda: secrets.token_bytes(SECRET_BYTES))
    directory = places.node(node.node)
    files = {
        "ca.pem": authority.pem,
        "secret": base64url.encode(secret).encode(),
        **_leaf_files(authority, holder, directory, at_ms),
        "node.json": _card(site, node, host, port, _client_id(directory)),
    }
    if directory.is_dir():
        for name, data in files.items():
            if read_if_there(directory / name) != data or (directory / name).stat().st_mode & 0o077:
                write_private(directory / name, data)
    else:
        _appear(directory, files)
    keep_node(places, node)
    return directory


def _leaf_files(authority: Authority, holder: Holder, directory: Path, at_ms: int) -> dict[str, bytes]:
    held = Leaf(read_if_there(directory / "node.pem") or b"", read_if_there(directory / "node.key") or b"")
    leaf = held if still_good(authority, holder, held, at_ms) else issue(authority, holder, at_ms)
    return {"node.key": leaf.key, "node.pem": leaf.certificate}


def _client_id(directory: Path) -> str:
    """The one the node has, else a new one. It names nobody, so that knowing a node is not knowing its client id."""
    try:
        held = json.loads(read_if_there(directory / "node.json") or b"{}")
        kept = held.get("client_id") if isinstance(held, dict) else None
    except ValueError:
        kept = None
    if isinstance(kept, str) and len(kept) >= len(secrets.token_urlsafe(CLIENT_ID_BYTES)):
        return kept
    return secrets.token_urlsafe(CLIENT_ID_BYTES)


def _card(site: str, node: FleetNode, host: str, port: int, client_id: str) -> bytes:
    card: dict[str, Any] = {
        "v": 1,
        "site": site,
        "door": node.door,
        "node": node.node,
        "roles": list(node.roles),
        "profile": node.profile,
        "broker": {"host": host, "port": port},
        "client_id": client_id,
        "virtual": node.virtual,
    }
    return (json.dumps(card, indent=1) + "\n").encode()


def _appear(directory: Path, files: dict[str, bytes]) -> None:
    directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}."))  # made with mode 0700
    try:
        for name, data in files.items():
            write_private(new / name, data)
        new.rename(directory)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        raise
    sync_directory(directory.parent)
