"""What a manager reads about backups, and a technician about the devices."""

from __future__ import annotations

import pytest

from kiosk.core.view import DeviceView
from kiosk.settings import BackupSection, Settings
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import Visitor, until
from web.gate import Gate


@pytest.fixture
def settings() -> Settings:
    return Settings(backup=BackupSection(to="/media/stick"))


def test_a_missing_recovery_key_is_said_with_what_to_do(manager: Visitor):
    page = manager.page("/settings/backup")
    assert "--new-recovery-key" in page
    assert "kiosk restore" in page
    assert "none yet" in page


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
