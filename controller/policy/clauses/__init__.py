"""The closed set of clause types, one file each: a type is here because its file is, and in no other way."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from ostiary.controller.policy.clause import Clause


@cache
def clause_types() -> Mapping[str, type[Clause]]:
    """Every clause type by its word in the document, in the order of the files' names: each file's `CLAUSE`."""
    files = sorted(module.name for module in iter_modules(__path__))
    types = [import_module(f"{__name__}.{file}").CLAUSE for file in files]
    return MappingProxyType({found.name: found for found in types})
