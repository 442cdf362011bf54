"""Keys are made on first use, kept to their owner, and deleted for ever."""

import stat
from datetime import date, timedelta
from pathlib import Path

import pytest

from kiosk.core.entry import SealClass
from kiosk.core.faults import KeyMissing, LogbookBroken
from kiosk.store.keys import Keyring

DAY, NEXT = date(2026, 11, 21), date(2026, 11, 22)
IDENTITY, NOTE = SealClass.IDENTITY, SealClass.NOTE


def test_what_was_sealed_is_opened_after_a_restart(tmp_path: Path) -> None:
    nonce, blob = Keyring.open(tmp_path).seal(DAY, IDENTITY, b"secret", b"row 1")
    assert b"secret" not in blob
    assert Keyring.open(tmp_path).open_sealed(DAY, IDENTITY, nonce, blob, b"row 1") == b"secret"


def test_every_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    Keyring.open(tmp_path / "keys").tag(DAY, "P1")
    files = [path for path in (tmp_path / "keys").rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"root.key", "2026-11-21.tag.key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in files} == {0o700}


def test_a_seal_does_not_open_for_another_row(tmp_path: Path) -> None:
    keys = Keyring.open(tmp_path)
    nonce, blob = keys.seal(DAY, IDENTITY, b"secret", b"row 1")
    with pytest.raises(LogbookBroken, match="not what was written"):
        keys.open_sealed(DAY, IDENTITY, nonce, blob, b"row 2")


def test_a_forgotten_day_does_not_open_and_the_next_still_does(tmp_path: Path) -> None:
    keys = Keyring.open(tmp_path)
    old, new = keys.seal(DAY, IDENTITY, b"old", b""), keys.seal(NEXT, IDENTITY, b"new", b"")
    assert keys.forget(NEXT) == 1
    for ring in (keys, Keyring.open(tmp_path)):
        with pytest.raises(KeyMissing):
            ring.open_sealed(DAY, IDENTITY, *old, b"")
        assert ring.open_sealed(NEXT, IDENTITY, *new, b"") == b"new"


def test_a_forgotten_day_stays_forgotten_when_the_clock_goes_back_and_makes_a_new_key(tmp_path: Path) -> None:
    keys = Keyring.open(tmp_path)
    old = keys.seal(DAY, IDENTITY, b"old", b"")
    keys.forget(NEXT)
    keys.seal(DAY, IDENTITY, b"again", b"")
    with pytest.raises(KeyMissing):
        keys.open_sealed(DAY, IDENTITY, *old, b"")


def test_one_class_is_forgotten_and_the_other_kept(tmp_path: Path) -> None:
    keys = Keyring.open(tmp_path)
    note = keys.seal(DAY, NOTE, b"note", b"")
    keys.seal(DAY, IDENTITY, b"name", b"")
    keys.tag(DAY, "P1")
    assert keys.forget(NEXT, (IDENTITY,)) == 2
    assert keys.find_tag(DAY, "P1") is None
    assert keys.open_sealed(DAY, NOTE, *note, b"") == b"note"


def test_a_person_has_another_tag_every_day_and_looking_for_one_makes_no_key(tmp_path: Path) -> None:
    keys = Keyring.open(tmp_path)
    assert keys.find_tag(DAY, "P1") is None
    today = keys.tag(DAY, "P1")
    assert len(today) == 32
    assert keys.find_tag(DAY, "P1") == today == Keyring.open(tmp_path).tag(DAY, "P1")
    assert keys.tag(NEXT, "P1") != today
    assert keys.find_tag(date(2026, 1, 1), "P1") is None


def test_the_identity_secret_and_the_head_key_never_change(tmp_path: Path) -> None:
    one, two = Keyring.open(tmp_path), Keyring.open(tmp_path)
    assert one.identity_secret == two.identity_secret
    assert len(one.identity_secret) == 32
    assert one.head_key.public_key() == two.head_key.public_key()


def test_a_cut_root_key_is_named(tmp_path: Path) -> None:
    Keyring.open(tmp_path)
    (tmp_path / "root.key").write_bytes(b"short")
    with pytest.raises(LogbookBroken, match=r"root\.key: 5 bytes"):
        Keyring.open(tmp_path)


def test_a_replaced_day_key_is_named_to_who_wants_to_read(tmp_path: Path) -> None:
    Keyring.open(tmp_path).tag(DAY, "P1")
    (tmp_path / "days" / "2026-11-21.tag.key").write_bytes(bytes(60))
    with pytest.raises(LogbookBroken, match=r"2026-11-21\.tag\.key"):
        Keyring.open(tmp_path).find_tag(DAY, "P1")


def test_a_damaged_day_key_keeps_nobody_from_being_written_down_and_is_forgotten_with_its_day(tmp_path: Path) -> None:
    before = Keyring.open(tmp_path).tag(DAY, "P1")
    (tmp_path / "days" / "2026-11-21.tag.key").write_bytes(bytes(60))
    keys = Keyring.open(tmp_path)
    assert keys.tag(DAY, "P1") != before
    assert [path.name for path in keys.damaged()] == ["2026-11-21.tag.key.damaged"]
    assert [name for _, name, _ in keys.held()] == ["tag"]
    keys.forget(DAY + timedelta(days=1))
    assert list((tmp_path / "days").iterdir()) == []
