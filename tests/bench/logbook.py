"""A logbook of a million rows: appending, verifying, exporting, filtering, finding a person, with SQLite's own limits.

Alone: `python -m tests.bench.logbook --rows 10000000` shows that append, verify and export stay linear.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import random
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

import msgspec
from sqlite_utils import Database

from kiosk.core import entry
from kiosk.core.entry import Draft, EntryKind, Head, SealClass
from kiosk.core.model import Direction, Outcome
from kiosk.core.reasons import Reason
from kiosk.store import export, heads
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.migrations.logbook import migrations
from kiosk.store.reader import Filter, Reader
from kiosk.store.verify import check
from tests.support.figures import Figure, at_least, at_most

ROWS, SMOKE, SMALL = 1_000_000, 20_000, 10_000
APPENDS, SMOKE_APPENDS = 2_000, 200
PER_DAY = 4_000
SEALED_DAYS = 14
END = datetime(2026, 11, 21, 12, tzinfo=UTC)
HELD_SINCE = (END - timedelta(days=SEALED_DAYS)).date()
EPOCH = 1_700_000_000
PEOPLE = 2_000
_REASONS = ("febrile", "expired", "test_too_old", "bad_signature", "already_passed", "roster_possible")
_CHECKS = (
    ("credential", "valid"),
    ("test_age", "test_recent"),
    ("replay", "first_use"),
    ("identity", "roster_certain"),
)


def generate(folder: Path, rows: int) -> Path:
    """A logbook in `folder` as a busy gate leaves it: signed heads, seals of the last fourteen days, all indexes."""
    keys = Keyring.open(folder / "keys")
    path = folder / "logbook.db"
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = OFF", "cache_size = -200000"):
        db.execute(f"PRAGMA {pragma}")
    migrations.apply(Database(db), stop_before="m002_indexes")
    db.execute("INSERT INTO meta VALUES ('epoch', ?), ('kiosk', 'gate-1')", (EPOCH,))
    signed: list[tuple[int, bytes, datetime]] = []
    db.execute("BEGIN")
    made = _rows(rows, keys, db, signed)
    db.executemany("INSERT INTO entry (seq, body, sealed_sha256, prev, hash) VALUES (?, ?, ?, ?, ?)", made)
    db.execute("COMMIT")
    migrations.apply(Database(db))
    before = 0
    db.execute("BEGIN")
    for number, (seq, hash_, at) in enumerate(signed, 1):
        heads.store(db, heads.sign(keys.head_key, Head("gate-1", EPOCH, number, before, seq, at, hash_)))
        before = seq
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


def _rows(
    rows: int, keys: Keyring, db: sqlite3.Connection, signed: list[tuple[int, bytes, datetime]]
) -> Iterator[tuple[int, str, bytes, bytes, bytes]]:
    chance, prev = random.Random(7), entry.GENESIS
    for seq in range(1, rows + 1):
        at = END - timedelta(seconds=(rows - seq) * 86_400 / PER_DAY)
        body, digest = _body(seq, at, chance, keys), entry.NOTHING_SEALED
        if at.date() >= HELD_SINCE:
            plain = msgspec.json.encode({"name": f"王小明{seq % PEOPLE}"}).ljust(128)
            nonce, blob = keys.seal(at.date(), SealClass.IDENTITY, plain, b"identity\0" + body)
            digest = entry.sealed_digest([(SealClass.IDENTITY, nonce, blob)])
            db.execute("INSERT INTO sealed VALUES (?, 'identity', ?, ?)", (seq, nonce, blob))
        elif seq == 1 or chance.random() < 0.9:
            digest = hashlib.sha256(b"%d" % seq).digest()  # was sealed, and was forgotten
        if seq == rows:
            body = body.replace(b'"kind":"visit"', b'"kind":"purged"').replace(
                b'"direction":',
                b'"detail":"%s","direction":' % HELD_SINCE.isoformat().encode(),
            )
        hash_ = entry.chain(prev, body, digest)
        if seq % heads.EVERY_ROWS == 0 or seq == rows:
            signed.append((seq, hash_, at))
        yield seq, body.decode(), digest, prev, hash_
        prev = hash_


def _body(seq: int, at: datetime, chance: random.Random, keys: Keyring) -> bytes:
    draw, forehead = chance.random(), round(chance.gauss(36.5, 0.3), 2)
    outcome = "pass" if draw < 0.9 else "check" if draw < 0.97 else "deny"
    reason = chance.choice(_REASONS)
    fields: dict[str, object] = {
        "boot": "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "clock": "trusted",
        "code_tag": f"{chance.getrandbits(128):032x}",
        "direction": "in" if seq % 2 else "out",
        "epoch": EPOCH,
        "findings": [*([name, "pass", said] for name, said in _CHECKS), ["temperature", "pass", "normal"]],
        "format": "local_pass" if seq % 3 else "eu_dcc",
        "group": "residents",
        "happened": entry.iso(at),
        "issuer": "gate-1",
        "kind": "visit",
        "kiosk": "gate-1",
        "lane": "main" if seq % 5 else "back",
        "mono_ms": seq * 21_600,
        "outcome": outcome,
        "person_tag": keys.tag(at.date(), f"P{seq % PEOPLE:05}")
        if at.date() >= HELD_SINCE
        else f"{chance.getrandbits(128):032x}",
        "recorded": entry.iso(at),
        "rules": "a1b2c3d4",
        "seq": seq,
        "source": "camera",
        "temperature": {
            "ambient_c": 18.5,
            "at": entry.iso(at),
            "forehead_c": forehead,
            "model": "heat_balance",
            "object_c": 33.1,
            "samples": 5,
            "source": "sensor",
            "spread_c": 0.1,
        },
        "v": 1,
        "visit": f"{chance.getrandbits(64):016x}",
    }
    if outcome != "pass":
        fields["reasons"] = [reason]
    if chance.random() < 0.1:
        fields["volunteer"] = f"u{chance.randrange(2, 8)}"
    return msgspec.json.encode(fields, order="sorted")


# --- What is measured


def measure(smoke: bool) -> Iterable[Figure]:
    """Everything that issue and design ask of a large log; its files lie beside the system's temporary ones."""
    return of_size(SMOKE if smoke else ROWS, SMOKE_APPENDS if smoke else APPENDS)


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
        yield from _verifying(path, rows)
        yield from _exporting(path, rows, Path(name))
        yield from _filtering(path)
        yield from _a_person(path, large)
        yield from _a_day(path)
        yield from _appending(small, large, rows, appends)


def _rate(rows: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return rows / (time.perf_counter() - began)


def _verifying(path: Path, rows: int) -> Iterator[Figure]:
    def whole() -> None:
        *_, verified = check(path)
        assert verified.broken is None, verified.broken
        assert verified.rows == rows

    yield at_least("verify", _rate(rows, whole), "rows/s", 400_000)

    def only_hashes() -> None:
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.text_factory = bytes
            for prev, body, digest in db.execute("SELECT prev, body, sealed_sha256 FROM entry"):
                hashlib.sha256(prev + body + digest).digest()

    yield Figure("  limit: SQLite reads, SHA-256 hashes", _rate(rows, only_hashes), "rows/s")


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)


def _exporting(path: Path, rows: int, folder: Path) -> Iterator[Figure]:
    nowhere = cast(BinaryIO, _Nowhere())
    layout = export.Layout(zone=ZoneInfo("Asia/Shanghai"), bom=True)
    reader = Reader.open(path)
    yield at_least(
        f"CSV, {len(layout.columns)} columns",
        _rate(rows, lambda: export.csv_file(reader.bodies(Filter()), nowhere, layout)),
        "rows/s",
        150_000,
    )
    shown = ("seq", "happened", "lane", "direction", "kind", "outcome", "reasons", "forehead_c", "volunteer", "format")
    few = export.Layout(columns=export.choose(shown), zone=ZoneInfo("Asia/Shanghai"))
    rate = _rate(rows, lambda: export.csv_file(reader.bodies(Filter()), nowhere, few))
    yield Figure(f"  CSV, {len(shown)} columns", rate, "rows/s")
    rate = _rate(rows, lambda: export.jsonl_file(reader.bodies(Filter()), nowhere, layout))
    yield Figure("  JSON Lines", rate, "rows/s")
    if shutil.which("sqlite3"):
        columns = ", ".join(f"json_extract(body, '$.{column.field}')" for column in layout.columns)
        command = ["sqlite3", "-csv", str(path), f"SELECT {columns} FROM entry"]
        with (folder / "shell.csv").open("wb") as out:
            rate = _rate(rows, lambda: subprocess.run(command, stdout=out, check=True))
        yield Figure("  limit: the sqlite3 shell, same columns", rate, "rows/s")


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


def _filtering(path: Path) -> Iterator[Figure]:
    reader, chance = Reader.open(path), random.Random(3)
    asked = chance.sample(mixtures(), 150)
    pages, counts = [], []
    for chosen in asked:
        began = time.perf_counter()
        rows = reader.page(chosen)
        if rows:
            reader.page(chosen, before=rows[-1].seq)
        pages.append((time.perf_counter() - began) * 1000 / (2 if rows else 1))
        began = time.perf_counter()
        reader.count(chosen)
        counts.append((time.perf_counter() - began) * 1000)
    yield at_most("a page of any mixture of filters, p95", _p(pages, 95), "ms", 200)
    yield Figure("  the slowest", max(pages), "ms")
    yield Figure("  how many rows there are, p95", _p(counts, 95), "ms")


def _p(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


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
    rate = _rate(1, lambda: Reader.open(path).counts(since, since + timedelta(days=1)))
    yield Figure("the counts of a day", 1000 / rate, "ms")


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
    try:
        for number in range(appends):
            for size, book in books.items():
                draft = _draft(number)
                began = time.perf_counter()
                book.append(draft)
                took[size].append((time.perf_counter() - began) * 1000)
    finally:
        for book in books.values():
            book.close()
    at_small, at_large = _p(took[SMALL], 99), _p(took[rows], 99)
    yield Figure(f"append at {SMALL} rows, p99", at_small, "ms")
    yield Figure(f"append at {rows} rows, p99", at_large, "ms")
    yield at_most("  how many times as long", at_large / at_small, "", 1.5)
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
    return _p(took, 99)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    for figure in of_size(parser.parse_args().rows, APPENDS):
        print(f"  {figure.name:<45} {figure.text():>14}  {figure.aim}", flush=True)
