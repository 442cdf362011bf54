"""The logbook as an Excel file: texts as texts, numbers and times as such, a header that stays in sight.

XlsxWriter spools its sheet to temporary files; they lie in a folder of the kiosk's own and go with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from kiosk.core.faults import KioskError
from kiosk.store.columns import PERSONAL, Cells, Sort
from kiosk.store.export import Layout, numbers_of
from kiosk.store.reader import Bodies

MOST_ROWS = 200_000
_AT_ONCE = 500  # rows after which progress is told, and somebody may stop it
_WIDTHS = {Sort.TIME: 23, Sort.CHECKS: 40, Sort.REASONS: 24}  # characters
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


class TooManyRows(KioskError, ValueError):
    """More rows than a workbook of the kiosk takes; narrow the filter, or use CSV."""


def workbook_file(
    bodies: Bodies, out: Path, layout: Layout, folder: Path, step: Callable[[int], None] = lambda _: None
) -> int:
    """Writes rows as XLSX to `out` and answers how many; temporary files lie in `folder`, which is there.

    Times are of `layout.zone`, without it, as spreadsheets have them. Raises TooManyRows, OSError, and what
    `bodies` and `step` raise; then `out` is not to be used.
    """
    book = xlsxwriter.Workbook(str(out), {**_OPTIONS, "tmpdir": str(folder)})
    finished = False
    try:
        sheet = book.add_worksheet("log")
        bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        sheet.freeze_panes(1, 0)
        for number, name in enumerate(layout.names):
            sort = layout.columns[number].sort if number < len(layout.columns) else Sort.TEXT
            sheet.set_column(number, number, _WIDTHS.get(sort, 14))
            sheet.write_string(0, number, layout.header(name), bold)
        count = _rows(sheet, bodies, layout, moment, step)
        if layout.ending:
            sheet.write_string(count + 1, 0, layout.ending)
        finished = True
    finally:
        try:
            book.close()  # removes what was spooled
        except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
            if finished:
                raise KioskError(f"{out}: {error}") from error
    return count


def _rows(sheet: Any, bodies: Bodies, layout: Layout, moment: Any, step: Callable[[int], None]) -> int:
    cells = Cells(layout.columns, layout.zone)
    sorts = [column.sort for column in layout.columns]
    count = 0
    for part in (bunch[start : start + _AT_ONCE] for bunch in bodies for start in range(0, len(bunch), _AT_ONCE)):
        if count + len(part) > MOST_ROWS:
            raise TooManyRows(f"more than {MOST_ROWS} rows: narrow the filter, or export CSV")
        seqs: Sequence[int] = numbers_of(part) if layout.people else ()
        shown = layout.people(seqs) if layout.people else {}
        for place, row in enumerate(zip(*cells.columns(part), strict=True)):
            count += 1
            for number, (cell, sort) in enumerate(zip(row, sorts, strict=True)):
                if cell == "":
                    continue
                if sort is Sort.NUMBER:
                    sheet.write_number(count, number, cell)
                elif sort is Sort.TIME:
                    sheet.write_datetime(count, number, datetime.fromisoformat(cell[:23]), moment)
                else:
                    sheet.write_string(count, number, cell)
            if layout.people:
                who = shown.get(seqs[place], {})
                for number, name in enumerate(PERSONAL, len(sorts)):
                    sheet.write_string(count, number, who.get(name, ""))
        step(len(part))
    return count
