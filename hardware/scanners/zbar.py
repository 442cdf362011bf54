"""zbar through pyzbar: slower, but it reads moiré and glare that zxing-cpp does not. It reads no inverted code.

pyzbar's own `decode` lets zbar guess the encoding, and zbar takes Chinese UTF-8 for Shift-JIS; so the bytes are
asked for as they are.  Source: zbar.h of zbar 0.23, `zbar_image_scanner_set_config`.
"""

from __future__ import annotations

import ctypes

import numpy as np

from hardware import nothing
from hardware.scanners import Found, clockwise, grey, merged
from kiosk.core.faults import ScannerFault
from kiosk.core.ports import Corners, Picture, Sighting

try:
    from pyzbar import wrapper
except ImportError as error:  # pyzbar says so when the system's library is missing
    raise ScannerFault("zbar's library is missing; install it: apt install libzbar0") from error

ALL, QR = 0, 64  # zbar_symbol_type_t
ENABLE, BINARY = 0, 4  # zbar_config_t; BINARY is newer than pyzbar's list
GREY = int.from_bytes(b"Y800", "little")  # fourcc of 8-bit grey


class Zbar:
    """zbar, asked for QR codes only. One per thread."""

    def __init__(self) -> None:
        self._scanner = wrapper.zbar_image_scanner_create()
        self._configure(ALL, ENABLE, 0)
        self._configure(QR, ENABLE, 1)
        self._configure(QR, BINARY, 1)

    def texts(self, picture: Picture) -> tuple[str, ...]:
        """Every text found."""
        return self.read(grey(picture)).texts

    def read(self, picture: Picture) -> Found:
        """The codes in a grey picture; zbar does not tell what it saw but could not read."""
        found = self._scan(picture)
        if any(seen.text is None for seen in found):
            self._configure(QR, BINARY, 0)  # not UTF-8: here zbar's guess is better than none
            found = self._scan(picture)
            self._configure(QR, BINARY, 1)
        read = merged(seen for seen in found if seen.text is not None)
        return Found(read, "zbar" if read else "")

    def _scan(self, picture: Picture) -> list[Sighting]:
        """The codes in `picture`; without a text where the bytes are not UTF-8."""
        pixels = np.ascontiguousarray(picture)
        image = wrapper.zbar_image_create()
        try:
            wrapper.zbar_image_set_format(image, GREY)
            wrapper.zbar_image_set_size(image, pixels.shape[1], pixels.shape[0])
            wrapper.zbar_image_set_data(image, ctypes.c_void_p(pixels.ctypes.data), pixels.nbytes, None)
            if wrapper.zbar_scan_image(self._scanner, image) < 0:
                raise ScannerFault("zbar refused a picture")
            found = []
            symbol = wrapper.zbar_image_first_symbol(image)
            while symbol:
                length = wrapper.zbar_symbol_get_data_length(symbol)
                text = _utf8(ctypes.string_at(wrapper.zbar_symbol_get_data(symbol), length))
                found.append(Sighting(text, _corners(symbol)))
                symbol = wrapper.zbar_symbol_next(symbol)
            return found
        finally:
            wrapper.zbar_image_destroy(image)

    def _configure(self, symbology: int, config: int, value: int) -> None:
        if wrapper.zbar_image_scanner_set_config(self._scanner, symbology, config, value):
            raise ScannerFault("zbar is older than 0.23.1; update libzbar0")


def _corners(symbol: object) -> Corners:
    """zbar gives a QR code's four corners in turn, from its own top left."""
    at = range(min(4, wrapper.zbar_symbol_get_loc_size(symbol)))
    points = [(wrapper.zbar_symbol_get_loc_x(symbol, i), wrapper.zbar_symbol_get_loc_y(symbol, i)) for i in at]
    return clockwise(points or [(0, 0)] * 4)


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def open_device(arg: str) -> Zbar:
    """`zbar`."""
    nothing(arg)
    return Zbar()
