"""What the bench of the logbook measures about files: their speed, their memory, and whom they slow down."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from kiosk.core.entry import Draft
from kiosk.store import crew, export, workbook
from kiosk.store.jobs import Jobs, JobState
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader
from tests.support.figures import Figure, at_least, at_most, both_rates, percentile, rate
from tests.support.large_logbook import END, PER_DAY

SHANGHAI = ZoneInfo("Asia/Shanghai")
SHOWN = ("seq", "happened", "lane", "direction", "kind", "outcome", "reasons", "forehead_c", "volunteer", "format")
FEW = export.Layout(columns=export.choose(SHOWN), zone=SHANGHAI)
ALL = export.Layout(zone=SHANGHAI, bom=True)
HELD = 20_000  # appends of a whole run over which a download is held open
_WITHIN_S = 3600


class Nowhere:
    """A file that is not kept."""

    def write(self, data: bytes) -> int:
        return len(data)


def exporting(path: Path, rows: int, folder: Path) -> Iterator[Figure]:
    """CSV and JSON Lines of all rows, beside what SQLite's own shell needs for it."""
    spare = crew.spare()
    yield at_least(f"CSV, {len(ALL.columns)} columns", _csv(path, rows, ALL, spare), "rows/s", 150_000)
    alone, processor = both_rates(rows, lambda: _csv(path, rows, ALL, 1))
    yield Figure("  in one process", alone, "rows/s")
    yield Figure("  in one process, of processor time", processor, "rows/s")
    yield Figure(f"  {len(SHOWN)} columns", _csv(path, rows, FEW, spare), "rows/s")
    yield Figure(f"  {len(SHOWN)} columns in one process", _csv(path, rows, FEW, 1), "rows/s")
    nowhere = cast(BinaryIO, Nowhere())
    lines = rate(rows, lambda: export.jsonl_file(Reader.open(path).bodies(Filter()), nowhere, ALL, processes=spare))
    yield Figure("  JSON Lines", lines, "rows/s")
    if shutil.which("sqlite3"):
        columns = ", ".join(f"json_extract(body, '$.{column.field}')" for column in ALL.columns)
        command = ["sqlite3", "-csv", str(path), f"SELECT {columns} FROM entry"]
        with (folder / "shell.csv").open("wb") as out:
            yield Figure(
                "  limit of one: the sqlite3 shell, same columns",
                rate(rows, lambda: subprocess.run(command, stdout=out, check=True)),
                "rows/s",
            )
        (folder / "shell.csv").unlink()


def _csv(path: Path, rows: int, layout: export.Layout, processes: int) -> float:
    nowhere = cast(BinaryIO, Nowhere())
    return rate(rows, lambda: export.csv_file(Reader.open(path).bodies(Filter()), nowhere, layout, processes=processes))


# --- Memory

_PEAK = """
import resource, sys
from pathlib import Path
from kiosk.store import verify
from tests.bench import _logbook_files as files

def peak():
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))

small, large = map(Path, sys.argv[1:])
for path in (small, large):
    for processes in (1, 2):
        files._csv(path, 1, files.ALL, processes)
        list(verify.check(path, processes=processes))
    print(peak() / 1024)
"""


def staying_flat(small: Path, large: Path) -> Iterator[Figure]:
    """How much more memory the large logbook takes than the small one, in whichever process takes most."""
    command = [sys.executable, "-c", _PEAK, str(small), str(large)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_WITHIN_S).stdout
    before, after = map(float, said.split())
    yield at_most("memory that CSV and verify take beyond a small log's", after - before, "MB", 32)
    yield Figure("  at most in one process", after, "MB")


# --- Beside the gate

_DOWNLOAD = """
import sys
from pathlib import Path
from kiosk.store import crew
from tests.bench import _logbook_files as files

print("begun", flush=True)
while True:
    files._csv(Path(sys.argv[1]), 1, files.ALL, crew.spare())
"""


def downloading(
    path: Path, opened: Callable[[], Logbook], draft: Callable[[int], Draft], appends: int
) -> Iterator[Figure]:
    """Appends while one download is held open, two others run, one of those is killed, and days are forgotten."""
    before = {each.name for each in path.parent.iterdir()}
    held = iter(Reader.open(path).bodies(Filter()))
    next(held)
    with contextlib.closing(opened()) as book, contextlib.ExitStack() as stack:
        alone, _ = _appended(book, path, draft, 0, appends)
        running = [stack.enter_context(_download(path)) for _ in range(2)]
        both, large = _appended(book, path, draft, appends, appends)
        running[0].kill()
        running[0].wait()
        book.purge(END.date() - timedelta(days=7))
        beside, larger = _appended(book, path, draft, 2 * appends, appends)
        wanted = HELD if appends >= 2_000 else 10 * appends
        _, largest = _appended(book, path, draft, 3 * appends, wanted - 3 * appends)
    yield Figure("append beside a download that is held open, median", percentile(alone, 50), "ms")
    yield Figure("  p99", percentile(alone, 99), "ms")
    yield Figure("append while two downloads run, median", percentile([*both, *beside], 50), "ms")
    yield Figure("  p99", percentile([*both, *beside], 99), "ms")
    yield at_most("the write-ahead log meanwhile", max(large, larger, largest) / 1_048_576, "MB", 8)
    left = {each.name for each in path.parent.iterdir()} - before
    yield Figure("  files left behind", len(left), "", "0", not left)


@contextlib.contextmanager
def _download(path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _DOWNLOAD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def _appended(
    book: Logbook, path: Path, draft: Callable[[int], Draft], first: int, count: int
) -> tuple[list[float], int]:
    """How long each append took, in ms, and how large the write-ahead log became."""
    log, took, largest = path.with_name(path.name + "-wal"), [], 0
    for number in range(first, first + count):
        drafted = draft(number)
        began = time.perf_counter()
        book.append(drafted)
        took.append((time.perf_counter() - began) * 1000)
        book.make_room()  # as the gate does after its lamps
        largest = max(largest, log.stat().st_size)
    return took, largest


# --- Workbooks


def workbooks(path: Path, rows: int, folder: Path) -> Iterator[Figure]:
    """A workbook of as many rows as one takes, in the background; then one that nobody wants any more half-way."""
    wanted = min(rows, workbook.MOST_ROWS)
    chosen = Filter(since=END - timedelta(seconds=wanted * 86_400 / PER_DAY), until=END)
    total = Reader.open(path).count(chosen)
    exports, spooled = Jobs(folder), 0

    def work(out: Path, place: Path, step: Callable[[int], None]) -> None:
        workbook.workbook_file(Reader.open(path).bodies(chosen), out, FEW, place, step)

    began, steps = time.perf_counter(), set()
    job = exports.start(work, total, "log.xlsx")
    while not job.wait(0.25):
        steps.add(job.done)
        spooled = max(spooled, sum(each.stat().st_size for each in job.file.parent.iterdir()))
    assert job.state is JobState.DONE, job.error
    yield Figure(f"a workbook of {total} rows, {len(SHOWN)} columns", time.perf_counter() - began, "s")
    yield Figure("  steps of progress that were seen", len(steps))
    yield Figure("  its temporary files in its own folder", spooled / 1_048_576, "MB")
    exports.drop(job.id)
    stopped = exports.start(work, total, "log.xlsx")
    while not stopped.done and not stopped.wait(0.05):
        pass
    began = time.perf_counter()
    exports.drop(stopped.id)
    yield Figure("  stopped half-way, gone after", (time.perf_counter() - began) * 1000, "ms")
    left = len(list(folder.iterdir()))
    yield Figure("  files left behind", left, "", "0", left == 0)
