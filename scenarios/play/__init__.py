"""Reads a scenario and plays it in a world: real processes, virtual time, or a rig."""
