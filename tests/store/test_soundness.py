"""What is wrong with file, disk or library is named in one line; a broken file is set aside and never deleted."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.core.entry import Draft, EntryKind
from kiosk.store import soundness
from kiosk.store.logbook import Logbook
from kiosk.store.soundness import Doubt

MOUNTS = """/dev/root / ext4 rw 0 0
/dev/sda1 /media/usb vfat rw 0 0
nas:/x /srv/my\\040log nfs4 rw 0 0
tmpfs /run tmpfs rw 0 0
"""


def doubts(found: list[soundness.Found]) -> set[Doubt]:
    return {each.doubt for each in found}


def test_a_sound_logbook_has_no_serious_doubt(logbook: Logbook) -> None:
    assert [each for each in logbook.doubts() if each.serious and each.doubt is not Doubt.DISK_NEARLY_FULL] == []


def test_a_connection_that_would_lose_rows_is_named(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = NORMAL")
        found = soundness.about_connection(db)
    assert doubts(found) == {Doubt.JOURNAL_MODE, Doubt.SYNCHRONOUS}
    assert all("\n" not in each.line for each in found)


def test_a_damaged_page_is_found(opened: Callable[[], Logbook], visit: Callable[..., Draft], path: Path) -> None:
    book = opened()
    for number in range(200):
        book.append(visit(f"v{number}"))
    book.close()
    data = bytearray(path.read_bytes())
    data[8 * 4096 : 9 * 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    (found,) = soundness.about_file(path)
    assert found.doubt is Doubt.DAMAGED
    assert "kiosk log verify" in found.line


def test_a_look_through_a_file_ends_when_its_time_is_over(
    opened: Callable[[], Logbook], visit: Callable[..., Draft], path: Path
) -> None:
    book = opened()
    for number in range(200):
        book.append(visit(f"v{number}"))
    book.close()
    asked: list[bool] = []
    assert soundness.about_file(path, stopping=lambda: not asked.append(True)) == []  # type: ignore[func-returns-value]
    assert asked == [True]
    assert soundness.about_file(path, within_s=0) == []


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/var/lib/kiosk", "ext4"), ("/media/usb/kiosk", "vfat"), ("/srv/my log", "nfs4"), ("/running", "ext4")],
)
def test_the_file_system_of_a_folder_is_told_by_its_mount(folder: str, kind: str) -> None:
    assert soundness.file_system(Path(folder), MOUNTS) == kind


@pytest.mark.parametrize(
    ("kind", "doubt"),
    [("vfat", Doubt.FAT_FILE_SYSTEM), ("nfs4", Doubt.NETWORK_FILE_SYSTEM), ("tmpfs", Doubt.VOLATILE_FILE_SYSTEM)],
)
def test_a_file_system_that_cannot_be_relied_on_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, doubt: Doubt
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"x / {kind} rw 0 0\n")
    monkeypatch.setattr(soundness, "_MOUNTS", mounts)
    assert doubt in doubts(soundness.about_place(tmp_path / "x.db"))


def test_a_full_disk_and_an_old_library_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundness, "ENOUGH_BYTES", 2**60)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    found = soundness.about_place(tmp_path / "x.db")
    assert {Doubt.DISK_NEARLY_FULL, Doubt.LIBRARY} <= doubts(found)
    assert [each.serious for each in found if each.doubt is Doubt.LIBRARY] == [False]
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 53, 0))
    assert Doubt.LIBRARY not in doubts(soundness.about_place(tmp_path / "x.db"))


def test_what_is_set_aside_keeps_every_byte_and_names_the_newest_backup(
    opened: Callable[[], Logbook], visit: Callable[..., Draft], path: Path, clock: object
) -> None:
    book = opened()
    book.append(visit())
    book.append(Draft(EntryKind.BACKUP, clock(), detail="1 kiosk-20261121.kiosk"))
    book.close()
    data = path.read_bytes()
    moved = soundness.set_aside(path, clock(), "row 1 is not what was written")
    again = opened()
    assert again.append(visit()).seq == 1
    again.close()
    second = soundness.set_aside(path, clock(), "again")
    assert (moved.name, moved.read_bytes()) == ("logbook.db.broken-20261121T073000Z", data)
    assert soundness.aside(path) == [moved, second]
    line = soundness.told(moved)
    assert "row 1 is not what was written" in line
    assert "kiosk-20261121.kiosk" in line
    assert "knows of no backup" in soundness.told(second)
