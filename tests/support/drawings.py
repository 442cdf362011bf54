"""What the PDFs that the kiosk prints are drawn with."""

from __future__ import annotations

import re
import zlib

_DEFLATED = b"\x78"  # how each stream of zlib begins: RFC 1950


def drawings(pdf: bytes) -> list[str]:
    """The drawing commands and all else that is packed in a PDF, one text for each part.

    The data may end in any byte, a carriage return too: fpdf2 puts just a line feed before `endstream`.
    """
    parts = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return [zlib.decompress(part).decode("latin-1") for part in parts if part.startswith(_DEFLATED)]
