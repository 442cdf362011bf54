"""A whole visit on kernel devices: code before the lens, forehead on the bus, lamp on a line, row in the log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from kiosk.core.model import Outcome
from kiosk.core.requests import Typed
from kiosk.services.street import Mint
from kiosk.store.reader import Filter, Reader
from tests.support.gates import ask, frame_with, wall
from tests.support.installed_kiosk import AT, conditions, device, gate, lit_soon, restarts, soon
from tests.support.kernel_devices import FEVERISH_C, FOR_EVER, HEALTHY_C, HeaderLines, PluggedCamera, ThermometerPart

pytestmark = pytest.mark.timeout(240)

GREEN, CALL = 17, 19
DEVICES_DOWN = {"camera_down", "thermometer_down"}
NAMED_WITHIN_S, BACK_WITHIN_S = 2.0, 3.0


def show_code(lens: PluggedCamera, text: str) -> None:
    lens.sees(frame_with(text, width=640, height=480))


def go_away(lens: PluggedCamera, part: ThermometerPart) -> None:
    lens.sees(wall(640, 480))
    part.measures(24.0)


def rows() -> int:
    return sum(row.kind == "visit" for row in Reader(AT.logbook).rows(Filter()))


def newest() -> Outcome | None:
    visits = [row for row in Reader(AT.logbook).rows(Filter()) if row.kind == "visit"]
    return max(visits, key=lambda row: row.seq).outcome


@pytest.fixture(autouse=True)
def nobody_there(kiosk: Mint, lens: PluggedCamera, part: ThermometerPart) -> Iterator[None]:
    go_away(lens, part)
    soon(lambda: not conditions() & DEVICES_DOWN)
    yield
    go_away(lens, part)


def test_a_resident_with_a_good_code_and_no_fever_is_shown_green_and_written_down(
    kiosk: Mint, lens: PluggedCamera, part: ThermometerPart, header: HeaderLines, figure: Callable[[str], None]
) -> None:
    before = rows()
    show_code(lens, kiosk.local_pass("Wang Xiaoming"))
    soon(lambda: gate().lanes[0].current, within_s=20)
    assert not header.lit(GREEN)
    began_s = time.monotonic()
    part.measures(HEALTHY_C)
    lit_soon(header, GREEN, within_s=10)
    figure(f"from the forehead to the green lamp: {time.monotonic() - began_s:.2f} s")
    assert (rows() - before, newest()) == (1, Outcome.PASS)


def test_a_fever_is_never_green(kiosk, lens, part, header) -> None:
    before = rows()
    show_code(lens, kiosk.local_pass("Chen Jing"))
    part.measures(FEVERISH_C)
    greens = []

    def written() -> bool:
        greens.append(header.lit(GREEN))
        return rows() > before

    soon(written, within_s=20)
    assert newest() is not Outcome.PASS
    assert not any(greens)
    assert not header.lit(GREEN)


def test_somebody_who_presses_the_call_button_is_seen_at_the_desk(kiosk, header: HeaderLines) -> None:
    soon(lambda: device("buttons") == "ok")
    header.press(CALL)
    try:
        soon(lambda: gate().lanes[0].called_since, within_s=2)
    finally:
        header.release(CALL)


def test_a_thermometer_pulled_out_is_named_within_two_seconds_and_back_within_three_of_its_return(
    kiosk: Mint, part: ThermometerPart, header: HeaderLines
) -> None:
    before = restarts()
    part.set(nack=FOR_EVER)
    soon(lambda: device("thermometer") != "ok" and "thermometer_down" in conditions(), within_s=NAMED_WITHIN_S)
    ask(AT, Typed, lane="main", text=kiosk.local_pass(f"Meanwhile {datetime.now(UTC)}"))
    soon(lambda: gate().lanes[0].current is not None, within_s=5)
    assert not header.lit(GREEN)
    part.mend()
    soon(lambda: device("thermometer") == "ok" and "thermometer_down" not in conditions(), within_s=BACK_WITHIN_S)
    assert restarts()["kiosk-gate"] == before["kiosk-gate"]
