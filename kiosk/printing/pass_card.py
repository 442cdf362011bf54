"""The pass as a card for a wallet: the size of a bank card, the code as large as it goes, big type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kiosk.locale import gettext as _
from kiosk.printing.paper import Paper

WIDTH_MM, HEIGHT_MM = 85.6, 53.98  # ISO/IEC 7810 ID-1
CODE_MM = 46.0


@dataclass(frozen=True, slots=True)
class PassCard:
    """What stands on one card. `text` is the content of its QR code; days are local, ready to print."""

    text: str
    name: str
    group: str
    issuer: str
    first_day: str
    last_day: str


def pass_card(card: PassCard, made: datetime) -> bytes:
    """The card as a PDF of one page. Raises SettingsError when the Chinese font is missing."""
    paper = Paper(WIDTH_MM, HEIGHT_MM, made)
    paper.frame(0.1, 0.1, WIDTH_MM - 0.2, HEIGHT_MM - 0.2)
    paper.qr(1, (HEIGHT_MM - CODE_MM) / 2, CODE_MM, card.text, error="M")
    left, width = CODE_MM + 2, WIDTH_MM - CODE_MM - 4
    lines = (
        (_("Entry pass"), 9, 9.0),
        (card.name, 19, 17.0),
        (card.group, 27, 11.0),
        (_("from %(day)s", day=card.first_day), 36, 10.0),
        (_("until %(day)s", day=card.last_day), 42, 10.0),
        (card.issuer, 50, 8.0),
    )
    for words, y, size in lines:
        paper.text(left, y, words, size_pt=size, width_mm=width)
    return paper.pdf()
