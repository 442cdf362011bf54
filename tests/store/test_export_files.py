"""Files that leave the kiosk: signed beside them, typed cells, nothing left behind, nobody slowed."""

import csv
import io
import os
import threading
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.core.entry import Draft, SealClass, iso
from kiosk.core.faults import LogbookBroken
from kiosk.core.model import Measurement
from kiosk.store import export, heads, jobs, manifest, reader, workbook
from kiosk.store.columns import Cells
from kiosk.store.jobs import Jobs, JobState, TooManyJobs
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader
from kiosk.store.workbook import TooManyRows, workbook_file

Drafted = Callable[..., Draft]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def told(data: bytes, **changes: object) -> manifest.Manifest:
    digest = manifest.Digest(io.BytesIO())
    digest.write(data)
    values = {"form": "csv", "rows": 1, "seqs": (1, 1), "columns": ("seq",), "filter": {}, "names": False}
    values |= {"bytes": digest.bytes, "sha256": digest.sha256, "by": "u1", "made": datetime(2026, 11, 21, tzinfo=UTC)}
    return manifest.Manifest(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def exported(logbook: Logbook, visit: Drafted, keys: Keyring, tmp_path: Path) -> Path:
    logbook.append(visit())
    path, data = tmp_path / "out.csv", b"seq\r\n1\r\n"
    path.write_bytes(data)
    head = logbook.sign()
    assert head is not None
    manifest.beside(path).write_bytes(manifest.sign(told(data, expires=date(2026, 12, 5)), head, keys.head_key))
    return path


def test_an_exported_file_holds_on_another_machine(exported: Path, keys: Keyring) -> None:
    found, head = manifest.check(exported, heads.public_bytes(keys.head_key.public_key()))
    assert (found.rows, found.by, found.expires, head.head.seq) == (1, "u1", date(2026, 12, 5), 1)


@pytest.mark.parametrize(
    ("data", "said"), [(b"seq\r\n2\r\n", "changed"), (b"seq\r\n", "end is missing"), (b"seq\r\n1\r\n2", "changed")]
)
def test_a_file_that_was_changed_is_named(exported: Path, data: bytes, said: str) -> None:
    exported.write_bytes(data)
    with pytest.raises(LogbookBroken, match=said):
        manifest.check(exported)


def test_a_manifest_that_was_changed_or_is_anothers_is_named(exported: Path, tmp_path: Path) -> None:
    other = heads.public_bytes(Keyring.open(tmp_path / "other").head_key.public_key())
    with pytest.raises(LogbookBroken, match="another key"):
        manifest.check(exported, other)
    beside = manifest.beside(exported)
    beside.write_bytes(beside.read_bytes().replace(b'"rows": 1', b'"rows": 2'))
    with pytest.raises(LogbookBroken, match="manifest was changed"):
        manifest.check(exported)
    beside.write_bytes(b"[]")
    with pytest.raises(LogbookBroken, match="not a manifest"):
        manifest.check(exported)


@pytest.mark.parametrize("issuer", ["=1+1", "a,b", 'say "x"', "@x", "+1", "-1", "b=c", "王,小", "\\", "x\u2028y"])
def test_every_odd_text_reads_back_from_csv_as_it_was_neutralised(
    logbook: Logbook, visit: Drafted, path: Path, issuer: str
) -> None:
    cold = Measurement(36.4, 30.0, -7.5, 0.1, 5, "heat_balance", visit().happened)
    logbook.append(visit(issuer=issuer, measurement=cold))
    out = io.BytesIO()
    export.csv_file(Reader.open(path).bodies(Filter()), out, export.Layout())
    header, row = csv.reader(io.StringIO(out.getvalue().decode(), newline=""))
    (stored,) = Reader.open(path).rows(Filter())
    shown = dict(zip(header, row, strict=True))
    assert shown["issuer"] == export.neutral(stored.issuer)
    assert (shown["ambient_c"], shown["seq"]) == ("-7.5", "1")


def test_one_odd_row_among_many_changes_no_other(
    logbook: Logbook, visit: Drafted, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    winter = Measurement(36.4, 30.0, -7.5, 0.1, 5, "heat_balance", visit().happened)
    odd = {3: "=1+1", 7: "-x", 11: 'a,"b"', 12: "+", 19: "\\"}
    for number in range(20):
        logbook.append(visit(f"v{number}", issuer=odd.get(number, "gate-1"), measurement=winter))
    rows = list(Reader.open(path).rows(Filter()))
    plain = io.StringIO()
    csv.writer(plain).writerows(
        [[row.seq, -7.5, export.neutral(row.issuer), row.visit] for row in rows]  # what anybody would write
    )
    layout = export.Layout(columns=export.choose(["seq", "ambient_c", "issuer", "visit"]))
    for at_once in (1, 5, 256):
        monkeypatch.setattr(reader, "_AT_ONCE", at_once)
        out = io.BytesIO()
        export.csv_file(Reader.open(path).bodies(Filter()), out, layout)
        assert out.getvalue().decode().partition("\r\n")[2] == plain.getvalue()


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "UTC"])
def test_every_minute_of_a_year_is_written_in_the_zone_of_the_gate(zone: str) -> None:
    begin = datetime(2027, 1, 1, tzinfo=UTC)
    moments = [begin + timedelta(minutes=17 * number, milliseconds=number % 1000) for number in range(31_000)]
    cells = Cells(export.choose(["recorded"]), ZoneInfo(zone))
    (shown,) = cells.columns([b'{"recorded":"%b"}' % iso(moment).encode() for moment in moments])
    local = (moment.astimezone(ZoneInfo(zone)) for moment in moments)
    assert list(shown) == [moment.isoformat(timespec="milliseconds") for moment in local]


def test_a_file_is_the_same_whatever_the_number_of_processes(
    logbook: Logbook, visit: Drafted, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_PAGE", 3)
    for number in range(40):
        logbook.append(visit(f"v{number}", issuer="=1" if number % 9 == 0 else "gate-1"))
    bodies = Reader.open(path).bodies
    for write in (export.csv_file, export.jsonl_file):
        files, steps = [], []
        for processes in (1, 2, 3):
            out, chosen, done = io.BytesIO(), bodies(Filter()), list[int]()
            assert write(chosen, out, export.Layout(), done.append, processes=processes) == 40
            assert chosen.seqs == (1, 40)
            files.append(out.getvalue())
            steps.append(done)
        assert len(set(files)) == 1
        assert steps == [[3] * 13 + [1]] * 3


def test_a_row_that_is_no_json_any_more_is_said_in_one_line(logbook: Logbook, visit: Drafted, path: Path) -> None:
    logbook.append(visit())
    logbook._db.execute('UPDATE entry SET body = \'{"seq":1,"recorded":"yesterday"}\'')
    with pytest.raises(LogbookBroken, match="run kiosk log verify"):
        export.csv_file(Reader.open(path).bodies(Filter()), io.BytesIO(), export.Layout())


def test_times_are_right_over_the_change_to_winter_time(
    logbook: Logbook, visit: Drafted, path: Path, clock: object
) -> None:
    clock.time = datetime(2027, 10, 31, 0, 59, 59, 999000, tzinfo=UTC)
    logbook.append(visit())
    clock.on(milliseconds=1)
    logbook.append(visit())
    out = io.BytesIO()
    layout = export.Layout(columns=export.choose(["happened"]), zone=ZoneInfo("Europe/Berlin"))
    export.csv_file(Reader.open(path).bodies(Filter()), out, layout)
    assert out.getvalue().decode().splitlines()[1:] == [
        "2027-10-31T02:59:59.999+02:00",
        "2027-10-31T02:00:00.000+01:00",
    ]


def test_names_stand_in_columns_of_their_own_and_the_file_says_when_it_expires(
    logbook: Logbook, visit: Drafted, path: Path
) -> None:
    logbook.append(visit(holder="=王,小明"))
    layout = export.Layout(columns=export.choose(["seq"]), people=logbook.reveal, ending="gone by 2026-12-05")
    out = io.BytesIO()
    export.csv_file(Reader.open(path).bodies(Filter()), out, layout)
    assert list(csv.reader(io.StringIO(out.getvalue().decode(), newline=""))) == [
        ["seq", "name", "document", "phone", "room", "note"],
        ["1", "'=王,小明", "", "13800001234", "", ""],
        ["gone by 2026-12-05"],
    ]
    lines = io.BytesIO()
    export.jsonl_file(Reader.open(path).bodies(Filter()), lines, layout)
    assert '"personal":{"name":"=王,小明"' in lines.getvalue().decode()


def test_a_workbook_has_typed_cells_and_leaves_no_temporary_file(
    logbook: Logbook, visit: Drafted, path: Path, tmp_path: Path
) -> None:
    logbook.append(visit(issuer="=1+1", lane="007", volunteer="http://x"))
    with jobs.workplace(tmp_path / "exports") as folder:
        layout = export.Layout(zone=SHANGHAI, ending="gone by then")
        assert workbook_file(Reader.open(path).bodies(Filter()), tmp_path / "x.xlsx", layout, folder) == 1
        assert [each.name for each in folder.iterdir()] == ["lock"]
    assert list((tmp_path / "exports").iterdir()) == []
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower()
    assert 'state="frozen"' in sheet
    assert '<c r="A2"><v>1</v></c>' in sheet
    for text in ("=1+1", "007", "http://x", "gone by then"):
        assert f"<is><t>{text}</t></is>" in sheet


def test_a_workbook_refuses_more_rows_than_it_takes(
    logbook: Logbook, visit: Drafted, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 1)
    for _ in range(2):
        logbook.append(visit())
    with pytest.raises(TooManyRows, match="narrow the filter"), jobs.workplace(tmp_path / "exports") as folder:
        workbook_file(Reader.open(path).bodies(Filter()), folder / "x.xlsx", export.Layout(), folder)
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_job_shows_its_progress_and_vanishes_with_its_file(tmp_path: Path) -> None:
    going, seen = threading.Event(), threading.Event()

    def work(out: Path, folder: Path, step: Callable[[int], None]) -> None:
        step(5)
        seen.set()
        going.wait(5)
        out.write_bytes(b"done")

    exports = Jobs(tmp_path / "exports")
    job = exports.start(work, 10, "log.xlsx")
    assert seen.wait(5)
    assert (job.done, job.total, job.state) == (5, 10, JobState.RUNNING)
    going.set()
    assert job.wait(5)
    assert (job.state, exports.find(job.id).file.read_bytes()) == (JobState.DONE, b"done")
    exports.drop(job.id)
    assert list((tmp_path / "exports").iterdir()) == []
    assert exports.find(job.id) is None


def test_a_cancelled_job_and_a_failed_one_leave_nothing(tmp_path: Path) -> None:
    def endless(out: Path, folder: Path, step: Callable[[int], None]) -> None:
        out.write_bytes(b"half")
        while True:
            step(1)

    def failing(out: Path, folder: Path, step: Callable[[int], None]) -> None:
        raise OSError(28, "No space left on device")

    exports = Jobs(tmp_path / "exports")
    failed = exports.start(failing, 1, "x")
    assert failed.wait(5)
    assert (failed.state, "No space" in failed.error) == (JobState.FAILED, True)
    running = [exports.start(endless, 1, "x") for _ in range(4)]
    with pytest.raises(TooManyJobs):
        exports.start(endless, 1, "x")
    exports.close()
    assert {job.state for job in running} == {JobState.CANCELLED}
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_job_that_breaks_has_failed_is_told_once_and_makes_room_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))

    def broken(out: Path, folder: Path, step: Callable[[int], None]) -> None:
        out.write_bytes(b"half")
        raise LookupError("a mistake of ours")

    exports = Jobs(tmp_path / "exports")
    for number in range(1, 6):
        job = exports.start(broken, 1, "x")
        assert job.wait(5)
        assert (job.state, "the log of its service" in job.error, job.file.exists()) == (JobState.FAILED, True, False)
        assert told == [LookupError] * number
    exports.close()
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_job_that_ended_is_dropped_with_its_file_when_it_was_kept_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Alarm:
        daemon = cancelled = False

        def __init__(self, seconds: float, ring: Callable[[str], None], args: tuple[str]) -> None:
            self.seconds, self.ring = seconds, lambda: ring(*args)

        def start(self) -> None:
            alarms.append(self)

        def cancel(self) -> None:
            self.cancelled = True

    alarms: list[Alarm] = []

    def work(out: Path, folder: Path, step: Callable[[int], None]) -> None:
        assert not alarms
        out.write_bytes(b"names")

    monkeypatch.setattr(jobs.threading, "Timer", Alarm)
    exports = Jobs(tmp_path / "exports", timedelta(minutes=15))
    job = exports.start(work, 1, "passes.pdf")
    assert job.wait(5)
    assert (job.file.read_bytes(), [alarm.seconds for alarm in alarms]) == (b"names", [900])
    alarms[0].ring()
    assert (exports.find(job.id), list((tmp_path / "exports").iterdir())) == (None, [])
    assert alarms[0].cancelled


def test_what_a_killed_export_left_is_swept_and_what_runs_is_not(tmp_path: Path) -> None:
    parent = tmp_path / "exports"
    child = os.fork()
    if child == 0:
        place = jobs.workplace(parent)
        place.__enter__().joinpath("half.xlsx").write_bytes(b"x")
        os._exit(9)
    os.waitpid(child, 0)
    assert len(list(parent.iterdir())) == 1
    with jobs.workplace(parent) as folder:
        assert list(parent.iterdir()) == [folder]


def test_downloads_held_open_over_20000_appends_keep_the_log_small_and_aborted_ones_leave_nothing(
    logbook: Logbook, visit: Drafted, path: Path, clock: object
) -> None:
    note = (SealClass.NOTE, (("note", "x" * 200),))
    logbook._db.execute("PRAGMA synchronous = OFF")  # this is about size, and a test has no minutes
    for number in range(3000):
        logbook.append(visit(f"v{number}", sealed=(note,)))
    bodies = Reader.open(path).bodies
    held, other = iter(bodies(Filter())), iter(bodies(Filter()))
    first = next(held)
    next(other)
    clock.on(days=20)
    largest = 0
    for number in range(20_000):
        logbook.append(visit(f"w{number}", sealed=(), person="", code_key=""))
        if number == 5000:
            other.close()
            logbook.purge(clock().date() - timedelta(days=14))
        largest = max(largest, path.with_name("logbook.db-wal").stat().st_size)
    assert largest < 8 * 1024 * 1024
    assert len(first) + sum(len(part) for part in held) == 3000
    assert sorted(
        each.name for each in path.parent.iterdir() if each.suffix not in {".lock", ".readers", ".head", ".epoch"}
    ) == [
        "logbook.db",
        "logbook.db-shm",
        "logbook.db-wal",
    ]


def test_several_downloads_without_a_break_keep_the_log_small(logbook: Logbook, visit: Drafted, path: Path) -> None:
    logbook._db.execute("PRAGMA synchronous = OFF")  # this is about size, and a test has no minutes
    for number in range(1500):
        logbook.append(visit(f"v{number}"))
    over, largest = threading.Event(), 0

    def download() -> None:
        while not over.is_set():
            export.csv_file(Reader.open(path).bodies(Filter()), io.BytesIO(), export.Layout())

    downloads = [threading.Thread(target=download) for _ in range(2)]
    for thread in downloads:
        thread.start()
    try:
        for number in range(2500):
            logbook.append(visit(f"w{number}"))
            logbook.make_room()  # as the gate does after its lamps
            largest = max(largest, path.with_name("logbook.db-wal").stat().st_size)
    finally:
        over.set()
        for thread in downloads:
            thread.join(30)
    assert largest < 8 * 1024 * 1024
