"""The QR decoders: exact texts, nothing from nothing, and a cascade that stops when everything was read."""

import cv2
import numpy as np
import pytest
import segno

import hardware
from hardware.scanners import Found, cascade, zxing
from hardware.scanners.cascade import Cascade, InView, LiveCascade, Stage, stages
from hardware.scanners.zbar import Zbar
from kiosk.core.faults import SettingsError
from kiosk.core.ports import Picture
from tests.support.pictures import qr

SPECS = ("zxing", "zbar", "cascade", "cascade:live")
TEXTS = (
    "KP1:ABC",
    "HC1:" + "6BFOXN%TSMAHN-H" * 30,
    "小区西门 健康码",
    "日本語とカタカナ",
    "Grüße, Ærø — €5",
    "emoji 😷",
    "a\r\nb\tc ",
    "\u0627\u0644\u0628\u0627\u0628",
)


def picture_of(code: segno.QRCode) -> Picture:
    modules = np.pad(np.array(code.matrix, np.uint8), 4)
    return np.kron(255 * (1 - modules), np.ones((5, 5), np.uint8)).astype(np.uint8)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("text", TEXTS)
def test_every_scanner_gives_the_text_exactly(spec: str, text: str) -> None:
    assert hardware.load("scanner", spec).texts(qr(text)) == (text,)


@pytest.mark.parametrize("spec", ["zxing", "cascade"])
def test_a_code_that_states_its_encoding_is_believed(spec: str) -> None:
    code = segno.make_qr("门卫", encoding="gb18030", eci=True)
    assert hardware.load("scanner", spec).texts(picture_of(code)) == ("门卫",)


@pytest.mark.parametrize("spec", SPECS)
def test_bytes_that_are_no_utf8_still_give_a_text(spec: str) -> None:
    code = segno.make_qr("Zürich", encoding="iso-8859-1")
    assert hardware.load("scanner", spec).texts(picture_of(code)) == ("Zürich",)


@pytest.mark.parametrize("spec", SPECS)
def test_every_scanner_takes_colours_and_finds_several_codes(spec: str) -> None:
    both = np.hstack([qr("first"), qr("other")])
    colours = cv2.cvtColor(both, cv2.COLOR_GRAY2BGR)
    assert set(hardware.load("scanner", spec).texts(colours)) == {"first", "other"}


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("size", [(1, 1), (3, 700), (40, 40), (720, 1280)])
def test_nothing_is_found_where_there_is_nothing(spec: str, size: tuple[int, int]) -> None:
    scanner = hardware.load("scanner", spec)
    noise = np.random.default_rng(1).integers(0, 256, size, np.uint8)
    for picture in (np.zeros(size, np.uint8), np.full(size, 255, np.uint8), noise):
        for _ in range(8):
            assert scanner.texts(picture) == ()


@pytest.mark.parametrize("spec", ["zxing", "cascade", "cascade:live"])
def test_a_phone_in_dark_mode_is_read(spec: str) -> None:
    assert hardware.load("scanner", spec).texts(255 - qr("KP1:DARK")) == ("KP1:DARK",)


@pytest.mark.parametrize("spec", SPECS)
def test_other_symbologies_are_not_looked_for(spec: str) -> None:
    import zxingcpp

    code = zxingcpp.create_barcode("4006381333931", zxingcpp.BarcodeFormat.EAN13)
    picture = np.pad(np.array(code.to_image(scale=4)), 40, constant_values=255)
    assert hardware.load("scanner", spec).texts(picture) == ()


def stage(name: str, found: Found, calls: list[str]) -> Stage:
    def read(_picture: Picture) -> Found:
        calls.append(name)
        return found

    return Stage(name, read)


BLANK = np.zeros((90, 160), np.uint8)


def test_the_cascade_stops_at_the_first_step_that_reads_everything() -> None:
    calls: list[str] = []
    steps = (stage("a", Found(), calls), stage("b", Found(("x",)), calls), stage("c", Found(("y",)), calls))
    assert Cascade(steps).read(BLANK) == Found(("x",), 0, "b")
    assert calls == ["a", "b"]


def test_the_cascade_goes_on_while_a_code_was_seen_and_not_read() -> None:
    calls: list[str] = []
    steps = (stage("a", Found(("x",), unread=1), calls), stage("b", Found(), calls), stage("c", Found(("y",)), calls))
    assert Cascade(steps).read(BLANK) == Found(("x", "y"), 0, "a")


def test_the_cascade_says_when_nothing_helped() -> None:
    assert Cascade((stage("a", Found(unread=1), []), stage("b", Found(), []))).read(BLANK) == Found((), 1, "")


def test_an_empty_scene_costs_the_first_step_only() -> None:
    calls: list[str] = []
    live = LiveCascade((stage("first", Found(), calls), stage("more", Found(), calls)))
    for _ in range(5):
        live.texts(BLANK)
    assert calls == ["first", "more", "first", "first", "first", "first"]


def test_with_somebody_in_view_the_other_steps_take_turns() -> None:
    calls: list[str] = []
    live = LiveCascade(tuple(stage(name, Found(), calls) for name in "abc"))
    live.texts(BLANK)
    calls.clear()
    for _ in range(3):
        live.texts(np.full_like(BLANK, 200))
    assert calls == ["a", "c", "a", "b", "a", "c"]


def test_what_stays_becomes_part_of_the_scene() -> None:
    view = InView()
    parked = np.full((90, 160), 80, np.uint8)
    view.changed(BLANK)
    assert view.changed(parked)
    for _ in range(600):
        view.changed(parked)
    assert not view.changed(parked)


def blurred(picture: Picture) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), 3.2)  # type: ignore[return-value]


def test_a_step_reads_what_the_one_before_could_not() -> None:
    soft = blurred(qr("HC1:" + "6BFOXN%TSMAHN-H" * 6, module_px=6))
    assert cascade.plain(soft).texts == ()
    found = Cascade(stages(Zbar())).read(soft)
    assert found.texts
    assert found.stage != "zxing"


def test_zxing_counts_what_it_saw_and_could_not_correct() -> None:
    spoilt = qr("HC1:" + "6BFOXN%TSMAHN-H" * 6)
    spoilt[90:300, 90:300] = 255
    assert zxing.read(spoilt) == Found((), 1, "")


def test_a_wrong_argument_is_named() -> None:
    with pytest.raises(SettingsError, match="live"):
        hardware.load("scanner", "cascade:fast")
    with pytest.raises(SettingsError, match="no argument"):
        hardware.load("scanner", "zxing:1")
