"""The arrows of the house point one way: reads every import and fails when one turns."""

import ast
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
ROOMS = ("protocol", "models", "hardware", "scenarios", "firmware", "controller")

# room → rooms of ours that it may import. The longest matching prefix counts.
MAY_IMPORT = {
    "protocol": (),
    "models": (),
    "hardware": (),
    "firmware.door": ("protocol",),
    "scenarios": ("protocol",),
    "firmware": ("protocol", "models", "hardware"),
    "firmware.virtual": ("firmware", "scenarios", "protocol", "hardware"),
    "controller.policy": (),
    "controller.store": (),
    "controller.samples": ("models",),
    "controller.record": ("controller.store", "protocol"),
    "controller.people": ("controller.policy", "controller.store", "protocol", "models"),
    "controller.fleet": ("controller.store", "protocol", "hardware"),
    "controller.access": (
        "controller.people",
        "controller.policy",
        "controller.record",
        "controller.fleet",
        "controller.store",
        "protocol",
        "models",
    ),
    "controller.acts": (
        "controller.people",
        "controller.policy",
        "controller.record",
        "controller.fleet",
        "controller.store",
        "protocol",
    ),
    "controller.web": (
        "controller.people",
        "controller.policy",
        "controller.store",
        "controller.samples",
        "controller.acts.client",
        "controller.acts.errors",
        "controller.record.reading",
        "controller.record.tiles",
        "controller.doorstep",
        "controller.published",
        "controller.site",
        "protocol",
        "models",
    ),
    # The top of the house wires: app.py, supervise.py, programs.py, cli/. They import anything of the controller,
    # except the web, which runs as a process of its own.
    "controller": ("controller", "scenarios", "protocol", "models", "hardware"),
}
NOBODY_IMPORTS = ("controller.web",)

# No I/O, no network, no database, no clock: neither by import nor by a call.
PURE = ("controller.policy", "firmware.door")
IMPURE_MODULES = {
    "asyncio", "http", "io", "logging", "os", "pathlib", "random", "secrets", "select", "shutil", "socket",
    "sqlite3", "ssl", "subprocess", "sqlalchemy", "tempfile", "threading", "time", "urllib",
}  # fmt: skip
IMPURE_CALLS = {"now", "utcnow", "today", "open", "print", "input"}

STANDARD_LIBRARY_ONLY = ("protocol", "firmware.door")
# AES is in no standard library of CPython; this one file picks the interpreter's own.
EXCEPT = {"protocol.cipher": {"cryptography", "cryptolib", "ucryptolib"}}


def _modules() -> list[tuple[str, Path]]:
    return [
        (".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__"), path)
        for room in ROOMS
        for path in sorted((HOUSE / room).rglob("*.py"))
    ]


def _imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where an arrow points"
            module = node.module or ""
            found += [f"{module}.{alias.name}" for alias in node.names]
    return found


def _rule(module: str) -> str:
    return max((room for room in MAY_IMPORT if module == room or module.startswith(room + ".")), key=len)


def _under(module: str, rooms: tuple[str, ...]) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms)


@pytest.mark.parametrize(("module", "path"), _modules(), ids=[name for name, _ in _modules()])
def test_arrows_point_one_way(module: str, path: Path) -> None:
    own = _rule(module)
    for imported in _imports(path):
        if not imported.startswith("ostiary."):
            continue
        target = imported.removeprefix("ostiary.")
        # `ostiary.controller` alone holds the version.
        if _under(target, (own,)) or target == "controller.__version__":
            continue
        assert _under(target, MAY_IMPORT[own]), f"{module} imports {target}, and {own} may not"
        if not _under(module, NOBODY_IMPORTS):
            assert not _under(target, NOBODY_IMPORTS), f"{module} imports {target}; nobody may"


@pytest.mark.parametrize("module", [name for name, _ in _modules() if _under(name, PURE)])
def test_pure_rooms_have_no_window(module: str) -> None:
    path = dict(_modules())[module]
    touched = {name.split(".")[0] for name in _imports(path)} & IMPURE_MODULES
    assert not touched, f"{module} is pure and imports {sorted(touched)}"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            # A method named `open` of our own is no file; the builtin is.
            if name in IMPURE_CALLS and (isinstance(called, ast.Name) or name in {"now", "utcnow", "today"}):
                raise AssertionError(f"{module} line {node.lineno} calls {name}()")


@pytest.mark.parametrize("module", [name for name, _ in _modules() if _under(name, STANDARD_LIBRARY_ONLY)])
def test_portable_rooms_use_the_standard_library_only(module: str) -> None:
    allowed = EXCEPT.get(module, set()) | {"ostiary"}
    foreign = {
        top
        for name in _imports(dict(_modules())[module])
        if (top := name.split(".")[0]) not in sys.stdlib_module_names and top not in allowed
    }
    assert not foreign, f"{module} imports {sorted(foreign)}"


def test_no_file_is_named_for_leftovers() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    named = [module for module, _ in _modules() if set(module.split(".")) & vague]
    assert not named, f"These files are not thought through: {named}"
