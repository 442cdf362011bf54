"""What a manager reads about backups, and a technician about the devices."""

from __future__ import annotations

from datetime import date

import pytest

from kiosk.core.view import DeviceView
from kiosk.settings import BackupSection, Places, Settings
from kiosk.store import backup_order
from kiosk.store.backup_order import State, To
from kiosk.store.desk import Desk
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import Clock, Visitor, until
from web.gate import Gate


@pytest.fixture
def settings() -> Settings:
    return Settings(backup=BackupSection(to="/media/stick"))


def test_a_missing_recovery_key_is_said_with_what_to_do(manager: Visitor):
    page = manager.page("/settings/backup")
    assert "--new-recovery-key" in page
    assert "kiosk restore" in page
    assert "none yet" in page


def ready(at: Places) -> None:
    at.recovery.parent.mkdir(parents=True, exist_ok=True)
    at.recovery.write_bytes(b"{}")
    at.runtime.mkdir(parents=True, exist_ok=True)


def test_a_backup_is_asked_for_followed_and_told_where_it_lies(manager: Visitor, at: Places, clock: Clock, desk: Desk):
    ready(at)
    assert manager.post("/settings/backup", {"to": "usual"}).status_code == 303
    order = backup_order.placed(at.runtime)
    assert order is not None
    assert (order.to, desk.audit.page()[0].what) == (To.USUAL, "backup_asked")
    assert "about to begin" in manager.page("/settings/backup")
    progress = backup_order.Progress(at.runtime, order, clock.now)
    clock.pass_by(seconds=1)
    progress.step("writing", 42, 100)
    page = manager.page("/settings/backup")
    assert 'value="42"' in page
    assert manager.get("/settings/backup/progress?begun=yes").json == {
        "state": "running", "done": 42, "said": "writing"}  # fmt: skip
    assert manager.get("/settings/backup/progress?begun=no").json["state"] != "running"  # the page has to be made anew
    progress.tell(State.DONE, path="/media/stick/k.kioskbackup", rows=120, size=5_000_000, last=date(2026, 12, 21))
    page = manager.page("/settings/backup")
    assert "found whole" in page
    assert "/media/stick/k.kioskbackup" in page
    assert not backup_order.is_placed(at.runtime)


def test_a_backup_is_stopped_and_a_second_one_is_not_begun_beside_it(manager: Visitor, at: Places, desk: Desk):
    ready(at)
    manager.post("/settings/backup", {"to": "usual"})
    first = backup_order.placed(at.runtime)
    manager.post("/settings/backup", {"to": "stick"})
    assert backup_order.placed(at.runtime) == first
    assert manager.post("/settings/backup/stop").status_code == 303
    assert not backup_order.is_placed(at.runtime)
    assert desk.audit.page()[0].what == "backup_stopped"


def test_an_order_that_nobody_carries_out_and_one_that_was_left_half_way_are_said(
    manager: Visitor, at: Places, clock: Clock
):
    ready(at)
    manager.post("/settings/backup", {"to": "stick"})
    clock.pass_by(minutes=1)
    assert "systemctl start kiosk-backup" in manager.page("/settings/backup")
    order = backup_order.placed(at.runtime)
    assert order is not None
    backup_order.Progress(at.runtime, order, clock.now)
    backup_order.withdraw(at.runtime)  # as systemd does behind a process that was killed
    clock.pass_by(minutes=1)
    assert "did not come to its end" in manager.page("/settings/backup")


def test_why_there_is_no_backup_is_said_in_the_readers_language(manager: Visitor, at: Places, clock: Clock):
    ready(at)
    manager.post("/settings/backup", {"to": "stick"})
    order = backup_order.placed(at.runtime)
    assert order is not None
    backup_order.Progress(at.runtime, order, clock.now).tell(
        State.FAILED, error="several sticks are plugged in (A, <b>B); leave one"
    )
    page = manager.page("/settings/backup?lang=zh_Hans_CN")
    assert "插着多个 U 盘（A, &lt;b&gt;B）" in page


def test_a_page_cannot_choose_another_target_nor_make_one_without_a_key(manager: Visitor, at: Places):
    assert manager.post("/settings/backup", {"to": "usual"}).status_code == 409
    ready(at)
    for wrong in ("/etc", "label:X", "", "../x"):
        assert manager.post("/settings/backup", {"to": wrong}).status_code == 422
    assert not backup_order.is_placed(at.runtime)


def test_a_device_is_told_in_words_without_empty_parts_or_the_path_of_a_simulation(
    manager: Visitor, stub: GateStub, gate: Gate
):
    devices = (
        DeviceView(name="camera", driver="simulated:/tmp/somewhere/deck.json", ok=True, state="ok", lane="main"),
        DeviceView(name="thermometer", driver="mlx90614:bus=1", ok=False, state="absent", errors={"absent": 3},
                   facts={"id": "", "emissivity": "0.98"}, reading="36.4 °C, 21.0 °C"),
    )  # fmt: skip
    stub.show(gate_stub.gate_view(devices=devices))
    until(lambda: gate.view is not None and len(gate.view.devices) == 2)
    page = manager.page("/health")
    assert "/tmp/somewhere" not in page
    assert "· ·" not in page
    assert "last: 36.4 °C, 21.0 °C" in page
    assert "3 times since the start" in page
    assert "emissivity 0.98" in page
    assert "<bdi>id " not in page
    assert "Free space" in page
