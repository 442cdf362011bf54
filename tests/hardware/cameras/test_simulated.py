"""The simulated camera: what the deck says is what a scanner reads."""

from pathlib import Path

import numpy as np
import pytest

import hardware
from hardware.cameras import Asked, open_camera
from hardware.cameras.simulated import Simulated
from hardware.scanners.cascade import Cascade, stages
from hardware.scanners.zbar import Zbar
from hardware.simulation import Companion, Deck, Note, Person, Phase, Street, dump_deck
from kiosk.core.faults import SettingsError

DENSE = "HC1:" + "6BFOXN%TSMAHN-HKTGX94G-ICWEXWP9H9M9ESIARGHXK*+D$055B9TUDP0J-MPW$" * 9
PEOPLE = (
    Person(name="林小雨", text="KP1:" + "AB12CD34" * 30),
    Person(name="王建国", text=DENSE),
    Person(name="周洁", text="https://hc.example.cn/q?t=8f8b2d", note=Note.ONLINE),
    Person(name="赵奶奶", note=Note.NO_CODE),
    Person(name="钱多", text="KP1:" + "AB12CD34" * 30, note=Note.UNREADABLE),
    Person(name="何妈妈", text="KP1:FAMILY", companions=(Companion(name="何宝"),)),
)
STREET = Street(Deck(people=PEOPLE, start=0.0))
SCANNER = Cascade(stages(Zbar()))


@pytest.fixture(scope="module")
def camera() -> Simulated:
    return Simulated(STREET, Asked(), unix_s=lambda: 0.5, monotonic_s=lambda: 3.0)


def moments(index: int) -> list[float]:
    """Every 0.25 s at which a person stands and presents."""
    every = np.arange(0, STREET.round_s, 0.25)
    return [when for when in every if (at := STREET.at(when)).person == index and at.phase is Phase.PRESENTING]


@pytest.mark.parametrize("index", [0, 1, 2, 5])
def test_a_code_held_up_is_read_in_nearly_every_frame(camera: Simulated, index: int) -> None:
    read = [SCANNER.texts(camera.picture(when)) == (PEOPLE[index].text,) for when in moments(index)]
    assert len(read) >= 7
    assert sum(read) >= 0.9 * len(read)


def test_an_unreadable_code_is_read_in_no_frame(camera: Simulated) -> None:
    assert all(SCANNER.texts(camera.picture(when)) == () for when in moments(4))


def test_somebody_without_a_code_shows_none(camera: Simulated) -> None:
    assert all(SCANNER.texts(camera.picture(when)) == () for when in moments(3))


def test_a_companion_stands_there_without_the_code(camera: Simulated) -> None:
    every = np.arange(0, STREET.round_s, 0.25)
    companions = [when for when in every if STREET.at(when).face == 1]
    assert companions
    assert all(SCANNER.texts(camera.picture(when)) == () for when in companions)


def test_the_picture_changes_when_somebody_comes(camera: Simulated) -> None:
    empty = camera.picture(-1).astype(int)
    alone = camera.picture(-2).astype(int)
    near = camera.picture(moments(0)[3]).astype(int)
    assert np.abs(empty - alone).mean() < 5
    assert np.abs(empty - near).mean() > 15


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (800, 480), (1920, 1080), (160, 120)])
def test_any_size_asked_for_is_given(size: tuple[int, int]) -> None:
    camera = Simulated(STREET, Asked(*size))
    for when in (-1.0, moments(1)[0], moments(5)[0]):
        assert camera.picture(when).shape == (size[1], size[0], 3)


def test_a_frame_carries_the_monotonic_time(camera: Simulated) -> None:
    frame = camera.frame(0.1)
    assert frame is not None
    assert frame.taken_s == 3.0


def test_it_is_opened_by_the_name_of_its_deck(tmp_path: Path) -> None:
    dump_deck(STREET.deck, tmp_path / "deck.json")
    camera = open_camera(f"simulated:{tmp_path / 'deck.json'}", Asked(640, 360))
    frame = camera.frame(0.1)
    assert frame is not None
    assert frame.picture.shape == (360, 640, 3)
    camera.close()
    camera.close()


def test_a_wrong_deck_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="name a deck"):
        hardware.load("camera", "simulated")
    with pytest.raises(SettingsError, match="cannot be read"):
        hardware.load("camera", f"simulated:{tmp_path / 'deck.json'}")


def test_a_text_too_long_for_a_code_is_named_when_the_deck_is_opened(tmp_path: Path) -> None:
    dump_deck(Deck(people=(Person(name="x", text="ü" * 4000),)), tmp_path / "deck.json")
    with pytest.raises(SettingsError, match="too long"):
        hardware.load("camera", f"simulated:{tmp_path / 'deck.json'}")
