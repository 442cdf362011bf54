"""Pages, filters and exports show the same rows."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.core.entry import Draft, EntryKind
from kiosk.core.model import Direction, Finding, Measurement, Outcome
from kiosk.core.reasons import Reason
from kiosk.store import export
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader


@pytest.fixture
def reader(logbook: Logbook, visit: Callable[..., Draft], path: Path, clock: object) -> Reader:
    """Seven rows, an hour apart: odd ones in, even ones out, the third feverish, the last by hand."""
    for number in range(1, 8):
        hot = number == 3
        logbook.append(
            visit(
                f"v{number}",
                lane="main" if number < 5 else "back",
                direction=Direction.IN if number % 2 else Direction.OUT,
                outcome=Outcome.CHECK if hot else Outcome.PASS,
                reasons=(Reason.FEBRILE, Reason.TEST_TOO_OLD) if hot else (),
                findings=(Finding(Outcome.CHECK, Reason.FEBRILE, "temperature"),) if hot else (),
                measurement=Measurement(38.1 if hot else 36.4, 33.0, 21.5, 0.1, 5, "heat_balance", clock()),
                volunteer="u1" if number == 7 else "",
                format="eu_dcc",
            )
        )
        clock.on(hours=1)
    return Reader.open(path)


def test_pages_run_from_the_newest_row_to_the_oldest_without_a_gap(reader: Reader) -> None:
    first = reader.page(Filter(), limit=3)
    second = reader.page(Filter(), before=first[-1].seq, limit=3)
    third = reader.page(Filter(), before=second[-1].seq, limit=3)
    assert [[row.seq for row in page] for page in (first, second, third)] == [[7, 6, 5], [4, 3, 2], [1]]


def test_each_filter_narrows_to_its_rows(reader: Reader, clock: object) -> None:
    begin = clock() - timedelta(hours=7)
    expected = {
        Filter(since=begin + timedelta(hours=1), until=begin + timedelta(hours=3)): [2, 3],
        Filter(until=begin): [],
        Filter(lane="back"): [5, 6, 7],
        Filter(kind=EntryKind.OVERRIDE): [],
        Filter(outcome=Outcome.CHECK): [3],
        Filter(reason=Reason.TEST_TOO_OLD): [3],
        Filter(reason=Reason.TEST_MISSING): [],
        Filter(volunteer="u1"): [7],
        Filter(direction=Direction.OUT): [2, 4, 6],
        Filter(format="eu_dcc", lane="main"): [1, 2, 3, 4],
        Filter(person_tags=()): [],
        Filter(min_c=37.3): [3],
        Filter(max_c=37.3, direction=Direction.IN): [1, 5, 7],
        Filter(lane="' OR 1=1 --"): [],
    }
    for chosen, seqs in expected.items():
        assert [row.seq for row in reader.rows(chosen)] == seqs, chosen
        assert [row.seq for row in reader.rows(chosen, newest_first=True)] == seqs[::-1]
        assert [row.seq for row in reader.page(chosen)] == seqs[::-1]
        assert reader.count(chosen) == len(seqs)


def test_rows_go_on_over_many_looks(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.store.reader._PAGE", 2)
    monkeypatch.setattr("kiosk.store.reader._STRETCH", 3)
    assert [row.seq for row in reader.rows(Filter())] == [1, 2, 3, 4, 5, 6, 7]
    assert [row.seq for row in reader.rows(Filter(), newest_first=True)] == [7, 6, 5, 4, 3, 2, 1]


def test_a_row_reads_back_as_it_was_written(reader: Reader) -> None:
    row = reader.page(Filter(outcome=Outcome.CHECK))[0]
    assert (row.kind, row.reasons) == (EntryKind.VISIT, (Reason.FEBRILE, Reason.TEST_TOO_OLD))
    assert row.findings == (("temperature", Outcome.CHECK, Reason.FEBRILE, ""),)
    assert row.temperature is not None
    assert (row.temperature.forehead_c, row.temperature.ambient_c) == (38.1, 21.5)


def test_csv_has_the_chosen_columns_translated_headers_and_local_times(reader: Reader) -> None:
    out = io.BytesIO()
    layout = export.Layout(
        columns=export.choose(["seq", "happened", "outcome", "reasons", "forehead_c"]),
        header=lambda name: {"outcome": "结果"}.get(name, name),
        zone=ZoneInfo("Asia/Shanghai"),
        bom=True,
    )
    count = export.csv_file(reader.bodies(Filter(outcome=Outcome.CHECK)), out, layout)
    assert count == 1
    assert out.getvalue().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"))))
    assert rows == [
        ["seq", "happened", "结果", "reasons", "forehead_c"],
        ["3", "2026-11-21T17:30:00.000+08:00", "check", "febrile test_too_old", "38.1"],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert export.neutral(f"{start}cmd|' /C calc'!A0").startswith("'")


def test_a_hostile_issuer_is_neutral_in_csv(logbook: Logbook, visit: Callable[..., Draft], path: Path) -> None:
    logbook.append(visit(issuer="=HYPERLINK(1)", lane="-1"))
    out = io.BytesIO()
    export.csv_file(Reader.open(path).bodies(Filter()), out, export.Layout(columns=export.choose(["issuer", "lane"])))
    assert out.getvalue().splitlines()[1] == b"'=HYPERLINK(1),'-1"


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        export.choose(["nonsense"])


def test_every_column_has_a_name_of_its_own() -> None:
    assert len(export.BY_NAME) == len(export.COLUMNS)


def test_json_lines_carry_the_clear_fields(reader: Reader) -> None:
    out = io.BytesIO()
    assert export.jsonl_file(reader.bodies(Filter()), out, export.Layout()) == 7
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert rows[2]["temperature"]["forehead_c"] == 38.1
    assert "王小明" not in out.getvalue().decode()
