"""The decision log: every record sealed, in one Merkle tree, durable before anybody is told."""
