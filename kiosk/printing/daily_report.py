"""The report of one day on one sheet of A4: numbers, a chart by the hour, reasons, and the time that is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from kiosk.core.daily import DayReport, Gap, Line
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.printing.paper import Paper

WIDTH_MM, HEIGHT_MM, MARGIN_MM = 210.0, 297.0, 15.0
_ACROSS_MM = WIDTH_MM - 2 * MARGIN_MM
_CHART_MM = 45.0
_MOST_REASONS, _MOST_GAPS, _MOST_LANES = 10, 8, 6
_GREYS = {"passed": 200, "checked": 130, "denied": 0, "incomplete": 235}


def daily_report(report: DayReport, place: str, zone: tzinfo, made: datetime, head: str = "") -> bytes:
    """The report as a PDF of one page; `head` is the code by which the log can be compared.

    Raises SettingsError when the Chinese font is missing.
    """
    paper = Paper(WIDTH_MM, HEIGHT_MM, made)
    paper.text(MARGIN_MM, 22, _("Report of %(day)s", day=report.day.isoformat()), size_pt=20, width_mm=_ACROSS_MM)
    paper.text(MARGIN_MM, 30, f"{place}  {report.kiosk}".strip(), size_pt=11, width_mm=_ACROSS_MM)
    y = table(paper, 42, report_numbers(report), columns=3)
    y = _chart(paper, y + 8, report.hours)
    y = listed(paper, y + 10, _("By lane"), [_of_lane(line) for line in report.lanes[:_MOST_LANES]])
    reasons = [f"{count}  {words.reason(name)}" for name, count in report.reasons[:_MOST_REASONS]]
    y = listed(paper, y + 4, _("Why people did not pass at once"), reasons)
    y = listed(paper, y + 4, _("Temperatures (estimates)"), [measured(report)])
    y = listed(paper, y + 4, _("Waiting for the volunteer's decision"), [waited(report)])
    gaps = [gap_line(gap, zone) for gap in (*report.missing, *report.doubts)[:_MOST_GAPS]]
    y = listed(paper, y + 4, _("Time without the kiosk"), gaps or [_("none")])
    foot(paper, made, zone, head)
    return paper.pdf()


def number_words() -> Mapping[str, str]:
    """What each number of the report is called."""
    return {
        "passed": _("Passed"),
        "checked": _("To the volunteer"),
        "denied": _("Stopped"),
        "incomplete": _("Left half-way"),
        "entered": _("Came in"),
        "left": _("Went out"),
        "dropped_off": _("Handed over at the gate"),
        "overridden": _("Decided by hand"),
        "undone": _("Decisions taken back"),
        "disputed": _("Disputed"),
        "medical": _("Medical exits"),
        "paper": _("From paper"),
        "retroactive": _("Written down later"),
        "vehicles": _("Vehicles"),
        "evacuations": _("Evacuations"),
    }


def report_numbers(report: DayReport) -> list[tuple[str, int]]:
    """Every number of the report with what it is called, in one order for page and paper."""
    found = []
    for name, said in number_words().items():
        holder = next((each for each in (report.counts, report.remarks, report) if hasattr(each, name)), None)
        found.append((said, int(getattr(holder, name))))
    return found


def foot(paper: Paper, made: datetime, zone: tzinfo, head: str) -> None:
    """When the sheet was made, and the code of the log's head, in its last line."""
    said = _("Made %(time)s", time=f"{made.astimezone(zone):%Y-%m-%d %H:%M}")
    if head:
        said += "   " + _("Log: %(head)s", head=head)
    paper.text(MARGIN_MM, HEIGHT_MM - 10, said, size_pt=8, width_mm=_ACROSS_MM)


def table(paper: Paper, y_mm: float, numbers: Sequence[tuple[str, int]], columns: int) -> float:
    """Numbers with what they are called, in columns; where it ends."""
    width = _ACROSS_MM / columns
    for at, (said, number) in enumerate(numbers):
        left, top = MARGIN_MM + at % columns * width, y_mm + at // columns * 8
        paper.text(left, top, str(number), size_pt=14, width_mm=16)
        paper.text(left + 17, top, said, size_pt=10, width_mm=width - 19)
    return y_mm + -(-len(numbers) // columns) * 8


def _chart(paper: Paper, y_mm: float, hours: Sequence[Line]) -> float:
    """One bar an hour, darker the worse; a chart that a copier does not spoil."""
    most = max((line.total for line in hours), default=0)
    width, base = _ACROSS_MM / max(1, len(hours)), y_mm + _CHART_MM
    title = _("Visits by the hour, at most %(most)d: light passed, grey to the volunteer, black stopped", most=most)
    paper.text(MARGIN_MM, y_mm, title, size_pt=10, width_mm=_ACROSS_MM)
    for at, line in enumerate(hours):
        left, top = MARGIN_MM + at * width, base
        for name, grey in _GREYS.items():
            height = getattr(line, name) * (_CHART_MM - 6) / most if most else 0
            top -= height
            if height:
                paper.bar(left + 0.5, top, width - 1, height, grey)
        if at % 3 == 0:
            paper.text(left, base + 4, line.label[:5], size_pt=7, width_mm=width * 3)
    paper.bar(MARGIN_MM, base, _ACROSS_MM, 0.2)
    return base + 4


def listed(paper: Paper, y_mm: float, title: str, lines: Sequence[str]) -> float:
    """Lines under a title; where they end."""
    paper.text(MARGIN_MM, y_mm, title, size_pt=11, width_mm=_ACROSS_MM)
    for at, line in enumerate(lines, 1):
        paper.text(MARGIN_MM + 4, y_mm + 5 * at, line, size_pt=9, width_mm=_ACROSS_MM - 4)
    return y_mm + 5 * len(lines) + 5


def _of_lane(line: Line) -> str:
    named = number_words()
    told = (f"{named[name]} {getattr(line, name)}" for name in ("passed", "checked", "denied", "incomplete"))
    return f"{line.label}:  " + ",  ".join(told)


def measured(report: DayReport) -> str:
    """The temperatures in one sentence."""
    found = report.temperatures
    if not found.measured:
        return _("nobody was measured")
    values = {
        "count": found.measured,
        "low": f"{found.lowest:.1f}",
        "mid": f"{found.median:.1f}",
        "high": f"{found.highest:.1f}",
        "febrile": found.febrile,
    }
    return _("%(count)d measured, %(low)s to %(high)s °C, half below %(mid)s; %(febrile)d raised", **values)


def waited(report: DayReport) -> str:
    """How long people waited, in one sentence."""
    waits = report.waits
    if not waits.decided:
        return _("nobody waited for a decision")
    values = {"count": waits.decided, "mid": round(waits.median_s or 0), "most": round(waits.longest_s or 0)}
    return _("%(count)d waited, half of them less than %(mid)d s, the longest %(most)d s", **values)


def gap_line(gap: Gap, zone: tzinfo) -> str:
    """From when to when the kiosk was away, and why."""
    since, until = (moment.astimezone(zone) for moment in (gap.since, gap.until))
    said = f"{since:%H:%M} – {until:%H:%M}  {words.say(words.GAPS, gap.why)}"
    return said + (f"; {_('%(count)d visits from paper', count=gap.paper)}" if gap.paper else "")
