"""Restoring: a new card holds what the old one held, or nothing at all; no two rows share a number."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.core.entry import EntryKind
from kiosk.core.faults import KioskError, LogbookBroken, NotOwner
from kiosk.store import archive, restore, verify
from kiosk.store.keys import Keyring
from kiosk.store.reader import Filter, Reader
from kiosk.store.recovery import RecoveryKey
from tests.support.backups import NAME, NOON, Kiosk, PowerCutError, tree


def test_a_new_card_holds_what_the_old_one_held(kiosk: Kiosk) -> None:
    at, done = kiosk.restored(kiosk.back_up().path)
    assert kiosk.names(at)[:3] == [NAME] * 3
    for name in ("rules.toml", "trust/list.json", "passes/local_pass.pem", "web/roster.key"):
        assert (at.state / name).read_bytes() == (kiosk.at.state / name).read_bytes()
    with closing(sqlite3.connect(at.desk)) as db:
        assert db.execute("SELECT name FROM user").fetchall() == [("wang",)]
    assert (done.rows, done.days, done.aside) == (4, 1, None)


def test_old_and_new_card_never_share_a_number(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    kiosk.write(2)  # the old card goes on, and is lost later
    cards = [kiosk.restored(made.path, name)[0] for name in ("a", "b")]
    for at in cards:
        kiosk.write(2, at)
    numbers = [
        (row.kiosk, row.epoch, row.seq)
        for at in (kiosk.at, *cards)
        for row in Reader(at.logbook).rows(Filter())
        if row.seq > 3
    ]
    assert len(numbers) == 2 + 3 + 3
    assert len(set(numbers)) == len(numbers)


def test_the_restored_log_verifies_and_says_where_it_comes_from(kiosk: Kiosk) -> None:
    at, done = kiosk.restored(kiosk.back_up().path)
    kiosk.write(2, at)
    *_, found = verify.check(at.logbook)
    assert (found.rows, found.broken) == (6, None)
    row = Reader(at.logbook).page(Filter(kind=EntryKind.RESTORED))[0]
    assert (row.seq, row.epoch) == (4, done.epoch)
    assert row.detail.split()[:2] == [str(done.head.epoch), "3"]


def test_a_restored_card_can_be_backed_up_and_restored_again(kiosk: Kiosk) -> None:
    at, _ = kiosk.restored(kiosk.back_up().path)
    kiosk.folder /= "second"
    at.state.rename(kiosk.folder.parent / "moved")
    (kiosk.folder).mkdir()
    (kiosk.folder.parent / "moved").rename(kiosk.folder / "state")
    kiosk.stick.mkdir()
    again, done = kiosk.restored(kiosk.back_up().path)
    *_, found = verify.check(again.logbook)
    assert (found.broken, done.rows) == (None, 5)


def test_sessions_of_the_old_card_do_not_live_on(kiosk: Kiosk) -> None:
    with closing(sqlite3.connect(kiosk.at.desk)) as db, db:
        user = db.execute("SELECT id FROM user").fetchone()[0]
        db.execute("INSERT INTO session (token_sha256, user, seen) VALUES (x'00', ?, 1)", (user,))
    at, _ = kiosk.restored(kiosk.back_up().path)
    with closing(sqlite3.connect(at.desk)) as db:
        assert db.execute("SELECT count(*) FROM session").fetchone() == (0,)


@pytest.mark.parametrize(
    "name",
    [
        "etc/passwd",
        "trust/../x",
        "trust/a/b",
        "country-rules/../../x",
        "country-rules//x",
        "country-rules/",
        "x",
        "trust/.",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(LogbookBroken, match="no known place"):
        restore._place(tmp_path, name)


def test_a_wrong_key_is_named(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    with pytest.raises(KioskError, match="sealed for recovery key"):
        kiosk.restored(made.path, key=RecoveryKey.new(NOON.date()))
    forged = RecoveryKey(kiosk.key.id, NOON.date(), bytes(32))
    with pytest.raises(LogbookBroken):
        kiosk.restored(made.path, key=forged)
    assert tree(kiosk.folder / "new") == {}


def test_a_backup_damaged_anywhere_restores_nothing(kiosk: Kiosk) -> None:
    whole = kiosk.back_up().path.read_bytes()
    hurt = kiosk.folder / "hurt"
    for at in [*range(0, 40, 13), *range(60, len(whole), max(1, len(whole) // 25)), len(whole) - 1]:
        hurt.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises((LogbookBroken, KioskError)):
            kiosk.restored(hurt)
    for size in (0, 5, 20, 400, len(whole) // 2, len(whole) - 1):
        hurt.write_bytes(whole[:size])
        with pytest.raises((LogbookBroken, KioskError)):
            kiosk.restored(hurt)
    assert tree(kiosk.folder / "new") == {}


def test_a_backup_cut_at_the_edge_of_a_chunk_is_cut_short(kiosk: Kiosk) -> None:
    whole = kiosk.back_up().path
    with whole.open("rb") as file:
        archive.read_head(file)
        edge = file.tell() + archive.CHUNK + 16
    short = kiosk.folder / "short"
    short.write_bytes(whole.read_bytes()[:edge])
    with pytest.raises(LogbookBroken):
        kiosk.restored(short)


def test_a_living_state_is_refused_and_set_aside_only_when_told(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    kiosk.write(2)
    before = tree(kiosk.at.state)
    with pytest.raises(KioskError, match="living state"):
        kiosk.restored(made.path, "state")
    assert tree(kiosk.at.state) == before
    at, done = kiosk.restored(made.path, "state", replace=True)
    assert done.aside is not None
    assert (done.aside / "gate/logbook.db").read_bytes() == before["gate/logbook.db"]
    assert len(list(Reader(at.logbook).rows(Filter()))) == 4


def test_a_running_gate_is_never_replaced(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    with closing(kiosk.book()), pytest.raises(NotOwner):
        kiosk.restored(made.path, "state", replace=True)


def test_a_restore_cut_at_every_write_and_rename_leaves_nothing_or_goes_on(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = kiosk.back_up()
    kiosk.write(1)
    calls = {"count": 0, "stop": -1}
    real = {name: getattr(os, name) for name in ("fsync", "rename", "write")}

    def counted(name: str):
        def call(*arguments: object, **more: object) -> object:
            if calls["count"] == calls["stop"]:
                raise PowerCutError
            calls["count"] += 1
            return real[name](*arguments, **more)

        return call

    for name in real:
        monkeypatch.setattr(os, name, counted(name))
    monkeypatch.setattr(Path, "rename", lambda self, to: os.rename(self, to) or Path(to))  # noqa: PTH104
    at, _ = kiosk.restored(made.path, "dry", replace=True)
    total, expected = calls["count"], set(tree(at.state))
    decided = 0
    for stop in range(total):
        calls.update(count=0, stop=stop)
        name = f"cut{stop}"
        with pytest.raises(PowerCutError):
            kiosk.restored(made.path, name)
        calls["stop"] = -1
        state = kiosk.folder / name
        if restore.interrupted(state):
            decided += 1
            with pytest.raises(KioskError, match="cut short"):
                kiosk.restored(made.path, name)
            restore.resume(state, kiosk.now)
        elif not (state / "gate/logbook.db").exists():
            assert tree(state) == {}
            kiosk.restored(made.path, name)
        *_, found = verify.check(state / "gate/logbook.db")
        assert (found.rows, found.broken) == (4, None)
        assert set(tree(state)) == expected
    assert decided > 3


def test_keys_taken_over_are_wrapped_by_the_new_root(kiosk: Kiosk) -> None:
    at, _ = kiosk.restored(kiosk.back_up().path)
    old, new = Keyring.open(kiosk.at.keys), Keyring.open(at.keys)
    assert {each[:2] for each in old.held()} <= {each[:2] for each in new.held()}
    assert (kiosk.at.keys / "root.key").read_bytes() != (at.keys / "root.key").read_bytes()
    assert old.identity_secret != new.identity_secret


def test_what_a_killed_restore_left_undecided_goes_with_the_next_one(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    left = kiosk.folder / "new" / restore.PART / "gate"
    left.mkdir(parents=True)
    (left / "logbook.db").write_bytes(b"half")
    at, _ = kiosk.restored(made.path)
    assert not (at.state / restore.PART).exists()
    with pytest.raises(KioskError, match="nothing was changed"):
        restore.resume(at.state, kiosk.now)
