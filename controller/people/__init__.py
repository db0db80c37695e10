"""Persons as the site keeps them: consent, faces, cards, memberships, and the ledger behind a score."""
