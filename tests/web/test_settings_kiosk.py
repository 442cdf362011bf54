"""The settings as managers and technicians change them: beside the administrator's file, judged together with it."""

from __future__ import annotations

import tomllib

import pytest
from flask import Flask

from kiosk.settings import Places, load_with
from tests.web.conftest import PASSPHRASE, Visitor
from tests.web.test_settings_rules import carried, version_of


@pytest.fixture
def technician(app: Flask) -> Visitor:
    visitor = Visitor(app.test_client())
    assert visitor.log_in("tech", PASSPHRASE).status_code == 303
    return visitor


def change(visitor: Visitor, page: str, **values: str):
    form = {"seen": version_of(visitor.page(f"/settings/{page}"))}
    shown = visitor.post(f"/settings/{page}/preview", form | values).get_data(as_text=True)
    return visitor.post(f"/settings/{page}/apply", carried(shown))


def test_a_manager_names_the_place_and_the_services_read_it(manager: Visitor, at: Places):
    assert change(manager, "kiosk", **{"kiosk.place": "阳光花园 南门"}).status_code == 303
    assert load_with(None, at.written_settings).kiosk.place == "阳光花园 南门"


def test_a_technician_changes_devices_and_nothing_of_the_managers(technician: Visitor, at: Places):
    assert change(technician, "devices", **{"lane.main.camera": "opencv:2"}).status_code == 303
    assert tomllib.loads(at.written_settings.read_text()) == {"lane": {"main": {"camera": "opencv:2"}}}
    assert load_with(None, at.written_settings).lane[0].camera == "opencv:2"
    assert technician.get("/settings/kiosk").status_code == 403
    page = technician.page("/settings/devices")
    assert "kiosk.place" not in page
    technician.post("/settings/devices/apply", {"seen": version_of(page), "kiosk.place": "mine"})
    assert load_with(None, at.written_settings).kiosk.place == ""


def test_a_volunteer_sees_neither(volunteer: Visitor):
    assert volunteer.get("/settings/devices").status_code == 403
    assert "/settings/devices" not in volunteer.page("/settings")


def test_what_the_pages_could_reach_further_by_has_no_field(manager: Visitor):
    page = manager.page("/settings/kiosk")
    for name in (
        "web.host",
        "web.port",
        "web.tls_cert",
        "resolver.url",
        "backup.to",
        "trust",
        "kiosk.id",
        "lane.main.name",
    ):
        assert f'name="{name}"' not in page


def test_what_only_the_whole_shows_to_be_wrong_is_refused(manager: Visitor, at: Places):
    seen = version_of(manager.page("/settings/kiosk"))
    answer = manager.post("/settings/kiosk/apply", {"seen": seen, "retention.identity_days": "0"})
    assert (answer.status_code, "From 1 to 366" in answer.get_data(as_text=True)) == (422, True)
    assert not at.written_settings.exists()


def test_both_share_one_file_and_neither_loses_the_others_change(manager: Visitor, technician: Visitor, at: Places):
    form = {"seen": version_of(manager.page("/settings/kiosk")), "kiosk.place": "South"}
    change(technician, "devices", **{"lane.main.lamp": "none"})
    answer = manager.post("/settings/kiosk/preview", form)
    assert answer.status_code == 409
    again = manager.post("/settings/kiosk/preview", carried(answer.get_data(as_text=True)))
    manager.post("/settings/kiosk/apply", carried(again.get_data(as_text=True)))
    held = load_with(None, at.written_settings)
    assert (held.kiosk.place, held.lane[0].lamp) == ("South", "none")
