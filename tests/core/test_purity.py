"""The core decides and does nothing else: no file, no socket, no clock, no chance."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "kiosk" / "core").rglob("*.py"))

# What reaches outside, by module; a whole module, or the one name of it that the core may not use.
FORBIDDEN_MODULES = {
    "asyncio", "fcntl", "glob", "http", "logging", "multiprocessing", "os", "pathlib", "pickle", "platform",
    "random", "secrets", "select", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys",
    "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
FORBIDDEN_CALLS = {"open", "input", "print", "exec", "eval", "breakpoint", "__import__"}
FORBIDDEN_ATTRIBUTES = {
    "now",
    "utcnow",
    "today",
    "fromtimestamp_now",
    "read_text",
    "read_bytes",
    "write_text",
    "urandom",
}
# How the core finds the formats and checks that lie beside it: by the names of its own files, once, at import.
FINDS_ITS_OWN_MODULES = {"kiosk/core/formats/__init__.py", "kiosk/core/checks/__init__.py"}
FOR_FINDING = {"pathlib", "pkgutil", "importlib"}


def impurities(source: str, allowed: set[str] = frozenset()) -> list[str]:
    """What a module does that a pure one does not, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        found += [
            f"line {node.lineno}: imports {name}"
            for name in names
            if name.split(".")[0] in FORBIDDEN_MODULES and name.split(".")[0] not in allowed
        ]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            found.append(f"line {node.lineno}: calls {node.func.id}()")
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in FORBIDDEN_ATTRIBUTES
        ):
            found.append(f"line {node.lineno}: calls .{node.func.attr}()")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_does_no_io_and_asks_no_clock(path: Path):
    name = path.relative_to(ROOT).as_posix()
    assert impurities(path.read_text(), FOR_FINDING if name in FINDS_ITS_OWN_MODULES else frozenset()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from os import path",
        "import urllib.request",
        "from datetime import datetime\nx = datetime.now()",
        "from datetime import date\ndef f(): return date.today()",
        "def f(p): return open(p)",
        "def f(p): return p.read_text()",
        "def f():\n    import time\n    return time.time()",
    ],
)
def test_a_module_that_reaches_outside_is_found(source):
    assert impurities(source)


def test_times_as_arguments_are_pure():
    assert impurities("from datetime import datetime, timedelta\ndef f(now: datetime): return now + timedelta(1)") == []
