"""Hypothesis for the whole house: nothing is timed in a test, so no example has a deadline."""

import os

from hypothesis import settings

# On a build machine the examples are the same in every run, so that a red run can be looked into.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")
