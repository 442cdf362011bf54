"""The pass as a card for a wallet: the size of a bank card, the code as large as it goes; alone or ten a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.printing.paper import Paper

WIDTH_MM, HEIGHT_MM = 85.6, 53.98  # ISO/IEC 7810 ID-1
CODE_MM = 46.0
SHEET_MM = (210.0, 297.0)  # A4
COLUMNS, ROWS = 2, 5


@dataclass(frozen=True, slots=True)
class PassCard:
    """What stands on one card. `text` is the content of its QR code; days are local, ready to print."""

    text: str
    name: str
    group: str
    issuer: str
    first_day: str
    last_day: str
    number: str = ""  # by which the pass can be taken back
    others: Sequence[str] = ()  # of the household


def dated(
    text: str,
    name: str,
    group: str,
    issuer: str,
    holds: tuple[datetime, datetime],
    zone: tzinfo,
    number: str,
    others: Sequence[str] = (),
) -> PassCard:
    """The card of a pass of a group's code that `holds` from one moment to another, whose last is not included."""
    first, last = holds[0].astimezone(zone), (holds[1] - timedelta(seconds=1)).astimezone(zone)
    said = words.say(words.GROUPS, group)
    return PassCard(text, name, said, issuer, f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}", number, others)


def pass_card(card: PassCard, made: datetime) -> bytes:
    """The card as a PDF of one page. Raises SettingsError when the Chinese font is missing."""
    paper = Paper(WIDTH_MM, HEIGHT_MM, made)
    _draw(paper, card, 0, 0)
    return paper.pdf()


def pass_sheets(cards: Iterable[PassCard], made: datetime) -> bytes:
    """The cards as a PDF of A4 pages, ten on each, to print and cut. Raises SettingsError as `pass_card` does."""
    paper = Paper(*SHEET_MM, made)
    left, top = (SHEET_MM[0] - COLUMNS * WIDTH_MM) / 2, (SHEET_MM[1] - ROWS * HEIGHT_MM) / 2
    for number, card in enumerate(cards):
        place = number % (COLUMNS * ROWS)
        if number and not place:
            paper.next_page()
        row, column = divmod(place, COLUMNS)
        _draw(paper, card, left + column * WIDTH_MM, top + row * HEIGHT_MM)
    return paper.pdf()


def _draw(paper: Paper, card: PassCard, x_mm: float, y_mm: float) -> None:
    paper.frame(x_mm + 0.1, y_mm + 0.1, WIDTH_MM - 0.2, HEIGHT_MM - 0.2)
    paper.qr(x_mm + 1, y_mm + (HEIGHT_MM - CODE_MM) / 2, CODE_MM, card.text, error="M")
    left, width = CODE_MM + 2, WIDTH_MM - CODE_MM - 4
    lines = (
        (_("Entry pass"), 8, 9.0),
        (card.name, 17, 17.0),
        (_("and %(names)s", names=", ".join(card.others)) if card.others else "", 22.5, 9.0),
        (card.group, 28, 11.0),
        (_("from %(day)s", day=card.first_day), 35, 10.0),
        (_("until %(day)s", day=card.last_day), 40, 10.0),
        (card.issuer, 46, 8.0),
        (card.number, 50.5, 6.0),
    )
    for said, y, size in lines:
        if said:
            paper.text(x_mm + left, y_mm + y, said, size_pt=size, width_mm=width)
