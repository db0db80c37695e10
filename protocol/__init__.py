"""The contract that nodes and their keeper share; the same files run on CPython and on MicroPython."""
