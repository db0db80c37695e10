"""The lease under which this controller owns its site. A node stores the highest term that it saw and refuses lower."""

TERM = 1  # one controller owns an embedded site, so its lease never rises
