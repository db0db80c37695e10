"""The operators of a test's site: some who may everything, and one for each role."""

import os
import time

from sqlalchemy import Engine

from ostiary.controller.people import operators
from ostiary.controller.people.roles import CONSOLE, ROLES
from ostiary.controller.store.people_db import open_people
from ostiary.controller.store.places import Places

EVERYTHING = ("test", "office", "anna", "ben", "Rae", "Pat", "Sam", "ada", "Bob")


def add_operators_at(places: Places) -> None:
    """The same for a site that is open already, and may have been open before."""
    people = open_people(places.people_db)
    with people.begin() as conn:
        there = operators.has_admin(conn)
    if not there:
        add_operators(people)
    people.dispose()


def add_operators(people: Engine) -> None:
    """`test` and others of `EVERYTHING`, and `only-admin`, `only-enroller`, … of one role each."""
    at_ms = time.time_ns() // 1_000_000
    with people.begin() as conn:
        for name in EVERYTHING:
            operators.add(conn, operators.new_id(os.urandom(10)), name, ROLES, CONSOLE, at_ms)
        for role in ROLES:
            operators.add(conn, operators.new_id(os.urandom(10)), f"only-{role}", (role,), CONSOLE, at_ms)
