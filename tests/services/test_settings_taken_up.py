"""What the pages write over the settings while everything runs on one machine: who starts anew, and when."""

from __future__ import annotations

from pathlib import Path

from kiosk.cli.run import _Changes
from kiosk.services.supervisor import Child
from kiosk.settings import places


def test_a_change_is_told_once_with_the_new_arguments(tmp_path: Path):
    at = places(tmp_path)
    changes = _Changes(at, lambda: [Child("web", ["web"], 1.0), Child("gate", ["gate", "--lamp=none"], 1.0)])
    assert changes.look() == {}
    at.written_settings.parent.mkdir()
    at.written_settings.write_text("[kiosk]\nplace = 'x'\n")
    assert changes.look() == {"web": ["web"], "gate": ["gate", "--lamp=none"]}
    assert changes.look() == {}
