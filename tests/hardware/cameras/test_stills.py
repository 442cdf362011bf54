"""Picture files as a camera."""

from pathlib import Path

import pytest

import hardware
from hardware.cameras import stills
from hardware.pictures import BadPicture
from hardware.scanners import zxing
from kiosk.core.faults import CameraFault, SettingsError
from kiosk.core.ports import Camera
from tests.support.pictures import HOSTILE, png_that_claims, qr_bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.png").write_bytes(qr_bytes(f"KP1:{name}"))
    return tmp_path


def labels(camera: Camera) -> list[str]:
    seen = []
    try:
        while frame := camera.frame(0.1):
            seen.append(frame.label)
    except EOFError:
        return seen
    return seen


def test_each_picture_is_held_up_for_some_frames_and_named(folder: Path) -> None:
    camera = hardware.load("camera", f"stills:{folder},frames=2")
    assert labels(camera) == ["a.png", "a.png", "b.png", "b.png", "c.png", "c.png"]


def test_the_pictures_are_the_files(folder: Path) -> None:
    frame = hardware.load("camera", f"stills:{folder / 'b.png'}").frame(0.1)
    assert frame is not None
    assert zxing.read(frame.picture).texts == ("KP1:b",)


def test_after_the_last_picture_the_source_has_ended_for_good(folder: Path) -> None:
    camera = hardware.load("camera", f"stills:{folder},frames=1")
    labels(camera)
    for _ in range(3):
        with pytest.raises(EOFError):
            camera.frame(0.1)


def test_with_loop_it_starts_again(folder: Path) -> None:
    camera = hardware.load("camera", f"stills:{folder},frames=1,loop=yes")
    seen = [camera.frame(0.1) for _ in range(5)]
    assert [frame.label for frame in seen if frame] == ["a.png", "b.png", "c.png", "a.png", "b.png"]


def test_bad_files_are_each_named_once_and_the_good_ones_still_shown(folder: Path) -> None:
    for name, (data, _) in HOSTILE.items():
        (folder / f"bad_{name}").write_bytes(data)
    camera = hardware.load("camera", f"stills:{folder},frames=1")
    good, bad = [], []
    while True:
        try:
            frame = camera.frame(0.1)
        except BadPicture as problem:
            bad.append(str(problem).split(":")[0])
        except EOFError:
            break
        else:
            assert frame is not None
            good.append(frame.label)
    assert good == ["a.png", "b.png", "c.png"]
    assert bad == sorted(f"bad_{name}" for name in HOSTILE)


def test_nothing_is_decoded_before_it_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "decode", None)
    hardware.load("camera", f"stills:{folder}")


def test_the_files_may_be_gone_once_the_camera_is_open(folder: Path) -> None:
    camera = hardware.load("camera", f"stills:{folder},frames=1")
    for file in folder.iterdir():
        file.unlink()
    assert labels(camera) == ["a.png", "b.png", "c.png"]


def test_more_than_fits_into_memory_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "MOST_BYTES", 1000)
    with pytest.raises(CameraFault, match="give fewer"):
        hardware.load("camera", f"stills:{folder}")


def test_a_picture_that_would_silence_the_scanner_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(png_that_claims(6000, 6000))
    with pytest.raises(BadPicture, match="at most 13 megapixels"):
        hardware.load("camera", f"stills:{tmp_path}").frame(0.1)


def test_a_path_may_hold_commas_and_colons(tmp_path: Path) -> None:
    odd = tmp_path / "a,b:c=d,frames"
    odd.mkdir()
    (odd / "x.png").write_bytes(qr_bytes("KP1:odd"))
    assert labels(hardware.load("camera", f"stills:{odd},frames=1")) == ["x.png"]


def test_a_wrong_spec_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name a picture"):
        hardware.load("camera", "stills")
    with pytest.raises(SettingsError, match="frames=0"):
        hardware.load("camera", f"stills:{tmp_path},frames=0")
    with pytest.raises(CameraFault, match="no such file"):
        hardware.load("camera", f"stills:{tmp_path / 'gone'}")


def test_it_may_be_closed_twice(folder: Path) -> None:
    camera = hardware.load("camera", f"stills:{folder}")
    camera.close()
    camera.close()
    with pytest.raises(EOFError):
        camera.frame(0.1)
