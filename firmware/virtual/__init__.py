"""The door's hardware, pretended: a shipped product for demonstrations, tests and training."""
