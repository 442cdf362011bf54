"""A QR code alone, as a picture."""

from __future__ import annotations

from io import BytesIO

import segno

KINDS = ("svg", "png")


def code(content: str, kind: str, *, error: str = "M") -> bytes:
    """The QR code of `content` with its quiet zone: `kind` is svg (scales) or png (8 pixels a module)."""
    out = BytesIO()
    segno.make_qr(content, error=error, boost_error=False).save(out, kind=kind, scale=8, border=4)
    return out.getvalue()
