"""What is true of a policy whoever comes and whenever: proved by a solver, or refuted by an example that was tried."""
