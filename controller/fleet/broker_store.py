"""What the broker keeps on the disk between restarts, and how a store that has run full is made to serve again.

nats-server with a full store refuses every connection, also after a restart. Nothing in the store is the only copy of
anything: asks are asked again, events are sent again from the journal, status and configuration are published again
by whoever comes back. So a store that is nearly full is emptied before the broker starts.
"""

import shutil
from pathlib import Path

LIMIT_MB = 256
NEARLY_FULL = 0.75


def store_bytes(store: Path) -> int:
    """How much lies in the store; 0 when there is none."""
    return sum(file.stat().st_size for file in store.rglob("*") if file.is_file())


def empty_if_nearly_full(store: Path, limit_mb: int = LIMIT_MB) -> bool:
    """Remove the store when it holds 3/4 of its limit; returns whether it did. Only while no broker runs."""
    if store_bytes(store) < limit_mb * 1_000_000 * NEARLY_FULL:
        return False
    shutil.rmtree(store)
    return True
