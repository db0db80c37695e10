"""The operators' pages: each file a page or two, and its forms."""

from ostiary.controller.web.panel import (
    contests,
    credentials,
    decisions,
    door_acts,
    doors,
    duplicate,
    face,
    imports,
    ledger,
    lockdown,
    log,
    models,
    now,
    numbers,
    people,
    person,
    policy,
    policy_past,
    policy_shadow,
    portal_link,
    purpose,
    review,
    standing,
    step_up,
)

# In this order: a path is taken by the first that fits, and /people/enrol is nobody's id.
PAGES = (
    *(now, doors, door_acts, lockdown, step_up, numbers),
    *(contests, review, decisions, log, imports, ledger),
    *(people, duplicate, person, credentials, face, standing, portal_link),
    *(policy, policy_past, policy_shadow, models, purpose),
)
