"""The keeper's hot path, one file per step, in order: intake, identify, judge, record, answer.

No step calls back: each takes a value and returns a value, and only `controller/app.py` wires them.
"""
