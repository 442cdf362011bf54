"""A logbook of millions of rows as a busy gate leaves it, in a minute or two: chained, sealed, signed, indexed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
from sqlite_utils import Database

from kiosk.core import entry
from kiosk.core.entry import Head, SealClass
from kiosk.store import crew, heads
from kiosk.store.keys import Keyring
from kiosk.store.migrations.logbook import migrations

PER_DAY = 4_000
SEALED_DAYS = 14
PEOPLE = 2_000
END = datetime(2026, 11, 21, 12, tzinfo=UTC)
HELD_SINCE = (END - timedelta(days=SEALED_DAYS)).date()
EPOCH = 1_700_000_000
KIOSK = "gate-1"
_STRETCH = 5_000  # rows that one process makes at once
_TRANSACTION = 100  # stretches
_STORED = (
    "CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, sealed_sha256 BLOB NOT NULL,"
    " prev BLOB NOT NULL, hash BLOB NOT NULL)"
)
_REASONS = ("febrile", "expired", "test_too_old", "bad_signature", "already_passed", "roster_possible")
_CHECKS = '["test_age","pass","test_recent"],["replay","pass","first_use"],["identity","pass","roster_certain"]'
_BODY = (
    '{{"boot":"6f9619ff-8b86-d011-b42d-00cf4fc964ff","clock":"trusted","code_tag":"{code}","direction":"{direction}",'
    '"epoch":{epoch},"findings":[["credential","pass","valid"],{checks},["temperature","pass","normal"]],'
    '"format":"{format}","group":"residents","happened":"{at}","issuer":"gate-1","kind":"visit","kiosk":"gate-1",'
    '"lane":"{lane}","mono_ms":{mono},"outcome":"{outcome}","person_tag":"{person}"{reasons},"recorded":"{at}",'
    '"rules":"a1b2c3d4"{seals},"seq":{seq},"source":"camera","temperature":{{"ambient_c":{ambient},"at":"{at}",'
    '"forehead_c":{forehead},"model":"heat_balance","object_c":33.1,"samples":5,"source":"sensor","spread_c":0.1}},'
    '"v":1,"visit":"{visit}"{volunteer}}}'
)
Sealed = tuple[bytes, bytes]  # nonce, blob


def generate(folder: Path, rows: int, processes: int | None = None) -> Path:
    """A logbook in `folder`, which is there, whose last row is a purge of all but the last fourteen days."""
    keys = Keyring.open(folder / "keys")
    for back in range(SEALED_DAYS + 1):  # before several processes want them
        day = END.date() - timedelta(days=back)
        keys.tag(day, "")
        keys.seal(day, SealClass.IDENTITY, b"", b"")
    path = folder / "logbook.db"
    with _opened(path) as db:
        migrations.apply(Database(db))
        db.execute("INSERT INTO meta VALUES ('epoch', ?), ('kiosk', ?)", (EPOCH, KIOSK))
        indexes = db.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'entry'"
        ).fetchall()
        for name, _ in indexes:  # made anew afterwards: that is quicker than keeping them up
            db.execute(f"DROP INDEX {name}")
        shape = _reshape(db, _STORED)
    spans = [(first, min(first + _STRETCH - 1, rows)) for first in range(1, rows + 1, _STRETCH)]
    made = crew.in_order(_Rows(folder / "keys", rows), spans, processes or crew.spare())
    with _opened(path) as db, closing(made):
        _store(db, keys, made, rows)
        _reshape(db, shape)
    with _opened(path) as db:
        for _, index in indexes:
            db.execute(index)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "cache_size = -200000", "threads = 2"):
            db.execute(f"PRAGMA {pragma}")
        yield db


def _reshape(db: sqlite3.Connection, shape: str) -> str:
    """Without the columns that SQLite works out, rows go in several times as fast; the file is the same."""
    before: str = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'entry'").fetchone()[0]
    db.execute("PRAGMA writable_schema = ON")
    db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'entry'", (shape,))
    db.execute("PRAGMA writable_schema = RESET")
    return before


def _store(db: sqlite3.Connection, keys: Keyring, made: Iterable[list[Row]], rows: int) -> None:
    prev, seq, before = entry.GENESIS, 0, 0
    db.execute("BEGIN")
    for number, stretch in enumerate(made, 1):
        entries: list[tuple[int, str, bytes, bytes, bytes]] = []
        for body, digest, sealed in stretch:
            seq += 1
            hash_ = entry.chain(prev, body, digest)
            entries.append((seq, body.decode(), digest, prev, hash_))
            prev = hash_
            if sealed is not None:
                db.execute("INSERT INTO sealed VALUES (?, 'identity', ?, ?)", (seq, *sealed))
            if seq % heads.EVERY_ROWS == 0 or seq == rows:
                head = Head(KIOSK, EPOCH, before // heads.EVERY_ROWS + 1, before, seq, _at(seq, rows), hash_)
                heads.store(db, heads.sign(keys.head_key, head))
                before = seq
        db.executemany("INSERT INTO entry (seq, body, sealed_sha256, prev, hash) VALUES (?, ?, ?, ?, ?)", entries)
        if number % _TRANSACTION == 0:
            db.execute("COMMIT")
            db.execute("BEGIN")
    db.execute("COMMIT")


Row = tuple[bytes, bytes, Sealed | None]  # body, digest of its seals, and what they are where they are still there


def _at(seq: int, rows: int) -> datetime:
    return END - timedelta(milliseconds=(rows - seq) * 86_400_000 // PER_DAY)


class _Rows:
    """Makes the rows of a logbook of so many; the same ones in any process, but for what is sealed."""

    def __init__(self, keys: Path, rows: int) -> None:
        self._folder, self._rows = keys, rows
        self._keys: Keyring | None = None

    def __call__(self, span: tuple[int, int]) -> list[Row]:
        self._keys = self._keys or Keyring.open(self._folder)
        return list(self._made(span, self._keys))

    def _made(self, span: tuple[int, int], keys: Keyring) -> Iterator[Row]:
        chance, tags = Random(span[0]), dict[tuple[date, int], str]()
        for seq in range(span[0], span[1] + 1):
            at = _at(seq, self._rows)
            day = at.date()
            held = day >= HELD_SINCE
            who = seq % PEOPLE
            if held and (day, who) not in tags:
                tags[day, who] = keys.tag(day, f"P{who:05}")
            shown = _fields(seq, at, chance, tags[day, who] if held else f"{chance.getrandbits(128):032x}")
            if seq == self._rows:
                yield _purge(shown), entry.NOTHING_SEALED, None
            elif held:
                plain = msgspec.json.encode({"name": f"王小明{who}"}).ljust(128)
                bound = b"identity\0" + _BODY.format(seals="", **shown).encode()
                nonce, blob = keys.seal(day, SealClass.IDENTITY, plain, bound)
                digest = entry.sealed_digest([(SealClass.IDENTITY, nonce, blob)])
                yield _body(shown, digest), digest, (nonce, blob)
            elif chance.random() < 0.9:
                digest = hashlib.sha256(b"%d" % seq).digest()  # was sealed, and was forgotten
                yield _body(shown, digest), digest, None
            else:
                yield _BODY.format(seals="", **shown).encode(), entry.NOTHING_SEALED, None


def _body(shown: dict[str, object], digest: bytes) -> bytes:
    return _BODY.format(seals=f',"seals":{{"identity":"{digest.hex()}"}}', **shown).encode()


def _purge(shown: dict[str, object]) -> bytes:
    body = _BODY.format(seals="", **shown).replace('"kind":"visit"', '"kind":"purged"')
    return body.replace('"direction":', f'"detail":"{HELD_SINCE.isoformat()}","direction":').encode()


def _fields(seq: int, at: datetime, chance: Random, person: str) -> dict[str, object]:
    draw, tags = chance.random(), f"{chance.getrandbits(192):048x}"
    outcome = "pass" if draw < 0.9 else "check" if draw < 0.97 else "deny"
    return {
        "code": tags[:32],
        "visit": tags[32:],
        "direction": "in" if seq % 2 else "out",
        "epoch": EPOCH,
        "checks": _CHECKS,
        "format": "local_pass" if seq % 3 else "eu_dcc",
        "at": entry.iso(at),
        "lane": "main" if seq % 5 else "back",
        "mono": seq * 21_600,
        "outcome": outcome,
        "person": person,
        "reasons": "" if outcome == "pass" else f',"reasons":["{chance.choice(_REASONS)}"]',
        "seq": seq,
        "ambient": f"{18.5 - 30 * (seq % 7 == 0):g}",  # a winter's night now and then
        "forehead": f"{chance.gauss(36.5, 0.3):.2f}".rstrip("0").rstrip("."),
        "volunteer": f',"volunteer":"u{chance.randrange(2, 8)}"' if chance.random() < 0.1 else "",
    }
