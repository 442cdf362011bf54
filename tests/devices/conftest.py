"""These tests run in the guest, whose kernel has the devices: `make test-devices`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.kernel_devices import HeaderLines, PluggedCamera, ThermometerPart, UsbHandScanner

HERE = Path(__file__).parent
IN_GUEST = "KIOSK_GUEST_RUNS" in os.environ
FIGURES: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not IN_GUEST:
        for item in (each for each in items if HERE in each.path.parents):
            item.add_marker(pytest.mark.skip(reason="needs the guest's devices: make test-devices"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Says at once what failed: a guest that is stopped says nothing at its end."""
    if report.failed and IN_GUEST:
        print(f"\n{report.nodeid}\n{report.longreprtext}", flush=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for figure in FIGURES:
        terminalreporter.write_line(figure)


@pytest.fixture
def figure() -> Callable[[str], None]:
    """Takes a line that is shown at the end."""
    return FIGURES.append


@pytest.fixture
def part() -> Iterator[ThermometerPart]:
    """The thermometer, well, with nobody before it."""
    part = ThermometerPart()
    part.mend()
    part.measures(24.0)
    yield part
    part.mend()
    part.measures(24.0)


@pytest.fixture
def lens() -> Iterator[PluggedCamera]:
    """The camera, plugged in, at 640x480."""
    lens = PluggedCamera()
    lens.mend()
    lens.set(fps=15)
    lens.size(640, 480)
    yield lens
    lens.mend()


@pytest.fixture
def hand() -> Iterator[UsbHandScanner]:
    """The hand scanner, plugged in."""
    hand = UsbHandScanner()
    hand.plug_in()
    yield hand
    hand.unplug()


@pytest.fixture
def header() -> HeaderLines:
    return HeaderLines()
