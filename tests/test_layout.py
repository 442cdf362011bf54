"""The shape of the house: small files, one job each, in the folders that the map names."""

import ast
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from tests.devices.guest.__main__ import SHARES
from tests.support.arrows import Arrows

ROOT = Path(__file__).parents[1]
PRODUCT = ("kiosk", "hardware", "web")
TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "docs", "hardware",
    "kiosk", "pyproject.toml", "requirements-dev.lock", "requirements.lock", "systemd", "tests", "web",
}  # fmt: skip
WRITTEN_BY_HAND = {".py", ".html", ".css", ".js", ".sh"}
LONGEST_FILE, LONGEST_FUNCTION = 400, 60  # lines

product_files = sorted(path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py"))
all_python = product_files + sorted((ROOT / "tests").rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tracked() -> list[str]:
    """The files that git keeps; skips where this is no git checkout."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_longer_than_somebody_reads_in_one_go():
    folders = (*PRODUCT, "systemd", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in WRITTEN_BY_HAND]
    lengths = {name(path): len(path.read_text().splitlines()) for path in files}
    assert {file: lines for file, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{name(path)}:{node.lineno} {node.name}: {lines} lines"
        for path in product_files
        for node in functions(path)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_it_is_for():
    modules = product_files + [path for path in all_python if path.parent.name in {"support", "bench"}]
    silent = [name(path) for path in modules if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_nothing_is_called_utils_helpers_or_manager():
    vague = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc)$")
    assert [name(path) for path in all_python if vague.search(path.stem)] == []
    classes = [
        f"{name(path)}: {node.name}"
        for path in product_files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and re.search(r"^(Abstract|Base[A-Z])|(Manager|Helper|Utils)$", node.name)
    ]
    assert classes == []


def swallows_everything(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches any exception and does not pass it on."""
    broad = handler.type is None or (isinstance(handler.type, ast.Name) and "BaseException".endswith(handler.type.id))
    last = handler.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


def test_one_place_alone_catches_everything():
    broad = [
        name(path)
        for path in product_files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and swallows_everything(node)
    ]
    assert broad == ["kiosk/core/fence.py"]


def test_sql_is_spoken_in_the_store_only():
    statement = re.compile(
        r"^\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|PRAGMA\s|CREATE\s)"
    )
    elsewhere = []
    for path in product_files:
        if path.is_relative_to(ROOT / "kiosk" / "store"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and statement.match(node.value):
                elsewhere.append(f"{name(path)}:{node.lineno}")
    assert elsewhere == []


def test_the_locks_name_no_address_and_pin_every_file_by_its_hash():
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text()
        assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links", text), f"{lock} names an address"
        pins = re.split(r"\n(?=[a-z0-9])", text.strip())
        assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)


def test_the_tests_lock_holds_what_the_kiosk_runs_with():
    pins = [set(re.findall(r"^[a-z0-9].*==[^ ]+", (ROOT / lock).read_text(), re.MULTILINE)) for lock in (
        "requirements.lock", "requirements-dev.lock")]  # fmt: skip
    assert pins[0] <= pins[1]


def test_every_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {re.split(r"[<>=!~ \[]", line)[0] for line in project["project"]["dependencies"]}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert wanted <= locked
    assert "setuptools" in locked, "the project is installed without fetching its build tool"


def test_the_top_level_holds_what_a_repository_conventionally_has():
    assert {file.split("/")[0] for file in tracked()} <= TOP_LEVEL


def test_nothing_made_by_a_machine_or_a_day_of_work_is_kept():
    unwanted = re.compile(r"(\.pyc|\.mo|\.pot|\.db|\.db-wal|\.log|\.egg-info|\.orig|\.rej)(/|$)|^var/")
    assert [file for file in tracked() if unwanted.search(file)] == []


def test_every_package_has_its_walls():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    walled = {contract["importer"] for contract in project["tool"]["importlinter"]["contracts"]}
    packages = {f"kiosk.{path.parent.name}" for path in (ROOT / "kiosk").glob("*/__init__.py")}
    assert (packages | {"kiosk.settings", "hardware", "web"}) - walled == {"kiosk.cli"}  # it starts everything


def arrows(importer: str, *may_import: str) -> Arrows:
    return Arrows(name="", session_options={}, contract_options={"importer": importer, "may_import": list(may_import)})


def test_an_import_across_a_wall_is_found():
    graph = grimp.ImportGraph()
    graph.add_import(importer="web.desk", imported="kiosk.core.model")
    graph.add_import(importer="web.desk", imported="web.forms")
    graph.add_import(importer="webcam", imported="hardware.lamps")
    assert arrows("web", "kiosk.core").check(graph, verbose=False).kept
    graph.add_import(importer="web.desk", imported="hardware.lamps.leds")
    check = arrows("web", "kiosk.core").check(graph, verbose=False)
    assert not check.kept
    assert check.metadata["broken"] == [("web.desk", "hardware.lamps.leds")]


def test_every_test_of_the_devices_runs_in_one_of_the_guests():
    chosen = [ROOT / part for share in SHARES.values() for part in share.split()]
    run = [file for part in chosen for file in (part.rglob("test_*.py") if part.is_dir() else [part])]
    assert sorted(run) == sorted((ROOT / "tests" / "devices").rglob("test_*.py"))
