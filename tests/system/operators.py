"""The operators of a test's site: some who may everything, and one for each role."""

import os
import time

from sqlalchemy import Engine

from ostiary.controller.people import operators
from ostiary.controller.people.roles import CONSOLE, ROLES

EVERYTHING = ("test", "office", "anna", "ben", "Rae", "Pat", "Sam")


def add_operators(people: Engine) -> None:
    """`test` and others of `EVERYTHING`, and `only-admin`, `only-enroller`, … of one role each."""
    at_ms = time.time_ns() // 1_000_000
    with people.begin() as conn:
        for name in EVERYTHING:
            operators.add(conn, operators.new_id(os.urandom(10)), name, ROLES, CONSOLE, at_ms)
        for role in ROLES:
            operators.add(conn, operators.new_id(os.urandom(10)), f"only-{role}", (role,), CONSOLE, at_ms)
