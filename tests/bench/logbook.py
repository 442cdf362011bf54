"""A logbook of a million rows: appending, verifying, exporting, filtering, finding a person, with SQLite's own limits.

`make bench ARGS="logbook --rows 10000000"` shows that append, verify and export stay linear; it takes 17 GB.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.model import Direction, Outcome
from kiosk.core.reasons import Reason
from kiosk.store import crew, questions
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader
from kiosk.store.verify import check
from tests.bench import _logbook_files as files
from tests.support.figures import Figure, at_least, at_most, both_rates, percentile, rate
from tests.support.large_logbook import END, HELD_SINCE, PEOPLE, generate

ROWS, SMOKE, SMALL = 1_000_000, 20_000, 10_000
APPENDS, SMOKE_APPENDS = 2_000, 200


def measure(smoke: bool, rows: int | None = None) -> Iterable[Figure]:
    """Everything that is asked of a large log; its files lie beside the system's temporary ones."""
    return of_size(rows or (SMOKE if smoke else ROWS), SMOKE_APPENDS if smoke else APPENDS)


def of_size(rows: int, appends: int) -> Iterator[Figure]:
    """The figures of a logbook of `rows` rows."""
    with tempfile.TemporaryDirectory(prefix="kiosk-bench-") as name:
        small, large = Path(name) / "small", Path(name) / "large"
        for folder in (small, large):
            folder.mkdir()
        generate(small, SMALL)
        began = time.monotonic()
        path = generate(large, rows)
        yield Figure("rows", rows)
        yield Figure("  generated in", time.monotonic() - began, "s")
        yield Figure("  bytes a row", path.stat().st_size / rows, "B")
        yield Figure("processes that share long work", crew.spare())
        yield from _verifying(path, rows)
        yield from files.exporting(path, rows, Path(name))
        yield from files.staying_flat(small / "logbook.db", path)
        yield from _filtering(path, large)
        yield from _a_person(path, large)
        yield from _a_day(path)
        yield from _appending(small, large, rows, appends)
        yield from files.downloading(path, lambda: _opened(path, large), _draft, appends)
        yield from files.workbooks(path, rows, large / "exports")


def _verifying(path: Path, rows: int) -> Iterator[Figure]:
    def whole(processes: int) -> None:
        *_, verified = check(path, processes=processes)
        assert verified.broken is None, verified.broken
        assert verified.rows == rows

    yield at_least("verify", rate(rows, lambda: whole(crew.spare())), "rows/s", 400_000)
    alone, processor = both_rates(rows, lambda: whole(1))
    yield Figure("  in one process", alone, "rows/s")
    yield Figure("  in one process, of processor time", processor, "rows/s")

    def only_hashes() -> None:
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.text_factory = bytes
            for whole, _ in db.execute("SELECT prev || body || sealed_sha256, hash FROM entry"):
                hashlib.sha256(whole).digest()

    yield Figure("  limit of one: SQLite reads, SHA-256 hashes", rate(rows, only_hashes), "rows/s")


def mixtures() -> list[Filter]:
    """Every mixture of up to three of the records page's filters, each with a usual and an unusual value."""
    values: dict[str, tuple[object, ...]] = {
        "since": (END - timedelta(days=100), END - timedelta(hours=12)),
        "until": (END - timedelta(days=60),),
        "lane": ("main", "none"),
        "direction": (Direction.OUT,),
        "kind": (EntryKind.VISIT, EntryKind.OVERRIDE),
        "outcome": (Outcome.PASS, Outcome.DENY),
        "reason": (Reason.FEBRILE, Reason.TEST_POSITIVE),
        "volunteer": ("u3", "u99"),
        "min_c": (36.0, 45.0),
        "max_c": (36.5, 30.0),
    }
    found = [Filter()]
    for count in (1, 2, 3):
        for names in itertools.combinations(values, count):
            for chosen in itertools.product(*(values[name] for name in names)):
                found.append(Filter(**dict(zip(names, chosen, strict=True))))  # type: ignore[arg-type]
    return found


def _filtering(path: Path, folder: Path) -> Iterator[Figure]:
    reader, chance = Reader.open(path), random.Random(3)
    keys, days = Keyring.open(folder / "keys"), questions.days(HELD_SINCE, END.date())
    asked = chance.sample(mixtures(), 200)
    for number, chosen in enumerate(chance.sample(mixtures(), 50)):  # of somebody; every fifth was never there
        who = f"P{number:05}" if number % 5 else "nobody"
        tags = tuple(tag for day in days if (tag := keys.find_tag(day, who)))
        asked.append(replace(chosen, person_tags=tags))
    pages, counts = [], []
    for chosen in asked:
        began = time.perf_counter()
        rows = reader.page(chosen)
        pages.append((time.perf_counter() - began) * 1000)
        if rows:
            began = time.perf_counter()
            reader.page(chosen, before=rows[-1].seq)
            pages.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        reader.count(chosen)
        counts.append((time.perf_counter() - began) * 1000)
    yield at_most("a page of any mixture of filters, p95", percentile(pages, 95), "ms", 200)
    yield Figure("  the slowest", max(pages), "ms")
    yield Figure("  how many rows there are, p95", percentile(counts, 95), "ms")


def _a_person(path: Path, folder: Path) -> Iterator[Figure]:
    book, took, found = _opened(path, folder), [], 0
    with contextlib.closing(book):
        for number in range(20):
            began = time.perf_counter()
            tags = book.tags([f"P{number:05}"], HELD_SINCE, END.date())
            found += len(list(Reader.open(path).rows(Filter(person_tags=tags))))
            took.append((time.perf_counter() - began) * 1000)
    yield at_most("a person's rows by fourteen days' tags", statistics.median(took), "ms", 50)
    yield Figure("  rows found of one", found / 20)


def _a_day(path: Path) -> Iterator[Figure]:
    since = END.replace(hour=0) - timedelta(days=3)
    took = 1 / rate(1, lambda: Reader.open(path).counts(since, since + timedelta(days=1)))
    yield Figure("the counts of a day", took * 1000, "ms")


def _opened(path: Path, folder: Path) -> Logbook:
    now = itertools.count(1)
    return Logbook.open(
        path,
        Keyring.open(folder / "keys"),
        kiosk="gate-1",
        boot="b1",
        clock_state=lambda: "trusted",
        now=lambda: END + timedelta(seconds=next(now)),
        monotonic_ns=lambda: 0,
    )


def _appending(small: Path, large: Path, rows: int, appends: int) -> Iterator[Figure]:
    """In turns, so that whatever else the machine does meets both."""
    books = {SMALL: _opened(small / "logbook.db", small), rows: _opened(large / "logbook.db", large)}
    took: dict[int, list[float]] = {size: [] for size in books}
    afterwards: list[float] = []
    try:
        for number in range(appends):
            for size, book in books.items():
                draft = _draft(number)
                began = time.perf_counter()
                book.append(draft)
                took[size].append((time.perf_counter() - began) * 1000)
                began = time.perf_counter()
                book.make_room()  # as the gate does after its lamps
                afterwards.append((time.perf_counter() - began) * 1000)
    finally:
        for book in books.values():
            book.close()
    at_small, at_large = percentile(took[SMALL], 99), percentile(took[rows], 99)
    yield Figure(f"append at {SMALL} rows, p99", at_small, "ms")
    yield Figure(f"append at {rows} rows, p99", at_large, "ms")
    yield at_most("  how many times as long", at_large / at_small, "", 1.5)
    yield Figure("  a checkpoint, after the lamp, p99", percentile(afterwards, 99), "ms")
    yield Figure("  limit: a commit of the same bytes, p99", _plain_commits(large, appends), "ms")


def _draft(number: int) -> Draft:
    return Draft(
        EntryKind.VISIT,
        END,
        lane="main",
        visit=f"bench-{number}",
        direction=Direction.IN,
        outcome=Outcome.PASS,
        format="local_pass",
        person=f"P{number % PEOPLE:05}",
        code_key=f"code-{number}",
        sealed=((SealClass.IDENTITY, (("name", "王小明"), ("room", "3-2-501"))),),
    )


def _plain_commits(folder: Path, appends: int) -> float:
    took = []
    with contextlib.closing(sqlite3.connect(folder / "plain.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE plain (body TEXT)")
        for _ in range(appends):
            began = time.perf_counter()
            db.execute("INSERT INTO plain VALUES (?)", ("x" * 1000,))
            took.append((time.perf_counter() - began) * 1000)
    return percentile(took, 99)
