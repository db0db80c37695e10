"""The door's own mind: pure, portable to MicroPython, without I/O and without a clock."""
