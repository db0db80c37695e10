"""Hard forbids: what no clause outweighs. They come first, in this order, and nothing that a person earns lifts them.

Each is one file and answers the same questions as a clause (`clause.py`), save those of a document: no policy writes a
forbid, and none can leave one out.
"""

from ostiary.controller.policy.forbids.lockdown import Lockdown
from ostiary.controller.policy.forbids.revoked import Revoked
from ostiary.controller.policy.forbids.suspended import Suspended
from ostiary.controller.policy.forbids.withdrawn import Withdrawn

FORBIDS = (Withdrawn(), Revoked(), Suspended(), Lockdown())
CODES = frozenset(forbid.name for forbid in FORBIDS)
