"""What a row relies on is on the disk before it, whoever left it there."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from kiosk.core.entry import SealClass
from kiosk.store import durable, owning
from kiosk.store.keys import Keyring

TODAY = date(2026, 11, 21)


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was brought to the disk, in order."""
    paths: list[Path] = []
    monkeypatch.setattr(durable, "sync", paths.append)
    return paths


@pytest.mark.parametrize("left", [None, b"", b"half"])
def test_a_secret_that_a_power_cut_left_in_part_is_made_anew_and_then_stays(tmp_path: Path, left: bytes | None) -> None:
    path = tmp_path / "web" / "roster.key"
    if left is not None:
        path.parent.mkdir()
        path.write_bytes(left)
    made = durable.secret(path, 32, 0o640)
    assert len(made) == 32
    assert durable.secret(path, 32, 0o640) == made


def test_a_file_that_was_taken_in_part_is_refused_and_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable.write(tmp_path / "key", b"old", 0o600)
    monkeypatch.setattr(os, "write", lambda descriptor, data: len(data) - 1)
    with pytest.raises(OSError, match="No space left"):
        durable.write(tmp_path / "key", b"new", 0o600)
    assert (tmp_path / "key").read_bytes() == b"old"


def test_a_key_that_another_process_left_is_on_the_disk_with_its_folders_before_it_seals(
    tmp_path: Path, synced: list[Path]
) -> None:
    folder = tmp_path / "keys"
    Keyring.open(folder).seal(TODAY, SealClass.NOTE, b"x", b"")
    synced.clear()
    later = Keyring.open(folder)
    later.find_tag(TODAY, "P1")
    assert synced == []
    later.seal(TODAY, SealClass.NOTE, b"x", b"")
    assert synced[:4] == [folder / "days" / "2026-11-21.note.key", folder / "days", folder, tmp_path]
    synced.clear()
    later.seal(TODAY, SealClass.NOTE, b"x", b"")
    assert synced == []


def test_a_key_whose_folder_could_not_be_synced_does_not_seal_until_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = Keyring.open(tmp_path / "keys")

    def broken(path: Path) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(durable, "sync", broken)
        for _ in range(2):  # the second finds the file
            with pytest.raises(OSError, match="Input/output"):
                keys.seal(TODAY, SealClass.NOTE, b"x", b"")
    keys.seal(TODAY, SealClass.NOTE, b"x", b"")


def test_an_owner_makes_its_folders_durable(tmp_path: Path, synced: list[Path]) -> None:
    owning.Ownership(tmp_path / "var" / "gate" / "x.db").release()
    assert synced[:3] == [tmp_path / "var" / "gate", tmp_path / "var", tmp_path]


def test_what_a_dead_owner_left_in_the_write_ahead_log_is_in_the_database_before_the_next_row(tmp_path: Path) -> None:
    first = owning.connect(tmp_path / "x.db")
    first.execute("CREATE TABLE t (n)")
    for path in tmp_path.iterdir():  # as a power cut leaves it: the connection never closed
        shutil.copy(path, tmp_path / path.name.replace("x.db", "y.db"))
    first.close()
    assert (tmp_path / "y.db-wal").stat().st_size > 0
    second = owning.connect(tmp_path / "y.db")
    assert (tmp_path / "y.db-wal").stat().st_size == 0
    assert second.execute("SELECT count(*) FROM t").fetchone() == (0,)
    second.close()
