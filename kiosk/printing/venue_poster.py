"""The poster with a place's check-in code, A4, to hang where people enter."""

from __future__ import annotations

from datetime import datetime

from kiosk.locale import gettext as _
from kiosk.printing.paper import Paper

WIDTH_MM, HEIGHT_MM = 210.0, 297.0
CODE_MM, MARGIN_MM = 150.0, 15.0


def venue_poster(text: str, name: str, venue_id: str, issuer: str, made: datetime) -> bytes:
    """The poster as a PDF of one page; `text` is the content of the QR code.

    Raises SettingsError when the Chinese font is missing.
    """
    paper = Paper(WIDTH_MM, HEIGHT_MM, made)
    across = WIDTH_MM - 2 * MARGIN_MM
    paper.text(MARGIN_MM, 45, name, size_pt=48, width_mm=across, centre=True)
    paper.text(MARGIN_MM, 65, _("Please scan when you enter"), size_pt=26, width_mm=across, centre=True)
    paper.qr((WIDTH_MM - CODE_MM) / 2, 80, CODE_MM, text, error="Q")
    paper.text(MARGIN_MM, 250, venue_id, size_pt=18, width_mm=across, centre=True)
    paper.text(MARGIN_MM, 265, issuer, size_pt=18, width_mm=across, centre=True)
    return paper.pdf()
