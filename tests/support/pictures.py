"""Pictures made for tests: codes, files of them, and files that lie about themselves."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import segno

from hardware.pictures import JPEG_MAGIC, PNG_MAGIC
from kiosk.core.ports import Picture


def qr(text: str, *, module_px: int = 6, size: tuple[int, int] | None = None) -> Picture:
    """A sharp grey picture of a code, in the middle of a white one of `size` (width, height) where that is given."""
    modules = np.pad(np.array(segno.make_qr(text).matrix, np.uint8), 4)
    code = np.kron(255 * (1 - modules), np.ones((module_px, module_px), np.uint8)).astype(np.uint8)
    if size is None:
        return code
    picture = np.full((size[1], size[0]), 255, np.uint8)
    top, left = (size[1] - len(code)) // 2, (size[0] - len(code)) // 2
    picture[top : top + len(code), left : left + len(code)] = code
    return picture


def encoded(picture: Picture, kind: str = ".png") -> bytes:
    """The picture as the bytes of a file."""
    return cv2.imencode(kind, picture)[1].tobytes()


def qr_bytes(text: str, kind: str = ".png") -> bytes:
    """A picture file of a code."""
    return encoded(qr(text), kind)


def png_that_claims(width: int, height: int) -> bytes:
    """A small PNG file whose header promises so many pixels, all black: a decompression bomb."""
    rows = zlib.compress(bytes(1000), 9)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG_MAGIC + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg_that_claims(width: int, height: int) -> bytes:
    """The start and the end of a JPEG file that promises so many pixels."""
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC0, 11, 8, height, width, 1) + b"\x01\x11\x00"
    return JPEG_MAGIC[:2] + frame + b"\xff\xd9"


def random_bytes(count: int = 5000, start: bytes = b"") -> bytes:
    """Always the same nonsense."""
    return start + np.random.default_rng(3).integers(0, 256, count, np.uint8).tobytes()


# What somebody could name on the command line or put on a card, and a word of the line it is answered with.
HOSTILE = {
    "bomb.png": (png_that_claims(20_000, 20_000), "megapixels"),
    "bomb.jpg": (jpeg_that_claims(60_000, 60_000), "megapixels"),
    "cut.jpg": (qr_bytes("x", ".jpg")[:900], "cut off"),
    "cut.png": (qr_bytes("x", ".png")[:200], "cut off"),
    "cut.webp": (qr_bytes("x", ".webp")[:100], "cut off"),
    "cut.bmp": (qr_bytes("x", ".bmp")[:5000], "cut off"),
    "head.png": (PNG_MAGIC, "cut off"),
    "head.jpg": (JPEG_MAGIC, "cut off"),
    "random.png": (random_bytes(), "not a PNG"),
    "random.jpg": (random_bytes(start=JPEG_MAGIC), "cut off"),
    "wrong_rows.png": (png_that_claims(100, 100), ""),
    "empty.jpg": (b"", "empty"),
    "nothing.png": (png_that_claims(0, 5), "no pixels"),
    "text.png": (b"#!/bin/sh\n", "not a PNG"),
}
