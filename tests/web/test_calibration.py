"""The technician's comparison on the page: typed or taken from the gate, worked out, kept, expired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask

from kiosk.core.calibration import Method, Record
from kiosk.core.forehead import estimate
from kiosk.core.rules import TemperatureRules
from kiosk.core.view import DeviceView
from kiosk.settings import Places
from kiosk.store import calibrations
from kiosk.store.desk import Desk
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import PASSPHRASE, Clock, Visitor, until
from web.gate import Gate

TWO_POINTS = [(35.0, 35.1), (35.1, 35.2), (35.0, 35.0), (39.0, 39.1), (39.1, 39.3), (39.0, 39.1)]


@pytest.fixture
def technician(app: Flask) -> Visitor:
    visitor = Visitor(app.test_client())
    assert visitor.log_in("tech", PASSPHRASE).status_code == 303
    return visitor


def thermometer(**changes: object) -> DeviceView:
    values: dict[str, object] = {
        "name": "thermometer", "driver": "mlx90614:bus=1", "ok": True, "state": "ok", "lane": "main",
        "reading": "34.9 °C, 21.0 °C", "celsius": (34.93, 21.04), "facts": {"id": "part-7"},
    }  # fmt: skip
    return DeviceView(**{**values, **changes})  # type: ignore[arg-type]


def reads(stub: GateStub, gate: Gate, device: DeviceView) -> None:
    stub.show(gate_stub.gate_view(devices=(device,)))
    until(lambda: gate.view is not None and gate.view.devices == (device,))


def form(do: str, pairs: Sequence[tuple[object, object]] = (), **more: str) -> dict[str, object]:
    columns = {"better": [str(a) for a, _ in pairs], "here": [str(b) for _, b in pairs], "air": ["21" for _ in pairs]}
    return {"do": do, "method": "blackbody", "reference": "BB35 no. 7", **columns, **more}


def kept(at: Places) -> Record | None:
    return calibrations.load(at.calibration("main"))


def test_six_typed_comparisons_are_worked_out_as_numbers_and_picture_before_anything_is_kept(
    technician: Visitor, at: Places
):
    page = technician.post("/calibration", form("look", TWO_POINTS)).get_data(as_text=True)
    assert "+0.10 °C" in page
    assert page.count("<circle") == 6
    assert "Good enough to screen people." in page
    assert kept(at) is None


def test_a_kept_comparison_is_dated_by_name_with_the_part_that_answered_and_audited(
    technician: Visitor, at: Places, desk: Desk, clock: Clock, stub: GateStub, gate: Gate
):
    reads(stub, gate, thermometer())
    assert technician.post("/calibration", form("keep", TWO_POINTS)).status_code == 303
    record = kept(at)
    assert record is not None
    assert (record.by, record.at, record.part) == ("tech", clock.at, "part-7")
    assert (record.method, record.reference, record.good) == (Method.BLACKBODY, "BB35 no. 7", True)
    act = desk.audit.page(limit=1)[0]
    assert (act.what, act.detail) == (
        "thermometer_compared",
        "main blackbody pairs=6 bias=+0.10 spread=0.06 good=True",
    )
    page = technician.page("/calibration?said=kept")
    assert "holds" in page
    assert "until 20" in page
    assert "BB35 no. 7" in page


def test_the_kiosks_own_state_is_the_only_place_that_the_pages_need_to_write(at: Places):
    assert at.calibration("main").parent == at.written_settings.parent


def test_the_gates_reading_of_a_blackbody_is_taken_as_it_is(technician: Visitor, stub: GateStub, gate: Gate):
    reads(stub, gate, thermometer())
    page = technician.post("/calibration", form("take", [(35.0, "")])).get_data(as_text=True)
    assert 'value="34.93"' in page


def test_the_gates_reading_of_a_person_is_taken_as_the_forehead_that_people_are_told(
    technician: Visitor, stub: GateStub, gate: Gate
):
    reads(stub, gate, thermometer())
    page = technician.post("/calibration", form("take", [("36,6", "")], method="contact")).get_data(as_text=True)
    assert f'value="{estimate(34.93, 21.04, TemperatureRules()):.2f}"' in page


@pytest.mark.parametrize(
    ("device", "said"),
    [
        (thermometer(ok=False, state="nack"), "the thermometer does not answer"),
        (thermometer(celsius=None, ok=False, state="starting"), "the thermometer is starting"),
    ],
)
def test_a_thermometer_that_fails_gives_nothing_and_what_was_typed_stays(
    technician: Visitor, stub: GateStub, gate: Gate, device: DeviceView, said: str
):
    reads(stub, gate, device)
    answer = technician.post("/calibration", form("take", [(35.0, "")]))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert said in page
    assert 'value="35.0"' in page


@pytest.mark.parametrize("wrong", ["warm", "366", "nan", "-1", "1e9", "<b>", "=1+1"])
def test_what_is_no_temperature_is_named_in_its_line_and_nothing_is_kept(technician: Visitor, at: Places, wrong: str):
    answer = technician.post("/calibration", form("keep", [*TWO_POINTS, (wrong, 36.0)]))
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'aria-describedby="wrong-7"' in page
    assert "is no temperature" in page
    assert "<b>&lt;" not in page
    assert kept(at) is None


@pytest.mark.parametrize(("pairs", "said"), [(TWO_POINTS[:5], "six comparisons"), (TWO_POINTS[:3] * 2, "two")])
def test_too_few_or_one_point_alone_keep_nothing(
    technician: Visitor, at: Places, pairs: list[tuple[float, float]], said: str
):
    answer = technician.post("/calibration", form("keep", pairs))
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert kept(at) is None


def test_a_comparison_without_the_name_of_the_better_instrument_is_not_kept(technician: Visitor, at: Places):
    assert technician.post("/calibration", form("keep", TWO_POINTS, reference="")).status_code == 422
    assert kept(at) is None


def test_one_that_is_too_far_off_says_which_offset_to_set_and_is_kept_as_failed(technician: Visitor, at: Places):
    off = [(better, here - 0.8) for better, here in TWO_POINTS]
    page = technician.post("/calibration", form("look", off)).get_data(as_text=True)
    assert "temperature.model_offset_c set to 0.70" in page
    technician.post("/calibration", form("keep", off))
    record = kept(at)
    assert record is not None
    assert not record.good
    assert "was worse than allowed" in technician.page("/calibration")


def test_two_technicians_never_lose_a_comparison_silently(technician: Visitor, manager: Visitor, at: Places):
    technician.post("/calibration", form("keep", TWO_POINTS))
    answer = manager.post("/calibration", form("keep", TWO_POINTS, since=""))
    assert answer.status_code == 409
    record = kept(at)
    assert record is not None
    assert record.by == "tech"
    assert record.at.isoformat() in answer.get_data(as_text=True)
    manager.post("/calibration", form("keep", TWO_POINTS, since=record.at.isoformat()))
    again = kept(at)
    assert again is not None
    assert again.by == "manager"


def test_an_expired_comparison_and_one_of_another_part_are_said(
    technician: Visitor, clock: Clock, stub: GateStub, gate: Gate
):
    reads(stub, gate, thermometer())
    technician.post("/calibration", form("keep", TWO_POINTS))
    reads(stub, gate, thermometer(facts={"id": "part-8"}))
    assert "is of another part" in technician.page("/calibration")
    reads(stub, gate, thermometer())
    clock.at += timedelta(days=181)
    technician.log_in("tech", PASSPHRASE)
    page = technician.page("/calibration")
    assert "has expired" in page
    assert "it ran until" in page


def test_a_file_that_is_no_record_is_named_and_the_page_works(technician: Visitor, at: Places):
    at.calibration("main").parent.mkdir(exist_ok=True)
    at.calibration("main").write_text("{")
    page = technician.page("/calibration")
    assert "delete it and calibrate anew" in page
    assert "never compared" in page


def test_a_lane_that_is_not_there_is_no_page(technician: Visitor):
    assert technician.get("/calibration?lane=../../etc").status_code == 404


def test_a_place_that_takes_no_file_keeps_what_was_typed_on_the_page(technician: Visitor, at: Places):
    at.calibration("main").parent.write_text("no folder")
    answer = technician.post("/calibration", form("keep", TWO_POINTS))
    assert answer.status_code == 503
    assert 'value="39.3"' in answer.get_data(as_text=True)
