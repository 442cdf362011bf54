"""The documents say what the code does: commands, settings, map, dependencies and targets cannot drift apart."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

import hardware
from kiosk.cli.settings import markdown
from kiosk.core.faults import KioskError, SettingsError
from kiosk.core.rules import Rules
from kiosk.settings import Settings
from tests.support.cli_reference import commands

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
DECISIONS = (ROOT / "docs" / "decisions.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMMANDS = list(commands())


@pytest.mark.parametrize(("file", "shape"), [("settings.md", Settings), ("rules.md", Rules)])
def test_the_reference_of_settings_and_rules_is_the_one_the_code_gives(file, shape):
    assert (ROOT / "docs" / file).read_text() == markdown(shape) + "\n", f"docs/{file} is old: run make docs"


def test_the_reference_of_commands_is_the_one_the_code_gives():
    english = {**os.environ, "LC_ALL": "C.UTF-8"}
    made = subprocess.run(
        [sys.executable, "-m", "tests.support.cli_reference"],
        cwd=ROOT,
        env=english,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ROOT / "docs" / "cli.md").read_text() == made.stdout, "docs/cli.md is old: run make docs"


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_says_what_it_does_and_gives_an_example(name: str, command: click.Command):
    words = command.help or ""
    assert words.strip(), f"{name} --help says nothing"
    if not isinstance(command, click.Group):
        assert re.search(rf"^\s*Examples?:\s*\n\s*(.*\| *|sudo )?{name}\b", words, re.MULTILINE), (
            f"{name} --help has no example"
        )


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_option_of_every_command_is_explained(name: str, command: click.Command):
    silent = [option.name for option in command.params if isinstance(option, click.Option) and not option.help]
    assert silent == [], f"{name}: {', '.join(map(str, silent))}"


def map_of(text: str, heading: str) -> set[str]:
    """The folders in the block under `heading`, each with its full path."""
    block = re.search(rf"## {heading}\n\n```\n(.*?)```", text, re.DOTALL)
    assert block, f"no map under {heading}"
    folders, path = set(), []
    for line in block[1].splitlines():
        indent, name = re.match(r"( *)([a-z_]+)/", line).groups()
        path = [*path[: len(indent) // 2], name]
        folders.add("/".join(path))
    return folders


def folders_of_code() -> set[str]:
    """Every package, and what the folder of tests holds besides the mirror of the packages."""
    packages = {
        path.parent.relative_to(ROOT).as_posix()
        for top in ("kiosk", "hardware")
        for path in (ROOT / top).rglob("__init__.py")
    }
    return packages | {"web", "systemd", "tests", "tests/browser", "tests/bench", "tests/devices", "tests/support"}


def test_the_map_of_the_house_names_every_folder_of_code_and_no_other():
    assert map_of(CONTRIBUTING, "The map of the house") == folders_of_code()


def test_the_readme_names_every_top_folder():
    tops = {folder.split("/")[0] for folder in folders_of_code()} | {"docs"}
    assert map_of(README, "Finding your way") == tops


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/decisions.md", "docs/security.md"]
)
def test_every_link_and_every_file_that_a_document_names_is_there(document):
    text = (ROOT / document).read_text()
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith(("http", "#"))]
    missing = [link for link in links if not ((ROOT / document).parent / link).exists()]
    example = re.compile(r"library_card|signboard|own_passes")
    named = re.findall(r"`((?:kiosk|hardware|web|systemd|tests|docs)/[\w./-]+)`", text)
    missing += [path for path in named if not example.search(path) and not (ROOT / path).exists()]
    assert missing == []


def test_every_document_that_the_code_refers_to_is_there():
    files = [
        path for top in ("kiosk", "hardware", "web", "systemd") for path in (ROOT / top).rglob("*") if path.is_file()
    ]
    texts = [path.read_text() for path in files if path.suffix in {".py", ".html", ".sh", ".toml", ".service"}]
    named = {name for text in texts for name in re.findall(r"docs/\w+\.md", text)}
    assert {name for name in named if not (ROOT / name).exists()} == set()


DEVICES = re.findall(r'`(camera|thermometer|lamp|voice|buttons) = "([^"]+)"`', README)


@pytest.mark.parametrize(("kind", "spec"), [device for device in DEVICES if "F" not in device[1]])
def test_every_device_that_the_readme_wires_is_understood(kind: str, spec: str):
    """Its driver and its argument are; whether such a device is connected here does not matter."""
    try:
        hardware.load(kind, spec, **({"wording": "{}{}".format} if kind == "voice" else {})).close()
    except SettingsError as error:
        pytest.fail(str(error))
    except KioskError:
        pass


def wanted(lines: list[str]) -> dict[str, str]:
    """Package and version floor of each requirement."""
    split = (re.match(r"([a-z0-9-]+)(?:>=([\d.]+))?", line) for line in lines)
    return {match[1]: match[2] or "" for match in split if match}


def told(heading: str) -> dict[str, str]:
    """Package and second column of each row of the table under `heading`."""
    section = DECISIONS.split(f"## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| ([a-z0-9-]+) \| ([^|]*?) \|", section, re.MULTILINE)[1:])


def test_every_dependency_has_its_floor_and_its_reason_in_the_decisions():
    assert told("What the kiosk runs with") == wanted(PROJECT["project"]["dependencies"])


def test_every_tool_has_its_reason_in_the_decisions():
    assert set(told("What tests and tools need besides")) == set(wanted(PROJECT["dependency-groups"]["dev"]))


def test_every_debian_package_that_make_installs_is_in_the_decisions():
    makefile = (ROOT / "Makefile").read_text()
    packages = " ".join(re.findall(r"^\w*PACKAGES := (.*)$", makefile, re.MULTILINE)).split()
    section = DECISIONS.split("## What comes from Debian\n")[1].split("\n## ")[0]
    assert [package for package in packages if package not in section] == []


def test_documents_and_make_agree_on_its_targets():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:`|^|sudo )make ([a-z]+)\b", README + CONTRIBUTING, re.MULTILINE))
    assert named - targets == set()
    assert targets - named == set()


def test_the_readme_has_a_picture_of_each_page():
    pictures = re.findall(r"!\[[^\]]+\]\((docs/pictures/[^)]+)\)", README)
    assert {page for page in ("screen", "desk", "records") if any(page in picture for picture in pictures)} == {
        "screen", "desk", "records",
    }  # fmt: skip


def test_the_commands_that_scripts_rely_on_are_there():
    stable = """run gate scanner web resolver check scan read judge settings | trust import | trust list | pass issue
        | venue poster | log list | log export | log verify | user add | roster import"""
    groups, *inner = (part.split() for part in stable.split("|"))
    promised = {f"kiosk {name}" for name in groups} | {f"kiosk {group} {name}" for group, name in inner}
    assert promised - {name for name, _ in COMMANDS} == set()
