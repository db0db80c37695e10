"""The persons' pages: a receipt by its code, and, after signing in, everything that is theirs. No script is needed."""
