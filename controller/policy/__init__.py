"""The written rules of a site and their reasons: pure, with no I/O, no database, no network and no clock of its own."""
