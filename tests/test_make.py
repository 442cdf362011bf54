"""`make` asks apt for what is missing and for nothing else, and says in one line what it cannot do."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DPKG = """#!/bin/sh
echo 'installed libzbar0t64 libzbar0 (= 0.23.93)'
echo 'installed bash '
echo 'config-files espeak-ng '
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


class Machine:
    """A folder of programs that stands for a machine, and what was asked of its apt."""

    def __init__(self, folder: Path, *, apt: bool = True) -> None:
        self.folder, self.asked = folder, folder / "asked"
        for tool in ("bash", "sh", "sed", "tr", "env", "cat", "grep", "make", "echo"):
            (folder / tool).symlink_to(shutil.which(tool) or tool)
        self.program("dpkg-query", DPKG)
        self.program("sudo", '#!/bin/sh\n"$@"\n')
        if apt:
            self.program("apt-get", f'#!/bin/sh\necho "$@" >> {self.asked}\n')

    def program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shutil.which("make") or "make", *arguments], cwd=ROOT, env={"PATH": str(self.folder)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip


def test_nothing_is_asked_of_apt_when_nothing_is_missing(tmp_path: Path):
    machine = Machine(tmp_path)
    done = machine.make("packages", "PACKAGES=bash libzbar0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not machine.asked.exists()


def test_only_what_is_missing_is_installed_and_the_lists_are_fetched_first(tmp_path: Path):
    machine = Machine(tmp_path)
    done = machine.make("packages", "PACKAGES=bash libzbar0 espeak-ng")
    assert done.stdout == "Installing with apt: espeak-ng\n"
    assert machine.asked.read_text().splitlines() == [
        "update -qq",
        "install -qq -y --no-install-recommends espeak-ng",
    ]


def test_a_system_without_apt_is_told_what_to_install(tmp_path: Path):
    done = Machine(tmp_path, apt=False).make("packages", "PACKAGES=bash espeak-ng")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        "make: this system has no apt-get; install what Debian calls espeak-ng, then say make APT=no"
    )


def test_somebody_who_installed_the_packages_otherwise_may_say_so(tmp_path: Path):
    assert Machine(tmp_path, apt=False).make("packages", "PACKAGES=espeak-ng", "APT=no").returncode == 0


def test_help_lists_every_target_with_what_it_does():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"setup", "run", "test", "lint", "bench"} <= {line.split()[0] for line in listed.splitlines()}
    assert all(len(line.split()) > 2 for line in listed.splitlines())
