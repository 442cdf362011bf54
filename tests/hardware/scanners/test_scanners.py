"""The QR decoders: exact texts, nothing from nothing, and a cascade that stops when everything was read."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import segno

import hardware
from hardware.scanners import Found, in_order, merged, zxing
from hardware.scanners._steps import Stage, plain, stages
from hardware.scanners.cascade import Cascade
from hardware.scanners.zbar import Zbar
from kiosk.core.faults import SettingsError
from kiosk.core.ports import Corners, Picture, Sighting
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

    return Stage(name, plain, read)


def square(x: float, y: float, side: float = 20) -> Corners:
    return ((x, y), (x + side, y), (x + side, y + side), (x, y + side))


def found(*texts: str, unread: int = 0, stage: str = "") -> Found:
    """Codes beside each other: those with a text, then those without."""
    every = (*texts, *[None] * unread)
    return Found(tuple(Sighting(text, square(50 * i, 0)) for i, text in enumerate(every)), stage)


BLANK = np.zeros((90, 160), np.uint8)


def test_the_cascade_stops_at_the_first_step_that_reads_everything() -> None:
    calls: list[str] = []
    steps = (stage("a", Found(), calls), stage("b", found("x"), calls), stage("c", found("y"), calls))
    assert Cascade(steps).read(BLANK) == found("x", stage="b")
    assert calls == ["a", "b"]


def test_the_cascade_goes_on_while_a_code_was_seen_and_not_read() -> None:
    calls: list[str] = []
    second = Found((Sighting("y", square(50, 0)),))
    steps = (stage("a", found("x", unread=1), calls), stage("b", Found(), calls), stage("c", second, calls))
    assert Cascade(steps).read(BLANK) == Found((Sighting("y", square(50, 0)), Sighting("x", square(0, 0))), "a")


def test_the_cascade_says_when_nothing_helped() -> None:
    assert Cascade((stage("a", found(unread=1), []), stage("b", Found(), []))).read(BLANK) == found(unread=1)


def blurred(picture: Picture) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), 3.2)  # type: ignore[return-value]


def test_a_step_reads_what_the_one_before_could_not() -> None:
    soft = blurred(qr("HC1:" + "6BFOXN%TSMAHN-H" * 6, module_px=6))
    assert zxing.read(soft).texts == ()
    seen = Cascade(stages(Zbar())).read(soft)
    assert seen.texts
    assert seen.stage != "zxing"


def test_zxing_counts_what_it_saw_and_could_not_correct() -> None:
    spoilt = qr("HC1:" + "6BFOXN%TSMAHN-H" * 6)
    spoilt[90:300, 90:300] = 255
    seen = zxing.read(spoilt)
    assert (seen.texts, seen.unread, seen.stage) == ((), 1, "")


@pytest.mark.parametrize(
    ("extra", "modules"), [({"Version": "14"}, 73), ({"Version": "M4"}, None), ({}, None), (None, None)]
)
def test_how_many_modules_a_code_has_is_told_only_where_its_version_is_one(extra: object, modules: int | None) -> None:
    assert zxing._modules(SimpleNamespace(extra=extra)) == modules


@pytest.mark.parametrize("spec", SPECS)
def test_the_corners_of_a_code_are_told_clockwise_from_its_own_top_left(spec: str) -> None:
    code = qr("KP1:WHERE", module_px=8)
    picture = np.full((600, 900), 255, np.uint8)
    picture[100 : 100 + len(code), 500 : 500 + len(code)] = code
    (seen,) = hardware.load("scanner", spec).read(picture).sightings
    first, last = 32, len(code) - 32  # a quiet zone of four modules
    wanted = [(500 + x, 100 + y) for x, y in ((first, first), (last, first), (last, last), (first, last))]
    assert np.allclose(seen.corners, wanted, atol=12)


def test_what_a_step_sees_in_a_smaller_picture_is_told_where_it_is_in_the_whole_one() -> None:
    half = Stage("half", lambda picture: picture[::2, ::2], lambda _: found("x", unread=1))
    assert half.run(BLANK).sightings == (
        Sighting("x", square(0, 0, 40)),
        Sighting(None, square(100, 0, 40)),
    )


def test_a_code_that_another_step_has_read_is_no_longer_unread() -> None:
    seen = merged([Sighting(None, square(3, 2)), Sighting(None, square(80, 0))], [Sighting("x", square(0, 0))])
    assert seen == (Sighting("x", square(0, 0)), Sighting(None, square(80, 0)))


def test_the_large_and_central_code_comes_first() -> None:
    frame = np.zeros((400, 600), np.uint8)
    far, near = Sighting("far", square(250, 150, 30)), Sighting("near", square(180, 80, 220))
    aside, unread = Sighting("aside", square(0, 0, 100)), Sighting(None, square(200, 100, 200))
    assert in_order((aside, unread, far, near), frame) == (near, far, aside, unread)


def test_a_wrong_argument_is_named() -> None:
    with pytest.raises(SettingsError, match="live"):
        hardware.load("scanner", "cascade:fast")
    with pytest.raises(SettingsError, match="no argument"):
        hardware.load("scanner", "zxing:1")
