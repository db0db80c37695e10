"""How every weights file is made: from pinned packages, by exact rewrites, written ranges and plain rounding."""
