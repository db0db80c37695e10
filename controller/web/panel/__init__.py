"""The operators' pages: each file a page or two, and its forms."""

from ostiary.controller.web.panel import (
    contests,
    decisions,
    face,
    imports,
    ledger,
    lockdown,
    models,
    now,
    people,
    person,
    policy,
    portal_link,
    purpose,
    review,
    standing,
    step_up,
)

# In this order: a path is taken by the first that fits, and /people/enrol is nobody's id.
PAGES = (
    *(
        now,
        lockdown,
        step_up,
        contests,
        review,
        decisions,
        imports,
        ledger,
        people,
        person,
        face,
        standing,
        portal_link,
    ),
    *(policy, models, purpose),
)
