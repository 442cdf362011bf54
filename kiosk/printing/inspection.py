"""The inspector's sheet, A4: twenty-four hours in numbers, what happened, the log's code, remarks and a signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from kiosk.core.daily import DayReport
from kiosk.core.entry import EntryKind
from kiosk.core.model import Outcome
from kiosk.core.reasons import Reason
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.printing.daily_report import (
    HEIGHT_MM,
    MARGIN_MM,
    WIDTH_MM,
    foot,
    gap_line,
    listed,
    measured,
    report_numbers,
    table,
    waited,
)
from kiosk.printing.paper import Paper

_ACROSS_MM = WIDTH_MM - 2 * MARGIN_MM
_MOST_EVENTS, _MOST_GAPS = 18, 5
_REMARKS_MM, _RULE_MM = 222.0, 9.0  # where the remarks begin, and how far their lines lie apart


@dataclass(frozen=True, slots=True)
class Event:
    """One row that an inspector asks about. `by` is a volunteer's name; nobody else's stands here."""

    seq: int
    at: datetime
    kind: EntryKind
    outcome: Outcome | None = None
    reasons: tuple[Reason, ...] = ()
    by: str = ""

    @property
    def said(self) -> str:
        """What happened, in words."""
        parts = [words.say(words.KINDS, self.kind)]
        if self.outcome is not None:
            parts.append(words.say(words.OUTCOMES, self.outcome))
        parts += [words.reason(reason) for reason in self.reasons]
        return " · ".join(parts)


def inspection(
    report: DayReport, events: Sequence[Event], place: str, zone: tzinfo, made: datetime, head: str
) -> bytes:
    """The sheet as a PDF of one page. Raises SettingsError when the Chinese font is missing."""
    paper = Paper(WIDTH_MM, HEIGHT_MM, made)
    since, until = (moment.astimezone(zone) for moment in (report.since, report.until))
    paper.text(MARGIN_MM, 22, _("Inspection of the gate"), size_pt=20, width_mm=_ACROSS_MM)
    paper.text(MARGIN_MM, 30, f"{place}  {report.kiosk}".strip(), size_pt=11, width_mm=_ACROSS_MM)
    paper.text(MARGIN_MM, 37, f"{since:%Y-%m-%d %H:%M} – {until:%Y-%m-%d %H:%M}", size_pt=11, width_mm=_ACROSS_MM)
    y = table(paper, 48, report_numbers(report), columns=3)
    y = listed(paper, y + 2, _("Temperatures and waiting"), [measured(report), waited(report)])
    gaps = [gap_line(gap, zone) for gap in (*report.missing, *report.doubts)]
    y = listed(paper, y + 2, _("Time without the kiosk"), _cut(gaps, _MOST_GAPS) or [_("none")])
    lines = [f"{each.at.astimezone(zone):%m-%d %H:%M}  {each.seq}  {each.said}  {each.by}".rstrip() for each in events]
    room = int((_REMARKS_MM - y - 12) // 5)
    listed(paper, y + 2, _("What happened besides"), _cut(lines, max(1, min(_MOST_EVENTS, room))) or [_("nothing")])
    _signature(paper)
    foot(paper, made, zone, head)
    return paper.pdf()


def _cut(lines: Sequence[str], most: int) -> list[str]:
    """The first lines, and how many more there are."""
    if len(lines) <= most:
        return list(lines)
    return [*lines[: most - 1], _("and %(count)d more, on the page", count=len(lines) - most + 1)]


def _signature(paper: Paper) -> None:
    paper.text(MARGIN_MM, _REMARKS_MM, _("Remarks"), size_pt=11, width_mm=_ACROSS_MM)
    for line in range(1, 5):
        paper.bar(MARGIN_MM, _REMARKS_MM + line * _RULE_MM, _ACROSS_MM, 0.2, 120)
    y = _REMARKS_MM + 5.4 * _RULE_MM
    third = _ACROSS_MM / 3
    for at, title in enumerate((_("Name and office"), _("Signature"), _("Date and time"))):
        paper.bar(MARGIN_MM + at * third, y, third - 6, 0.3)
        paper.text(MARGIN_MM + at * third, y + 5, title, size_pt=9, width_mm=third - 6)
