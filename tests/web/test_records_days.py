"""The same numbers on the page, on paper, in the file and in the log's own counts, on days that nobody chose."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from kiosk.core import daily
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.model import Outcome
from kiosk.printing.paper import CJK_FONT
from kiosk.settings import Lane, Places, Settings
from kiosk.store.daily import day_report
from kiosk.store.reader import Filter
from kiosk.store.records import Records
from tests.support import written_logbook
from tests.support.drawings import drawings
from tests.support.written_logbook import MORNING, draft
from tests.web.conftest import PASSPHRASE, Clock, Visitor, until
from web import create_app, records
from web.records.counted import Counted

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 11, 21)
DAYS = [FIRST + timedelta(days=number) for number in range(5)]
NUMBERS = ("passed", "checked", "denied", "incomplete", "entered", "left")


def generated(seed: int) -> list[Draft]:
    """Rows of four days with everything that changes a count: decisions, undone ones, disputes, paper, outages."""
    chance = random.Random(seed)
    rows, at, boots = [], MORNING, 0
    for number in range(400):
        at += timedelta(seconds=chance.expovariate(1 / 800))
        kind = chance.choices(
            (EntryKind.VISIT, EntryKind.INCOMPLETE, EntryKind.MEDICAL_EXIT, EntryKind.VEHICLE, EntryKind.EVACUATION),
            (90, 5, 2, 2, 1),
        )[0]
        visit = f"g{seed}-{number}"
        source = "paper" if chance.random() < 0.05 else "camera"
        happened = at - timedelta(hours=chance.random() * 9) if source == "paper" else at
        rows.append((at, draft(chance.randrange(5), kind=kind, visit=visit, happened=happened, source=source)))
        if kind is EntryKind.VISIT and chance.random() < 0.3:
            about = {"visit": visit, "refers": visit, "lane": "main", "volunteer": "u2"}
            after = at + timedelta(seconds=chance.choice((5, 40, 400, 4000)))
            rows.append((after, Draft(EntryKind.OVERRIDE, after, outcome=chance.choice(list(Outcome)), **about)))
            if chance.random() < 0.4:
                rows.append((after, Draft(EntryKind.UNDO, after + timedelta(seconds=9), **about)))
            if chance.random() < 0.3:
                late = after + timedelta(days=chance.randrange(3))
                rows.append((late, Draft(EntryKind.DISPUTE, late, **about)))
        if kind is not EntryKind.MEDICAL_EXIT and chance.random() < 0.15:  # measured again, also after midnight
            more = chance.choice((EntryKind.VISIT, EntryKind.VISIT, EntryKind.INCOMPLETE, EntryKind.DROP_OFF))
            after = at + timedelta(seconds=chance.choice((30, 800, 20_000, 90_000)))
            rows.append((after, draft(chance.randrange(5), kind=more, visit=visit, happened=after)))
        if chance.random() < 0.01:
            boots += 1
            rows.append((at, Draft(EntryKind.STOP, at)))
            at += timedelta(hours=chance.choice((0.001, 1, 30)))
            rows.append((at, Draft(EntryKind.START, at)))
    return [row for _, row in sorted(rows, key=lambda each: each[0])]


def again(manager: Visitor) -> None:
    """Logs in after a while in which every login ended."""
    manager.log_in("manager", PASSPHRASE)


def text_of(pdf: bytes) -> str:
    """The drawing commands of a PDF."""
    return "".join(drawings(pdf))


@pytest.mark.parametrize("seed", [1, 2])
def test_page_paper_file_and_log_tell_the_same_numbers_and_days_add_up(
    app: Flask, manager: Visitor, at: Places, clock: Clock, seed: int
):
    written_logbook.write(at, generated(seed))
    clock.at = datetime(2026, 12, 30, tzinfo=UTC)
    again(manager)
    logbook = Records.open(at.logbook)
    every = list(logbook.rows(Filter()))
    for day in DAYS:
        counted = logbook.counts(*daily.span(day, ZONE))
        whole = daily.report(every, day, ZONE, "kiosk-1", clock.at)  # of every row there is
        made = day_report(logbook, day, ZONE, "kiosk-1", clock.at)
        assert made == whole
        page = manager.page(f"/records/days/{day}")
        shown = [int(number.replace(",", "")) for number in re.findall(r"<dd>([\d,]+)</dd>", page)]
        paper = text_of(manager.get(f"/records/days/{day}/report.pdf").data)
        drawn = [int(number) for number in re.findall(r"\((\d+)\) Tj", paper)]
        table = csv.reader(io.StringIO(manager.get(f"/records/days/{day}/report.csv").data.decode("utf-8-sig")))
        cells = {(section, name): value for section, name, value in table}
        for place, name in enumerate(NUMBERS):
            want = getattr(whole.counts, name)
            assert want == getattr(counted, name), (day, name)
            assert want == shown[place] == drawn[place] == int(cells["counts", name]), (day, name)
        assert shown == drawn[: len(shown)]
    whole_time = daily.span(DAYS[0], ZONE)[0], daily.span(DAYS[-1], ZONE)[1]
    days = [app.extensions[Counted.KEY].report(day) for day in DAYS]
    assert daily.total(days).counts == logbook.counts(*whole_time)
    assert (
        sum(day.remarks.overridden for day in days)
        == daily.stretch(every, whole_time, DAYS[-1], ZONE, "kiosk-1", clock.at).remarks.overridden
    )


@pytest.fixture
def _one_day(at: Places, clock: Clock) -> None:
    written_logbook.write(at, [draft(number) for number in range(60)])
    clock.at = MORNING + timedelta(hours=2)


@pytest.mark.usefixtures("_one_day")
def test_a_day_that_is_written_on_is_counted_anew_and_no_other(app: Flask, manager: Visitor, at: Places):
    counted = app.extensions[Counted.KEY]
    before, other = counted.report(FIRST), counted.report(FIRST - timedelta(days=3))
    late = MORNING + timedelta(hours=1)
    written_logbook.write(
        at, [Draft(EntryKind.OVERRIDE, late, visit="visit-2", refers="visit-2", outcome=Outcome.PASS)]
    )
    after = counted.report(FIRST)
    assert (after.counts.passed, after.counts.checked) == (before.counts.passed + 1, before.counts.checked - 1)
    assert counted.report(FIRST - timedelta(days=3)) is other
    assert counted.report(FIRST) is after


@pytest.mark.usefixtures("_one_day")
def test_a_visit_measured_again_after_midnight_is_counted_anew_on_the_day_it_began(app: Flask, at: Places):
    counted = app.extensions[Counted.KEY]
    before, next_day = counted.report(FIRST), counted.report(FIRST + timedelta(days=1))
    after_midnight = daily.span(FIRST, ZONE)[1] + timedelta(minutes=2)
    written_logbook.write(at, [draft(0, visit="visit-2", happened=after_midnight)])
    after = counted.report(FIRST)
    assert (after.counts.passed, after.counts.checked) == (before.counts.passed + 1, before.counts.checked - 1)
    assert counted.report(FIRST + timedelta(days=1)).counts == next_day.counts == daily.Counts()


@pytest.mark.usefixtures("_one_day")
def test_charts_say_every_number_as_a_table_too_and_describe_themselves(manager: Visitor):
    until(lambda: "still being counted" not in manager.page("/records/charts?days=7"))
    page = manager.page("/records/charts?days=7")
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg"') == 6
    for name in ("hours", "days", "outcomes", "reasons", "foreheads", "waits"):
        labels = re.search(rf'aria-labelledby="({name}-title) ({name}-told)"', page)
        assert labels, name
        assert f'<title id="{labels[1]}">' in page
        assert f'<desc id="{labels[2]}">' in page
        assert re.search(rf'id="chart-{name}".*?<table', page, re.DOTALL)
    assert "37.3 °C" in page
    assert "12 of 60 at 37.3 °C or above." in page
    assert "36 passed, 12 to the volunteer, 12 stopped" in page
    assert not re.search(r"<svg[^>]*style=|<style", page)
    assert len(set(re.findall(r'id="([^"]+)"', page))) == len(re.findall(r' id="([^"]+)"', page))


@pytest.mark.usefixtures("_one_day")
@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-01", "The log begins on 2026-11-21"),
        ("2026-11-22", "This day is still to come."),
    ],
)
def test_a_day_of_nothing_is_explained(manager: Visitor, day: str, said: str):
    assert said in unescape(manager.page(f"/records/days/{day}"))


def test_the_time_without_the_kiosk_stands_on_the_page_with_its_cause(manager: Visitor, at: Places, clock: Clock):
    stop, start = Draft(EntryKind.STOP, MORNING), Draft(EntryKind.START, MORNING + timedelta(days=3))
    written_logbook.write(at, [draft(0), stop, start])
    clock.at = MORNING + timedelta(days=4)
    again(manager)
    assert "switched off in good order" in manager.page("/records/days/2026-11-22")


@pytest.mark.usefixtures("_one_day")
def test_the_inspectors_sheet_is_of_the_last_day_with_the_logs_code_and_nobodys_name(
    manager: Visitor, at: Places, clock: Clock
):
    page = manager.page("/records/inspection")
    assert re.search(r"<code>60:[A-Z2-7]{4}-[A-Z2-7]{4}</code>", page)
    assert "王小明" not in page
    assert "The signature is wrong" in page
    if CJK_FONT.is_file():
        paper = manager.get("/records/inspection.pdf")
        assert paper.mimetype == "application/pdf"
        assert "Signature" in text_of(paper.data)
        assert re.search(r"60:[A-Z2-7]{4}-", text_of(paper.data))
    clock.pass_by(days=3)
    again(manager)
    assert 'class="none"' in manager.page("/records/inspection")


def test_without_a_logbook_every_report_is_one_sentence(manager: Visitor):
    for address in ("charts", "days", "days/2026-11-21/report.pdf", "days/2026-11-21/report.csv", "inspection"):
        answer = manager.get(f"/records/{address}")
        assert answer.status_code == 503, address
        assert "Traceback" not in answer.get_data(as_text=True)


def test_charts_of_a_lane_count_that_lane_alone_and_the_lanes_make_up_the_whole(at: Places, desk, gate, clock: Clock):
    rows = [draft(number, lane=("main", "main", "side")[number % 3]) for number in range(30)]
    written_logbook.write(at, rows)
    lanes = Settings(lane=(Lane(), Lane(name="side")))
    app = create_app(
        lanes, at, desk, gate, secret=b"s" * 32, now=clock.now, config={"TESTING": True, "RATELIMIT_ENABLED": False}
    )
    manager = Visitor(app.test_client())
    manager.log_in("manager", PASSPHRASE)

    def counted(lane: str) -> list[int]:
        address = f"/records/charts?days=1&until=2026-11-21&lane={lane}"
        until(lambda: "still being counted" not in manager.page(address))
        said = re.search(r"(\d+) passed, (\d+) to the volunteer, (\d+) stopped", manager.page(address))
        assert said
        return [int(number) for number in said.groups()]

    whole = counted("")
    assert [sum(each) for each in zip(counted("main"), counted("side"), strict=True)] == whole
    assert 0 < sum(counted("side")) < sum(whole)
    assert counted("nowhere") == whole
    assert '<option value="side" selected>' in manager.page("/records/charts?days=1&lane=side")
    records.close(app)
