"""Picture files, taken as hostile: looked at from outside before a decoder may touch them.

Only PNG, JPEG, WebP and BMP are taken, so that OpenCV's less tested decoders never see a stranger's bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from kiosk.core.faults import CameraFault
from kiosk.core.ports import Picture

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
LARGEST_FILE = 64 * 1024 * 1024  # bytes
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 65_535  # of a JPEG, which has the smallest limit

PNG_MAGIC, JPEG_MAGIC = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
PHONE_PICTURES = (b"heic", b"heix", b"mif1", b"avif")  # brands, ISO/IEC 23008-12
MATROSKA = b"\x1aE\xdf\xa3"
REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


class BadPicture(CameraFault):
    """One picture cannot be shown; the source goes on with the next."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture file says of itself before it is decoded."""

    kind: str
    width: int
    height: int
    transparent: bool = False


def picture_files(path: Path) -> list[Path]:
    """`path` itself, or the picture files in and below a folder, by name. Raises CameraFault when there is none."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        if not files:
            raise CameraFault(f"{path}: no picture in this folder; wanted is one of {', '.join(SUFFIXES)}")
        return files
    if not path.exists():
        raise CameraFault(f"{path}: no such file or folder; check the path")
    return [path]


def read_file(path: Path) -> bytes:
    """The bytes of a picture file. Raises BadPicture when it cannot be read or has more than LARGEST_FILE bytes."""
    if path.exists() and not path.is_file():
        raise BadPicture(f"{path}: not a file")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadPicture(f"{path}: cannot be read ({error.strerror})") from error
    if len(data) > LARGEST_FILE:
        raise BadPicture(f"{path}: has more than {LARGEST_FILE >> 20} MiB; make it smaller")
    return data


def decode(data: bytes, name: str, *, most_pixels: int = MOST_PIXELS, longest: int = 0) -> Picture:
    """The picture in `data`, BGR; transparent parts are white. `name` is what an error calls it.

    With `longest`, a side longer than so many pixels is scaled down; a JPEG is then decoded at a half, quarter or
    eighth where that will do, and `most_pixels` are meant of what is decoded. Raises BadPicture in one line.
    """
    header = look_at(data, name)
    by = _reduction(header, longest)
    most = min(MOST_PIXELS, most_pixels * by * by)
    if header.width * header.height > most or max(header.width, header.height) > LONGEST_SIDE:
        size = f"{header.width}x{header.height}"
        raise BadPicture(f"{name}: {size} pixels; at most {most / 1e6:g} megapixels are taken, scale it down")
    flags = cv2.IMREAD_UNCHANGED if header.transparent else REDUCED[by]
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError) as error:
        raise BadPicture(f"{name}: this {header.kind} cannot be decoded; save it again") from error
    if picture is None or picture.size == 0:
        raise BadPicture(f"{name}: this {header.kind} is damaged; save it again")
    return fit(_opaque(picture) if header.transparent else picture, longest)  # type: ignore[arg-type]


def fit(picture: Picture, longest: int) -> Picture:
    """The picture, scaled down until no side is longer than `longest` pixels; 0 leaves it alone."""
    side = max(picture.shape[:2])
    if not longest or side <= longest:
        return picture
    height, width = (max(1, round(length * longest / side)) for length in picture.shape[:2])
    by = side // longest
    if by > 1 and min(picture.shape[:2]) >= by:  # a whole divisor first: OpenCV averages that ten times faster
        rows, columns = (length // by for length in picture.shape[:2])
        picture = picture[: rows * by, : columns * by]
        picture = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def look_at(data: bytes, name: str) -> Header:
    """What `data` says of itself. Raises BadPicture when it is none of ours, or cut off."""
    if not data:
        raise BadPicture(f"{name}: empty file")
    try:
        header = _header(data)
    except (IndexError, ValueError) as error:
        raise BadPicture(f"{name}: cut off or damaged; copy it again") from error
    if header is None:
        raise BadPicture(f"{name}: {_something_else(data)}")
    if header.width <= 0 or header.height <= 0:
        raise BadPicture(f"{name}: damaged, it claims to have no pixels")
    if _cut_off(data, header):
        raise BadPicture(f"{name}: this {header.kind} is cut off; copy it again")
    return header


def _something_else(data: bytes) -> str:
    """What to say of a file that is none of ours: people take videos and a phone's own pictures for pictures."""
    if data[4:8] == b"ftyp" and data[8:12] in PHONE_PICTURES:
        return "a HEIC or AVIF picture; save it as JPEG"
    if data[4:8] == b"ftyp" or data.startswith(MATROSKA) or (data[:4] == b"RIFF" and data[8:12] == b"AVI "):
        return "a video, not a picture; --camera video:FILE watches it"
    return "not a PNG, JPEG, WebP or BMP picture"


def _header(data: bytes) -> Header | None:
    if data.startswith(PNG_MAGIC):
        return Header("PNG", _number(data, 16, 4), _number(data, 20, 4), data[25] in (4, 6) or b"tRNS" in data[:4096])
    if data.startswith(JPEG_MAGIC):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data.startswith(b"BM"):
        width, height = _number(data, 18, 4, "little"), int.from_bytes(_part(data, 22, 4), "little", signed=True)
        return Header("BMP", width, abs(height))
    return None


def _jpeg(data: bytes) -> Header:
    """Walks from marker to marker to the frame header.  Source: ITU-T T.81, annex B.1.1 and B.2.2."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("no marker")
        marker = data[at + 1]
        if marker == 0xFF or 0xD0 <= marker <= 0xD8 or marker == 0x01:  # fill bytes, and markers without a segment
            at += 1 if marker == 0xFF else 2
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return Header("JPEG", _number(data, at + 7, 2), _number(data, at + 5, 2))
        else:
            at += 2 + max(2, _number(data, at + 2, 2))


def _webp(data: bytes) -> Header:
    """Source: RFC 9649, sections 2.5 to 2.7."""
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = _number(data, 24, 3, "little") + 1, _number(data, 27, 3, "little") + 1
        return Header("WebP", width, height, bool(data[20] & 0x10))
    if kind == b"VP8L":
        bits = _number(data, 21, 4, "little")
        return Header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1))
    return Header("WebP", _number(data, 26, 2, "little") & 0x3FFF, _number(data, 28, 2, "little") & 0x3FFF)


def _cut_off(data: bytes, header: Header) -> bool:
    """Whether the end that every whole file of this kind has is missing."""
    if header.kind == "PNG":
        return data.rfind(b"IEND") < 0
    if header.kind == "JPEG":
        return data.rfind(b"\xff\xd9") < 0
    if header.kind == "WebP":
        return len(data) < 8 + _number(data, 4, 4, "little")
    return len(data) < _number(data, 2, 4, "little")


def _part(data: bytes, at: int, count: int) -> bytes:
    part = data[at : at + count]
    if len(part) < count:
        raise ValueError("too short")
    return part


def _number(data: bytes, at: int, count: int, order: str = "big") -> int:
    return int.from_bytes(_part(data, at, count), "little" if order == "little" else "big")


def _reduction(header: Header, longest: int) -> int:
    """By how much a JPEG may be reduced while it is decoded: 1, 2, 4 or 8; others not at all."""
    by = max(header.width, header.height) // longest if longest and header.kind == "JPEG" else 1
    return max(least for least in REDUCED if least <= max(1, by))


def _opaque(picture: Picture) -> Picture:
    """On white paper, in eight bits and three colours."""
    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]
    if picture.shape[2] != 4:
        return picture
    cover = picture[:, :, 3:].astype(np.uint16)
    return ((picture[:, :, :3] * cover + 255 * (255 - cover)) // 255).astype(np.uint8)
