"""Signed heads show what a chain cannot: a missing end, rows written anew, an older copy."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.core import entry
from kiosk.core.entry import Draft
from kiosk.core.faults import LogbookBroken, SettingsError
from kiosk.store import heads
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Reader
from kiosk.store.verify import Asked, Flaw, Verified, check

Drafted = Callable[..., Draft]


def last(path: Path, *kept: str, key: bytes | None = None) -> Verified:
    *_, verified = check(path, Asked(tuple(heads.given(each) for each in kept), key))
    return verified


@pytest.fixture
def written(opened: Callable[[], Logbook], visit: Drafted, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten rows, a head after every third and one at the stop; the copy beside the file is taken away."""
    monkeypatch.setattr(heads, "EVERY_ROWS", 3)
    book = opened()
    for number in range(1, 11):
        book.append(visit(f"v{number}"))
    book.close()
    heads.beside(path).unlink()
    return path


def tampered(path: Path, *statements: str) -> Verified:
    with sqlite3.connect(path) as db:
        for statement in statements:
            db.execute(statement)
    db.close()
    return last(path)


def rewrite(path: Path, first: int) -> None:
    """Changes a row and makes everything after it fit, as somebody can who has the file but not the key."""
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entry SET body = replace(body, 'main', 'back') WHERE seq = ?", (first,))
        prev = db.execute("SELECT prev FROM entry WHERE seq = ?", (first,)).fetchone()[0]
        sql = "SELECT seq, body, sealed_sha256 FROM entry WHERE seq >= ? ORDER BY seq"
        for seq, body, digest in db.execute(sql, (first,)).fetchall():
            hash_ = entry.chain(prev, body.encode(), digest)
            db.execute("UPDATE entry SET prev = ?, hash = ? WHERE seq = ?", (prev, hash_, seq))
            prev = hash_
    db.close()


def test_heads_come_after_so_many_rows_after_so_long_and_at_the_stop(
    opened: Callable[[], Logbook], visit: Drafted, path: Path, clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "EVERY_ROWS", 3)
    book = opened()
    for _ in range(4):
        book.append(visit())
    clock.on(minutes=16)
    book.append(visit())
    book.append(visit())
    book.sign_if_due()
    clock.on(minutes=16)
    book.sign_if_due()
    book.append(visit())
    book.close()
    with sqlite3.connect(path) as db:
        told = db.execute("SELECT number, before, seq FROM head ORDER BY number").fetchall()
    db.close()
    assert told == [(1, 0, 3), (2, 3, 5), (3, 5, 6), (4, 6, 7)]


def test_a_quiet_night_signs_nothing_again(opened: Callable[[], Logbook], visit: Drafted, path: Path) -> None:
    book = opened()
    book.append(visit())
    book.close()
    opened().close()
    opened().close()
    assert last(path).heads == 1


def test_an_untouched_logbook_holds_with_its_heads(written: Path, keys: Keyring) -> None:
    public = heads.public_bytes(keys.head_key.public_key())
    verified = last(written, key=public)
    assert (verified.rows, verified.heads, verified.broken) == (10, 4, None)
    assert verified.signed is not None
    assert last(written, entry.code(verified.head), f"10:{entry.code(verified.head)}").broken is None


def test_rows_that_were_written_anew_are_between_two_heads(written: Path) -> None:
    rewrite(written, 5)
    broken = last(written).broken
    assert broken is not None
    assert (broken.flaw, broken.seq, broken.until) == (Flaw.REWRITTEN, 4, 6)


def test_an_end_that_was_cut_off_is_missed(written: Path) -> None:
    verified = tampered(written, "DELETE FROM sealed WHERE seq > 8", "DELETE FROM entry WHERE seq > 8")
    assert (verified.broken.seq, verified.broken.flaw) == (9, Flaw.CUT_OFF)


def test_an_older_copy_is_told_by_a_head_that_was_kept(
    written: Path, opened: Callable[[], Logbook], visit: Drafted, tmp_path: Path
) -> None:
    shutil.copy(written, tmp_path / "old.db")
    book = opened()
    book.append(visit("v11"))
    book.close()
    head = Reader.open(written).signed()
    (tmp_path / "head.json").write_bytes(heads.dump(head))
    shutil.copy(tmp_path / "old.db", written)
    for kept in (str(tmp_path / "head.json"), f"11:{entry.code(head.head.hash)}"):
        broken = last(written, kept).broken
        assert (broken.seq, broken.flaw, broken.until) == (11, Flaw.ROLLED_BACK, 11)
    assert last(written, entry.code(head.head.hash)).broken.flaw is Flaw.NO_SUCH_CODE
    with pytest.raises(LogbookBroken, match="an older copy"):
        opened()


def test_an_older_copy_that_was_gone_on_with_is_told_from_one_that_was_written_anew(
    written: Path, opened: Callable[[], Logbook], visit: Drafted, tmp_path: Path
) -> None:
    shutil.copy(written, tmp_path / "old.db")
    book = opened()
    kept = f"11:{entry.code(book.append(visit('v11')).hash)}"
    book.close()
    shutil.copy(tmp_path / "old.db", written)
    heads.beside(written).unlink()
    book = opened()
    book.append(visit("another"))
    book.close()
    assert last(written).broken is None or last(written).broken.flaw is Flaw.ROLLED_BACK
    assert last(written, kept).broken.flaw is Flaw.ROLLED_BACK


def test_the_copy_beside_the_file_shows_a_cut_that_took_the_heads_too(written: Path, opened: object) -> None:
    head = Reader.open(written).signed()
    heads.keep(written, head)
    verified = tampered(
        written,
        "DELETE FROM sealed WHERE seq > 6",
        "DELETE FROM entry WHERE seq > 6",
        "DELETE FROM head WHERE seq > 6",
    )
    assert (verified.broken.seq, verified.broken.flaw) == (7, Flaw.ROLLED_BACK)


@pytest.mark.parametrize(
    ("statement", "flaw"),
    [
        ("UPDATE head SET signature = zeroblob(64) WHERE number = 4", Flaw.HEAD_FORGED),
        ("UPDATE head SET hash = zeroblob(32) WHERE number = 2", Flaw.HEAD_FORGED),
        ("DELETE FROM head WHERE number = 2", Flaw.HEAD_MISSING),
        ("DELETE FROM head WHERE number = 1", Flaw.HEAD_MISSING),
    ],
)
def test_heads_themselves_cannot_be_touched(written: Path, statement: str, flaw: Flaw) -> None:
    assert tampered(written, statement).broken.flaw is flaw


def test_a_log_that_another_key_signed_is_not_this_gates(written: Path, tmp_path: Path) -> None:
    other = heads.public_bytes(Keyring.open(tmp_path / "other").head_key.public_key())
    assert last(written, key=other).broken.flaw is Flaw.HEAD_FORGED


def test_a_head_survives_forgetting(written: Path, opened: Callable[[], Logbook], clock: object, path: Path) -> None:
    before = entry.code(last(written).head)
    clock.on(days=20)
    book = opened()
    book.purge(clock().date() - timedelta(days=14))
    book.close()
    verified = last(path, f"10:{before}")
    assert (verified.broken, verified.forgotten) == (None, 10)


def test_a_head_as_a_file_reads_back_and_a_changed_one_is_refused(written: Path, tmp_path: Path) -> None:
    signed = Reader.open(written).signed()
    data = heads.dump(signed)
    assert heads.load(data, "head.json") == signed
    with pytest.raises(LogbookBroken, match="changed after it was signed"):
        heads.load(data.replace(b'"seq": 10', b'"seq": 11'), "head.json")
    with pytest.raises(LogbookBroken, match="not a signed head"):
        heads.load(b"{}", "head.json")
    with pytest.raises(SettingsError, match="neither a code"):
        heads.given(str(tmp_path / "none.json"))


def test_the_public_key_reads_back(keys: Keyring) -> None:
    public = heads.public_bytes(keys.head_key.public_key())
    assert heads.from_pem(heads.pem(public), "gate.pem") == public
    with pytest.raises(SettingsError, match="not a public key"):
        heads.from_pem(b"nonsense", "gate.pem")


def test_a_code_is_short_and_reads_back() -> None:
    code = entry.code(bytes(range(32)))
    assert code == "AAAQ-EAYE"
    assert heads.given(code.lower()).start == bytes(range(5))
    assert heads.given("12:AAAQEAYE").seq == 12
