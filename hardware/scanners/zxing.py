"""zxing-cpp, the fast decoder: 82 % of the codes in real photographs at 1.1 ms each, 1 to 1.6 ms an empty 720p frame.

It fails on moiré, strong glare and motion over six pixels.  Source: docs of zxing-cpp 3.1, `read_barcodes`.
"""

from __future__ import annotations

import json  # noqa: F401 - zxing-cpp needs it for `extra`, and a sealed process can load nothing any more

import zxingcpp

from hardware import nothing
from hardware.scanners import Found, grey, merged
from kiosk.core.ports import Corners, Picture, Sighting

ONLY_QR = zxingcpp.barcode_formats_from_str("QRCodeModel2")  # other symbologies had overflows, and nobody shows them
WITH_ECI = ("]Q2", "]Q4", "]Q6")  # symbology identifiers of codes that state their encoding (ISO/IEC 15424)


def read(picture: Picture, *, global_threshold: bool = False) -> Found:
    """The codes in `picture`, those included that it saw but could not correct.

    try_downscale and try_invert stay on: without them photographs of monitors and of phones in dark mode are lost.
    """
    binarizer = zxingcpp.Binarizer.GlobalHistogram if global_threshold else zxingcpp.Binarizer.LocalAverage
    codes = zxingcpp.read_barcodes(
        picture,
        formats=ONLY_QR,
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=binarizer,
        try_downscale=True,
        try_invert=True,
        return_errors=True,
    )
    sightings = merged(Sighting(_text(code) if code.valid else None, _corners(code), _modules(code)) for code in codes)
    return Found(sightings, "zxing" if any(code.valid for code in codes) else "")


def _corners(code: zxingcpp.Barcode) -> Corners:
    at = code.position
    return tuple((p.x, p.y) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left))


def _modules(code: zxingcpp.Barcode) -> int | None:
    """How many a side, by the version that the code states or that its size suggests."""
    try:
        extra = code.extra
    except ValueError:
        return None
    stated = str(extra.get("Version", "")) if isinstance(extra, dict) else ""
    version = int(stated) if stated.isdecimal() else 0  # M4: noise that looks like a smaller kind
    return 17 + 4 * version if 1 <= version <= 40 else None


def _text(code: zxingcpp.Barcode) -> str:
    """The code's text: as it says itself, else as UTF-8, else as zxing guesses (Shift-JIS, Latin-1, ...)."""
    if code.symbology_identifier not in WITH_ECI:
        try:
            return code.bytes.decode()
        except UnicodeDecodeError:
            pass
    return str(code.text)


class Zxing:
    """zxing-cpp alone, as a Scanner."""

    def texts(self, picture: Picture) -> tuple[str, ...]:
        """Every text found, best first."""
        return self.read(picture).texts

    def read(self, picture: Picture) -> Found:
        """The codes found."""
        return read(grey(picture))


def open_device(arg: str) -> Zxing:
    """`zxing`."""
    nothing(arg)
    return Zxing()
