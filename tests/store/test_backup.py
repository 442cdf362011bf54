"""Backups: whole or not at all, readable by the recovery key alone, and only as long as they may be."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.core.faults import KeyMissing, KioskError, LogbookBroken, SettingsError
from kiosk.store import backup, verify
from kiosk.store.keys import Keyring
from kiosk.store.recovery import RecoveryKey, RecoveryPublic
from tests.support.backups import KEPT, NAME, NOON, Kiosk, silent, tree


def test_a_backup_is_made_while_the_owner_writes_and_is_of_one_moment(kiosk: Kiosk) -> None:
    """A row after every step, from the owner's own connection: the copy neither begins anew nor waits."""
    kiosk.write(3000)
    steps = 0
    with closing(kiosk.book()) as book:

        def step(what: str, done: int, total: int) -> None:
            nonlocal steps
            steps += what == "logbook.db"
            assert steps < 100, "the copy began anew"
            book.append(kiosk.visit())

        made = kiosk.back_up(step=step)
    at, done = kiosk.restored(made.path)
    *_, found = verify.check(at.logbook)
    assert found.broken is None
    assert done.head.seq == 3003
    assert steps >= 3


def test_nothing_in_a_backup_is_plain(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    data = made.path.read_bytes()
    assert NAME.encode() not in data
    assert b"wang" not in data
    assert b"SQLite format" not in data


def test_names_in_a_backup_are_gone_once_their_own_time_is_over(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    kiosk.pass_days(14)
    assert kiosk.names(kiosk.restored(made.path, "last day")[0])[:3] == [NAME] * 3
    kiosk.pass_days(1)
    at, done = kiosk.restored(made.path, "day after")
    assert kiosk.names(at)[:3] == [""] * 3
    assert (done.days, done.expired) == (0, 2)
    assert NAME.encode() not in b"".join(tree(at.state).values())


def test_a_key_that_was_carried_on_opens_no_expired_name_even_by_force(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    later = kiosk.key.on(NOON.date() + timedelta(days=15))
    for capsule in made.head.capsules:
        with pytest.raises(KeyMissing):
            later.open(capsule.box, backup.capsule_about(capsule.day, capsule.name))
        other = RecoveryKey(later.id, capsule.box.last, later.seed)  # the seed passed off as an older one
        with pytest.raises(LogbookBroken):
            other.open(capsule.box, backup.capsule_about(capsule.day, capsule.name))


def test_a_backup_is_unreadable_once_its_own_expiry_has_passed(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    kiosk.pass_days(31)
    with pytest.raises(KeyMissing, match="could be read until 2026-12-21"):
        kiosk.restored(made.path)
    assert tree(kiosk.folder / "new") == {}


def test_turning_the_clock_back_does_not_help_a_key_that_was_carried_on(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    kiosk.key = kiosk.key.on(NOON.date() + timedelta(days=40))
    with pytest.raises(KeyMissing):
        kiosk.restored(made.path, now=NOON)


def test_a_day_that_was_forgotten_is_in_no_later_backup(kiosk: Kiosk) -> None:
    kiosk.pass_days(1)
    with closing(kiosk.book()) as book:
        book.purge(kiosk.now.date())
    made = kiosk.back_up()
    assert [capsule for capsule in made.head.capsules if capsule.day == NOON.date()] == []
    assert kiosk.names(kiosk.restored(made.path)[0])[:3] == [""] * 3


def test_the_kiosk_itself_cannot_open_its_backups(kiosk: Kiosk) -> None:
    made = kiosk.back_up()
    assert isinstance(kiosk.public, RecoveryPublic)
    assert not hasattr(kiosk.public, "open")
    assert kiosk.key.seed not in b"".join(tree(kiosk.at.state).values()) + made.path.read_bytes()


def test_a_recovery_key_survives_being_written_down() -> None:
    key = RecoveryKey.new(NOON.date())
    assert RecoveryKey.parse(f"# the safe\n{key.text[:40]}\n{key.text[40:].upper()[:0]}{key.text[40:]}\n", "x") == key


def test_a_slip_of_the_pen_is_noticed() -> None:
    text = RecoveryKey.new(NOON.date()).text
    at = text.index("-", 40) + 1
    for wrong in (text[:at] + ("a" if text[at] != "a" else "b") + text[at + 1 :], text[:-1], "hello", ""):
        with pytest.raises(SettingsError):
            RecoveryKey.parse(wrong, "recovery.key")


def test_a_recovery_key_runs_out_and_says_so(kiosk: Kiosk) -> None:
    kiosk.pass_days(390)
    with pytest.raises(SettingsError, match="run out"):
        kiosk.back_up()


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(kiosk: Kiosk) -> None:
    kiosk.write(100)
    data = bytearray(kiosk.at.logbook.read_bytes())
    data[8192:16384] = os.urandom(8192)
    kiosk.at.logbook.write_bytes(data)
    with pytest.raises(LogbookBroken):
        kiosk.back_up()
    assert list(kiosk.stick.iterdir()) == []


def test_a_full_target_is_named_and_left_as_it_was(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kiosk.back_up()
    real = os.fsync

    def full(descriptor: int) -> None:
        if str(kiosk.stick) in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KioskError, match="No space left"):
        kiosk.back_up()
    assert list(kiosk.stick.iterdir()) == [first.path]


def test_a_target_without_room_is_refused_before_anything_is_written(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.statvfs(kiosk.stick)
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((*real[:4], 1, *real[5:])))
    with pytest.raises(KioskError, match="full"):
        kiosk.back_up()
    assert list(kiosk.stick.iterdir()) == []


def test_a_stick_that_is_not_there_is_named(kiosk: Kiosk) -> None:
    kiosk.stick.rmdir()
    with pytest.raises(KioskError, match="plugged in"):
        kiosk.back_up()


def test_a_medium_that_gives_back_something_else_is_found_at_once(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        if path.endswith(".partial"):
            with Path(path).open("r+b") as file:
                file.seek(20_000)
                file.write(b"bad block")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(LogbookBroken):
        kiosk.back_up()
    assert list(kiosk.stick.iterdir()) == []


def test_a_backup_interrupted_at_any_step_leaves_the_older_one_and_nothing_else(kiosk: Kiosk) -> None:
    kiosk.write(300)
    first, steps = kiosk.back_up(), [0]
    kiosk.back_up(step=lambda *_: steps.__setitem__(0, steps[0] + 1))
    (_, second) = sorted(kiosk.stick.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    second.unlink()
    for stop in range(steps[0]):
        left = [stop]

        def step(*_: object, left: list[int] = left) -> None:
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1

        with pytest.raises(KeyboardInterrupt):
            kiosk.back_up(step=step)
        assert list(kiosk.stick.iterdir()) == [first.path]
        assert list(kiosk.at.logbook.parent.glob(".copy-*")) == []


def test_what_a_killed_backup_left_goes_with_the_next_one(kiosk: Kiosk) -> None:
    (kiosk.stick / ".gate-1-20260101T000000Z-aaaa.kioskbackup.partial").write_bytes(b"half")
    (kiosk.at.logbook.parent / ".copy-x").mkdir()
    made = kiosk.back_up()
    assert list(kiosk.stick.iterdir()) == [made.path]
    assert list(kiosk.at.logbook.parent.glob(".copy-*")) == []


def test_the_newest_stay_and_other_kiosks_are_left_alone(kiosk: Kiosk) -> None:
    (kiosk.stick / "holiday.jpg").write_bytes(b"x")
    (kiosk.stick / "broken.kioskbackup").write_bytes(b"x")
    made = []
    for _ in range(5):
        kiosk.now += timedelta(hours=1)
        made.append(kiosk.back_up().path)
    assert {path for path, _ in backup.backups(kiosk.stick)} == set(made[-3:])
    assert (kiosk.stick / "holiday.jpg").exists()
    assert (kiosk.stick / "broken.kioskbackup").exists()


def test_a_backup_that_may_not_be_read_any_more_goes_with_the_next_one(kiosk: Kiosk) -> None:
    old = kiosk.back_up().path
    kiosk.pass_days(31)
    made = kiosk.back_up()
    assert made.removed == (old,)


def test_two_backups_at_once_into_one_folder_are_refused(kiosk: Kiosk) -> None:
    with backup._alone(kiosk.stick, "gate-1"), pytest.raises(KioskError, match="another backup"):
        kiosk.back_up()


def test_kept_names_every_class(kiosk: Kiosk) -> None:
    assert {name for _, name, _ in Keyring.open(kiosk.at.keys).held()} <= set(KEPT.classes)
    assert silent("x", 1, 2) is None
