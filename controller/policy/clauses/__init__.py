"""The closed set of clause types, one file each."""

from ostiary.controller.policy.clauses.holds import Holds
from ostiary.controller.policy.clauses.member import Member
from ostiary.controller.policy.clauses.score import AtLeast
from ostiary.controller.policy.clauses.within import Within

CLAUSES = (Member, Holds, AtLeast, Within)
