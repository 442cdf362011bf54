"""`kiosk wiring`: each line of the settings goes to its pin, and the page's picture is the one that is drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from kiosk.cli.wiring import command, picture, wires
from kiosk.core.faults import SettingsError
from kiosk.settings import Lane

DOCS = Path(__file__).parents[2] / "docs"
PAGE_LANE = replace(
    Lane(),
    lamp="leds:green=17,amber=27,red=22,buzzer=18",
    buttons="gpio:pass=5,deny=6,again=13,call=19,evacuate=26",
)


def test_the_picture_of_the_page_is_drawn_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert (DOCS / "wiring.svg").read_text(encoding="utf-8") == picture(PAGE_LANE), "docs/wiring.svg is old: make docs"


def test_each_line_goes_to_its_pin_and_each_part_has_a_ground_of_its_own() -> None:
    found = wires(PAGE_LANE)
    assert {wire.label: (wire.pin, wire.gpio) for wire in found["thermometer"]} == {
        "VDD 3.3 V": (1, "3V3"), "SDA": (3, "GPIO2"), "SCL": (5, "GPIO3"), "GND": (9, "GND"),
    }  # fmt: skip
    assert {wire.label: wire.pin for wire in found["lamp"]} == {
        "green": 11, "amber": 13, "red": 15, "buzzer": 12, "GND": 25,
    }  # fmt: skip
    assert [wire.pin for wire in found["buttons"]] == [29, 31, 33, 35, 37, 39]


def test_power_from_a_line_another_bus_and_parts_without_wires() -> None:
    lane = replace(PAGE_LANE, thermometer="mlx90614:bus=3,power=4", lamp="console", buttons="none")
    assert [(wire.label, wire.pin) for wire in wires(lane)["thermometer"]] == [("VDD 3.3 V", 7), ("GND", 9)]
    assert set(wires(lane)) == {"thermometer"}
    ElementTree.fromstring(picture(lane))


def test_a_line_that_the_header_does_not_have_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="GPIO28 is not on the header"):
        wires(replace(PAGE_LANE, lamp="leds:green=28,red=22"))
    done = CliRunner().invoke(command, ["--state", str(tmp_path), "--lane", "north"])
    assert "known are main" in str(done.exception)


def test_it_is_drawn_into_a_file(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--state", str(tmp_path), "--out", str(tmp_path / "w.svg")])
    assert done.exit_code == 0, done.output
    assert "GPIO17" in (tmp_path / "w.svg").read_text(encoding="utf-8")


def test_relay_sensors_and_switch_are_drawn_and_what_is_no_line_is_not(tmp_path: Path) -> None:
    lane = replace(
        PAGE_LANE,
        lamp="leds:green=17,amber=27,red=22,buzzer=18,relay=24,pulse_s=1",
        buttons="gpio:pass=5,deny=6,again=13,call=19,evacuate=26,hold_s=3",
        presence="distance:trigger=23,echo=25,near_cm=40",
        tamper="switch:line=16",
    )
    found = wires(lane)
    assert {wire.label: wire.pin for wire in found["lamp"]}.items() >= {"relay": 18, "buzzer": 12}.items()
    assert [wire.pin for wire in found["presence"]][:3] == [17, 16, 22]
    assert [wire.pin for wire in found["tamper"]][:1] == [36]
    assert len(found["buttons"]) == 6
    pins = [wire.pin for each in found.values() for wire in each]
    assert len(pins) == len(set(pins)), "no pin twice"
    drawn = ElementTree.fromstring(picture(lane))
    tall = float(drawn.attrib["viewBox"].split()[3])
    boxes = [each for each in drawn.iter("{http://www.w3.org/2000/svg}rect") if each.get("rx") == "6"]
    assert max(float(box.attrib["y"]) + float(box.attrib["height"]) for box in boxes) < tall - 30


def test_a_sensor_of_the_kernels_shares_the_thermometers_bus_and_a_motion_sensor_has_one_line() -> None:
    assert [wire.pin for wire in wires(replace(PAGE_LANE, presence="iio"))["presence"]][:3] == [17, 3, 5]
    motion = wires(replace(PAGE_LANE, presence="motion:line=25,hold_s=5"))["presence"]
    assert [wire.pin for wire in motion][:2] == [17, 22]
    assert "presence" not in wires(replace(PAGE_LANE, presence="simulated:distance=15"))
