"""What the house knows of boards: one profile each, and the rules that no profile may break."""
