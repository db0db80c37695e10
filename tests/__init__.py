"""Everything that tries to break the house. A package, because some dependency ships one of this name, too."""
