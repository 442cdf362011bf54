"""The gate's end of a scanner: what the camera's states come to, and the hint for the person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.core.hints import Hint
from kiosk.services.inbox import Inbox
from kiosk.services.messages import CameraState, Looked
from kiosk.services.scanner_link import SILENT_AFTER_S, ScannerLink
from tests.support.clocks import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def camera(tmp_path: Path, clock: HandClock) -> Iterator[ScannerLink]:
    made = ScannerLink("main", tmp_path / "s.sock", "video:x.mp4", Inbox(), clock, lambda _: None)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("state", "fine", "down"),
    [
        (CameraState.OK, True, False),
        (CameraState.ENDED, True, False),
        (CameraState.DARK, True, False),
        (CameraState.BLURRED, False, False),
        (CameraState.OTHER_SIZE, False, False),
        (CameraState.FROZEN, False, True),
        (CameraState.COVERED, False, True),
        (CameraState.STALLED, False, True),
        (CameraState.UNPLUGGED, False, True),
    ],
)
def test_what_a_state_comes_to(
    camera: ScannerLink, clock: HandClock, state: CameraState, fine: bool, down: bool
) -> None:
    camera._looked(Looked(camera=CameraState.OK))
    camera._looked(Looked(camera=state, detail="a line"))
    clock.mono += 1.2
    assert (camera.camera.state.code, camera.camera.state.detail) == (state.value, "a line")
    assert camera.camera.state.ok == fine
    assert (camera.camera.down_s() > 1) == down


def test_a_lane_without_a_camera_is_as_it_is_meant_to_be(tmp_path: Path, clock: HandClock) -> None:
    none = ScannerLink("main", tmp_path / "n.sock", "none", Inbox(), clock, lambda _: None)
    none._looked(Looked(camera=CameraState.ENDED))
    assert none.camera.state.code == "ok"
    none.close()


def test_the_hint_is_the_newest_look_and_ends_when_the_scanner_falls_silent(
    camera: ScannerLink, clock: HandClock
) -> None:
    camera._looked(Looked(camera=CameraState.OK, hint=Hint.GLARE))
    assert camera.hint is Hint.GLARE
    clock.mono += SILENT_AFTER_S + 0.1
    camera.check()
    assert camera.hint is None
    camera._looked(Looked(camera=CameraState.OK))
    assert camera.hint is None
