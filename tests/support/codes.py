"""What a phone reads of a picture that the kiosk made."""

from __future__ import annotations

import zxingcpp

from kiosk.core.ports import Picture

QR = zxingcpp.BarcodeFormat.QRCode  # alone: by chance, rows of modules look like a bar code of a few digits


def codes_in(picture: Picture) -> list[str]:
    """The texts of the QR codes in `picture`, in the order in which they were found."""
    return [code.text for code in zxingcpp.read_barcodes(picture, formats=QR)]
