"""The controller: decides, records, and can be asked why."""

__version__ = "0.1.0"
