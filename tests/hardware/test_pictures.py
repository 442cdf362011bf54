"""Picture files are looked at from outside before a decoder may touch them."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from hardware.pictures import LARGEST_FILE, BadPicture, decode, fit, look_at, picture_files, read_file
from hardware.scanners import zxing
from kiosk.core.faults import CameraFault
from tests.support.pictures import HOSTILE, encoded, qr, qr_bytes, random_bytes


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp", ".bmp"])
def test_a_code_in_each_kind_of_file_is_decoded(kind: str) -> None:
    picture = decode(qr_bytes("KP1:HELLO", kind), "a picture")
    assert picture.shape[2] == 3
    assert zxing.read(picture).texts == ("KP1:HELLO",)


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp", ".bmp"])
def test_the_header_tells_the_size_before_anything_is_decoded(kind: str) -> None:
    header = look_at(encoded(np.zeros((123, 457, 3), np.uint8), kind), "a picture")
    assert (header.width, header.height) == (457, 123)


def test_the_header_of_a_lossless_or_transparent_webp_tells_the_size() -> None:
    import cv2

    data = cv2.imencode(".webp", np.full((77, 301, 4), 90, np.uint8), (cv2.IMWRITE_WEBP_QUALITY, 101))[1].tobytes()
    header = look_at(data, "a picture")
    assert (header.width, header.height, header.transparent) == (301, 77, True)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_file_is_refused_in_one_line_that_names_it(name: str) -> None:
    data, says = HOSTILE[name]
    with pytest.raises(BadPicture) as caught:
        decode(data, name)
    line = str(caught.value)
    assert line.startswith(f"{name}: ")
    assert says in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (b"\0\0\0\x20ftypisom", "a video, not a picture"),
        (b"\x1aE\xdf\xa3\x01", "a video, not a picture"),
        (b"RIFF\0\0\0\0AVI LIST", "a video, not a picture"),
        (b"\0\0\0\x20ftypheic", "save it as JPEG"),
    ],
)
def test_a_video_or_a_phones_own_kind_of_picture_is_named(start: bytes, says: str) -> None:
    for length in (0, 500):  # a video that is cut off is still a video
        with pytest.raises(BadPicture, match=says):
            decode(start + bytes(length), "clip")


def test_no_cut_anywhere_in_a_file_does_more_than_refuse_it() -> None:
    for kind in (".png", ".jpg", ".webp", ".bmp"):
        data = qr_bytes("x", kind)
        for length in range(0, len(data), max(1, len(data) // 60)):
            with suppress(BadPicture):  # anything else that comes out fails the test
                decode(data[:length], "cut")


def test_a_code_on_a_transparent_ground_is_seen_on_white() -> None:
    ink = 255 - qr("KP1:GLASS")
    glass = np.dstack([np.zeros_like(ink)] * 3 + [ink])
    assert zxing.read(decode(encoded(glass), "glass.png")).texts == ("KP1:GLASS",)


def test_sixteen_bits_become_eight() -> None:
    deep = np.full((40, 40, 4), 0xFFFF, np.uint16)
    assert decode(encoded(deep), "deep.png").dtype == np.uint8


def test_a_large_photograph_is_scaled_down_as_asked() -> None:
    for kind in (".jpg", ".png"):
        photo = encoded(np.zeros((3000, 4000), np.uint8), kind)
        assert decode(photo, "photo", longest=1920).shape == (1440, 1920, 3)
    assert fit(np.zeros((100, 50), np.uint8), 1920).shape == (100, 50)


def test_a_large_jpeg_may_be_taken_where_a_png_of_its_size_takes_too_long() -> None:
    large = np.zeros((4000, 5000), np.uint8)
    assert decode(encoded(large, ".jpg"), "large", most_pixels=13_000_000, longest=1920).shape == (1536, 1920, 3)
    with pytest.raises(BadPicture, match="at most 13 megapixels"):
        decode(encoded(large, ".png"), "large", most_pixels=13_000_000, longest=1920)


@pytest.mark.parametrize("shape", [(1, 5000), (3, 4001), (720, 1280), (481, 481)])
def test_scaling_down_fits_any_shape(shape: tuple[int, int]) -> None:
    assert max(fit(np.zeros(shape, np.uint8), 480).shape) == 480


def test_a_folder_gives_its_pictures_by_name_and_leaves_out_the_rest(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.PNG", "a.jpg", "notes.txt", "deep/c.webp"):
        (tmp_path / name).write_bytes(b"x")
    assert [file.name for file in picture_files(tmp_path)] == ["a.jpg", "b.PNG", "c.webp"]


def test_a_place_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraFault, match="no picture in this folder"):
        picture_files(tmp_path)
    with pytest.raises(CameraFault, match="no such file"):
        picture_files(tmp_path / "gone.png")


def test_a_file_too_large_to_hold_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    big = tmp_path / "big.png"
    with big.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(BadPicture, match="MiB"):
        read_file(big)
    with pytest.raises(BadPicture, match="not a file"):
        read_file(tmp_path)
    with pytest.raises(BadPicture, match="not a PNG"):
        decode(random_bytes(), "noise")
