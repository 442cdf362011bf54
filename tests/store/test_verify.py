"""Every kind of tampering is found, and the first broken row is named."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.core import entry
from kiosk.core.entry import Draft
from kiosk.core.faults import LogbookBroken
from kiosk.store import verify
from kiosk.store.logbook import Logbook
from kiosk.store.verify import Asked, Flaw, check


@pytest.fixture
def written(opened: Callable[[], Logbook], visit: Callable[..., Draft], path: Path) -> Path:
    book = opened()
    for number in range(1, 6):
        book.append(visit(f"v{number}"))
    book.close()
    return path


def tampered(path: Path, *statements: str, canonical: bool = False) -> tuple[int, Flaw]:
    with sqlite3.connect(path) as db:
        db.create_function("chain", 3, lambda prev, body, digest: entry.chain(prev, body.encode(), digest))
        for statement in statements:
            db.execute(statement)
    db.close()
    found = {_flaw(path, canonical, page) for page in (1, 2, 3, 20_000)}  # however it is cut into stretches
    assert len(found) == 1
    return found.pop()


def _flaw(path: Path, canonical: bool, page: int, processes: int = 1) -> tuple[int, Flaw]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(verify, "_PAGE", page)
        *_, verified = check(path, Asked(canonical=canonical), processes=processes)
    assert verified.broken is not None
    return verified.broken.seq, verified.broken.flaw


def test_an_untouched_logbook_holds(written: Path) -> None:
    *_, verified = check(written)
    assert (verified.rows, verified.forgotten, verified.broken) == (5, 0, None)


@pytest.mark.parametrize(
    ("statement", "seq", "flaw"),
    [
        ("UPDATE entry SET body = replace(body, 'main', 'back') WHERE seq = 3", 3, Flaw.CHANGED),
        ("UPDATE entry SET sealed_sha256 = zeroblob(32) WHERE seq = 3", 3, Flaw.CHANGED),
        ("UPDATE entry SET hash = zeroblob(32) WHERE seq = 3", 3, Flaw.CHANGED),
        ("UPDATE entry SET prev = zeroblob(32) WHERE seq = 3", 3, Flaw.DOES_NOT_FOLLOW),
        ("DELETE FROM entry WHERE seq = 3", 4, Flaw.MISSING_BEFORE),
        ("UPDATE entry SET seq = 9 WHERE seq = 3", 4, Flaw.MISSING_BEFORE),
        ("UPDATE sealed SET blob = x'00' WHERE seq = 3", 3, Flaw.OTHER_SEALS),
        ("UPDATE sealed SET nonce = zeroblob(12) WHERE seq = 3", 3, Flaw.OTHER_SEALS),
        ("UPDATE sealed SET class = 'note' WHERE seq = 3", 3, Flaw.OTHER_SEALS),
        ("UPDATE sealed SET class = 'odd' WHERE seq = 3", 3, Flaw.OTHER_SEALS),
        ("DELETE FROM sealed WHERE seq = 3", 3, Flaw.LOST_SEALS),
        ("INSERT INTO sealed VALUES (3, 'note', x'00', x'00')", 3, Flaw.OTHER_SEALS),
    ],
)
def test_a_changed_row_is_named(written: Path, statement: str, seq: int, flaw: Flaw) -> None:
    assert tampered(written, "PRAGMA foreign_keys = OFF", statement) == (seq, flaw)


@pytest.mark.parametrize(
    "spoilt", ["replace(body, ':', ': ')", "'{\"v\":1.0,' || substr(body, 2)", '\'{"lane":"x",\' || substr(body, 2)']
)
def test_a_body_that_is_not_canonical_is_found_even_where_the_chain_was_made_to_fit(written: Path, spoilt: str) -> None:
    fit = "UPDATE entry SET hash = chain(prev, body, sealed_sha256) WHERE seq = 5"
    found = tampered(written, f"UPDATE entry SET body = {spoilt} WHERE seq = 5", fit, canonical=True)
    assert found == (5, Flaw.NOT_CANONICAL)


def test_a_row_of_another_place_is_found_even_where_the_chain_was_made_to_fit(written: Path) -> None:
    fit = "UPDATE entry SET hash = chain(prev, body, sealed_sha256) WHERE seq = 5"
    copied = "UPDATE entry SET body = (SELECT body FROM entry WHERE seq = 4) WHERE seq = 5"
    assert tampered(written, copied, fit) == (5, Flaw.MISPLACED)


def test_two_rows_that_changed_places_are_found(written: Path) -> None:
    moves = [f"UPDATE entry SET seq = {to} WHERE seq = {seq}" for seq, to in ((2, 99), (3, 2), (99, 3))]
    assert tampered(written, "PRAGMA foreign_keys = OFF", *moves)[0] == 2


@pytest.mark.parametrize(
    ("statement", "seq", "flaw"),
    [
        ("UPDATE entry SET body = replace(body, 'main', 'back') WHERE seq IN (3, 5)", 3, Flaw.CHANGED),
        ("DELETE FROM entry WHERE seq IN (3, 4)", 5, Flaw.MISSING_BEFORE),
        ("DELETE FROM sealed WHERE seq > 1", 2, Flaw.LOST_SEALS),
    ],
)
def test_several_processes_name_the_same_row(written: Path, statement: str, seq: int, flaw: Flaw) -> None:
    assert tampered(written, "PRAGMA foreign_keys = OFF", statement) == (seq, flaw)
    assert _flaw(written, False, 1, processes=3) == (seq, flaw)


def test_progress_is_told_stretch_by_stretch_and_one_may_stop_listening(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "_PAGE", 2)
    assert [verified.rows for verified in check(written, processes=2)] == [2, 4, 5, 5]
    listening = check(written, processes=2)
    assert next(listening).rows == 2
    listening.close()


def test_a_file_whose_pages_are_garbage_is_named(written: Path) -> None:
    data = bytearray(written.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    written.write_bytes(data)
    with pytest.raises(LogbookBroken, match="not a logbook any more"):
        list(check(written))
