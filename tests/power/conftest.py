"""Tests whose power is cut: on a file system of the project's own, which only root can mount."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.power.machine import Machine, cannot_mount


@pytest.fixture(scope="session")
def mountable() -> None:
    """Skips where no file system can be mounted."""
    if reason := cannot_mount():
        pytest.skip(f"power cuts: {reason}")


@pytest.fixture
def machine(tmp_path: Path, mountable: None) -> Machine:
    """A machine that is off."""
    return Machine(tmp_path)


@pytest.fixture
def disk(machine: Machine) -> Iterator[Path]:
    """The disk of a machine that is on."""
    with machine.on(seed=1):
        yield machine.disk
