"""What the technician reads about every device, the clock and the buses, and what a silent gate leaves to say."""

from __future__ import annotations

import pytest
from flask import Flask

from kiosk.core.clocks import ClockReason
from kiosk.core.view import DeviceView
from kiosk.locale import words
from kiosk.settings import Lane, Settings
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import PASSPHRASE, Visitor, until
from web.gate import Gate

THERMOMETER = DeviceView(
    name="thermometer", driver="mlx90614:bus=1,emissivity=0.98", ok=True, state="ok", lane="north",
    reading="34.9 °C, 21.0 °C", errors={"bad_pec": 2, "nack": 1},
    facts={"id": "8a1c-0077", "checking": "pec", "emissivity": "0.980"},
)  # fmt: skip
LAMP = DeviceView(name="lamp", driver="gpio:green=17,red=22,pulse_s=1", ok=False, state="busy", lane="north")


@pytest.fixture
def settings() -> Settings:
    return Settings(lane=(Lane(name="north", camera="v4l2:0", thermometer="mlx90632:bus=3", lamp="simulated"),))


@pytest.fixture
def technician(app: Flask) -> Visitor:
    visitor = Visitor(app.test_client())
    assert visitor.log_in("tech", PASSPHRASE).status_code == 303
    return visitor


def told(visitor: Visitor, stub: GateStub, gate: Gate, *devices: DeviceView, **headers: str) -> str:
    stub.show(gate_stub.gate_view(devices=devices))
    until(lambda: gate.view is not None and gate.view.devices == devices)
    return visitor.page("/health", **headers)


def test_a_thermometer_is_told_with_part_reading_checking_errors_wiring_and_how_to_try_it(
    technician: Visitor, stub: GateStub, gate: Gate
):
    page = told(technician, stub, gate, THERMOMETER)
    for said in (
        "north", "works", "mlx90614:bus=1", "number 8a1c-0077", "last: 34.9 °C, 21.0 °C",
        "its values are checked: by a check sum (PEC)", "sends damaged values: 2 times", "does not answer: 1 times",
        "SDA to pin 3, SCL to pin 5", "kiosk thermometer show", 'href="/calibration?lane=north"',
    ):  # fmt: skip
        assert said in page, said


def test_the_lines_of_a_lamp_are_named_and_what_is_no_line_is_not(technician: Visitor, stub: GateStub, gate: Gate):
    page = told(technician, stub, gate, LAMP)
    assert "Wiring: green GPIO17, red GPIO22, and GND." in page
    assert "is held by another program" in page


def test_who_is_on_each_bus_is_told_with_number_and_state(technician: Visitor, stub: GateStub, gate: Gate):
    other = DeviceView(name="thermometer", driver="mlx90632:bus=3", ok=False, state="nack", lane="south")
    page = told(technician, stub, gate, THERMOMETER, other, LAMP)
    first, second = page.index("I2C bus 1"), page.index("I2C bus 3")
    assert "<code>8a1c-0077</code>: works" in page[first:second]
    assert "south" in page[second:]
    assert "I2C bus 2" not in page
    assert page.count("SDA to pin 3") == 1  # where bus 3 goes, its overlay says


def test_a_simulated_device_says_so_and_gives_no_wiring(technician: Visitor, stub: GateStub, gate: Gate):
    device = DeviceView(
        name="thermometer", driver="simulated", ok=True, state="ok", facts={"id": "simulated", "checking": "none"}
    )
    page = told(technician, stub, gate, device)
    assert "works (simulated)" in page
    assert "Wiring" not in page
    assert "number simulated" not in page


@pytest.mark.parametrize("reason", list(ClockReason))
def test_the_clocks_state_comes_with_its_reason_in_words(
    technician: Visitor, stub: GateStub, gate: Gate, reason: ClockReason
):
    clock = DeviceView(name="clock", driver="system", ok=True, state="degraded", detail=reason.value)
    page = told(technician, stub, gate, clock, **{"Accept-Language": "zh"})
    assert f"<bdi>{reason.value}</bdi>" not in page
    assert f"<bdi>{words.say(words.CLOCK_REASONS, reason)}</bdi>" in page


def test_a_silent_gate_leaves_the_configured_devices_as_not_known_instead_of_a_blank(
    technician: Visitor, stub: GateStub, gate: Gate, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Gate, "silent", property(lambda _gate: True))
    page = technician.page("/health")
    assert page.count("is not known while the gate is silent") >= 4
    assert "mlx90632:bus=3" in page
    assert "I2C bus 3" in page
    assert "is not known while the gate is silent (simulated)" in page


def test_a_volunteer_is_not_sent_to_a_page_that_is_closed_to_them(volunteer: Visitor, stub: GateStub, gate: Gate):
    page = told(volunteer, stub, gate, THERMOMETER)
    assert "/calibration" not in page
    assert volunteer.get("/calibration").status_code == 403
