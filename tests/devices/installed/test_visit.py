"""A whole visit on kernel devices: code before the lens, forehead on the bus, lamp on a line, row in the log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from kiosk.core.model import Outcome
from kiosk.core.requests import Typed
from kiosk.services.street import Mint
from kiosk.store.reader import Filter, Reader
from tests.support.gates import ask, frame_with, wall
from tests.support.installed_kiosk import AT, conditions, detail, device, gate, lit_soon, restarts, soon
from tests.support.kernel_devices import (
    FEVERISH_C,
    FOR_EVER,
    HEALTHY_C,
    HeaderLines,
    PluggedCamera,
    ThermometerPart,
    UsbHandScanner,
)  # fmt: skip

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


def someone_collects() -> bool:
    """Whether a visit goes on; the result of the last one may still be shown."""
    current = gate().lanes[0].current
    return current is not None and current.outcome is None


@pytest.fixture(autouse=True)
def nobody_there(kiosk: Mint, lens: PluggedCamera, part: ThermometerPart, header: HeaderLines) -> Iterator[None]:
    go_away(lens, part)
    soon(lambda: not conditions() & DEVICES_DOWN and not someone_collects() and not header.lit(GREEN))
    yield
    go_away(lens, part)


def test_a_resident_with_a_good_code_and_no_fever_is_shown_green_and_written_down(
    kiosk: Mint, lens: PluggedCamera, part: ThermometerPart, header: HeaderLines, figure: Callable[[str], None]
) -> None:
    before = rows()
    show_code(lens, kiosk.local_pass("Wang Xiaoming"))
    soon(someone_collects, within_s=5)
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


def test_a_code_from_the_hand_scanner_is_a_visit_like_any_other(
    kiosk: Mint, hand: UsbHandScanner, part: ThermometerPart, header: HeaderLines
) -> None:
    soon(lambda: device("hand_scanner") == "ok", within_s=BACK_WITHIN_S)
    hand.reads(kiosk.local_pass("Zhao Lei"), each_key_s=hand.SLOWLY_S)
    soon(someone_collects, within_s=2)
    part.measures(HEALTHY_C)
    lit_soon(header, GREEN, within_s=10)
    hand.unplug()
    soon(lambda: device("hand_scanner") == "unplugged", within_s=NAMED_WITHIN_S)


@dataclass(frozen=True)
class Blow:
    """Something that happens to a device while the gate runs."""

    device: str
    state: set[str]
    strike: Callable[[PluggedCamera, ThermometerPart], None]
    starts_anew: bool = False  # its process ends, and the next one has to look for the device already
    condition_within_s: float = 1.2  # after it was named: what fails for less than a second is a hiccup

    @property
    def condition(self) -> str:
        return f"{self.device}_down"


BLOWS = {
    "camera unplugged": Blow("camera", {"unplugged"}, lambda lens, part: lens.unplug(), starts_anew=True),
    "camera stalled": Blow("camera", {"stalled"}, lambda lens, part: lens.set(stalled=1)),
    "picture frozen": Blow("camera", {"frozen_picture"}, lambda lens, part: lens.set(frozen=1)),
    "thermometer unplugged": Blow("thermometer", {"nack"}, lambda lens, part: part.set(nack=FOR_EVER)),
    "wrong PEC": Blow("thermometer", {"bad_pec"}, lambda lens, part: part.set(bad_pec=FOR_EVER)),
    "error bit": Blow("thermometer", {"error_flag"}, lambda lens, part: part.set(error_bit=FOR_EVER)),
    "hanging bus": Blow(
        "thermometer", {"stuck", "silent"}, lambda lens, part: part.set(hang_ms=1000, bus_hang=FOR_EVER)
    ),
}


@pytest.mark.parametrize("what", BLOWS)
def test_a_device_that_fails_is_named_within_two_seconds_and_back_within_three_of_its_return(
    kiosk: Mint, lens: PluggedCamera, part: ThermometerPart, header: HeaderLines, what: str
) -> None:
    blow, before = BLOWS[what], restarts()
    blow.strike(lens, part)
    soon(lambda: device(blow.device) in blow.state, within_s=NAMED_WITHIN_S)
    soon(lambda: blow.condition in conditions(), within_s=blow.condition_within_s)
    ask(AT, Typed, lane="main", text=kiosk.local_pass(f"Meanwhile {datetime.now(UTC)}"))
    if blow.device == "thermometer":
        soon(lambda: gate().lanes[0].current is not None, within_s=5)
        assert not header.lit(GREEN)
    if blow.starts_anew:
        soon(lambda: "is not there" in detail(blow.device))
    lens.mend()
    part.mend()
    soon(lambda: device(blow.device) == "ok" and blow.condition not in conditions(), within_s=BACK_WITHIN_S)
    assert restarts()["kiosk-gate"] == before["kiosk-gate"]


def test_a_header_that_is_pulled_out_is_named_and_lights_again_within_three_seconds_of_its_return(
    kiosk: Mint, lens: PluggedCamera, part: ThermometerPart, header: HeaderLines
) -> None:
    before = restarts()
    header.unplug()
    try:
        soon(lambda: "ok" not in (device("lamp"), device("buttons")), within_s=NAMED_WITHIN_S)
    finally:
        header.plug_in()
    soon(lambda: device("lamp") == device("buttons") == "ok", within_s=BACK_WITHIN_S)
    ask(AT, Typed, lane="main", text=kiosk.local_pass("Liu Yang"))
    part.measures(HEALTHY_C)
    lit_soon(HeaderLines(), GREEN, within_s=10)
    HeaderLines().press(CALL)
    soon(lambda: gate().lanes[0].called_since, within_s=2)
    HeaderLines().release(CALL)
    assert restarts()["kiosk-gate"] == before["kiosk-gate"]
