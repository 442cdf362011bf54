"""A file that pages change: whole or as before, nobody's change lost, the ones before it kept."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.store import versions
from kiosk.store.versions import ChangedMeanwhile, Unwritable, Versions, mark

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


def test_what_was_before_is_kept_with_the_time_until_which_it_held(tmp_path: Path):
    kept = Versions(tmp_path / "rules" / "rules.toml")
    kept.write(b"a = 1\n", b"", NOW)
    kept.write(b"a = 2\n", b"a = 1\n", NOW + timedelta(minutes=1))
    assert kept.read(b"") == b"a = 2\n"
    assert [(each.read(), each.until) for each in kept.list()] == [
        (b"a = 1\n", NOW + timedelta(minutes=1)),
        (b"", NOW),
    ]
    assert kept.find(mark(b"a = 1\n")).read() == b"a = 1\n"
    assert kept.find("nothing") is None


def test_a_change_of_something_else_than_what_is_there_is_refused(tmp_path: Path):
    kept = Versions(tmp_path / "rules.toml")
    kept.write(b"a = 1\n", b"", NOW)
    with pytest.raises(ChangedMeanwhile):
        kept.write(b"a = 3\n", b"a = 2\n", NOW)
    assert kept.read(b"") == b"a = 1\n"


def test_of_many_who_change_the_same_at_once_one_does(tmp_path: Path):
    kept, refused = Versions(tmp_path / "rules.toml"), []
    kept.write(b"a = 0\n", b"", NOW)

    def change(number: int) -> None:
        try:
            kept.write(f"a = {number}\n".encode(), b"a = 0\n", NOW + timedelta(seconds=number))
        except ChangedMeanwhile:
            refused.append(number)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(1, 9)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(refused) == 7


def test_the_oldest_versions_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(versions, "KEPT", 3)
    kept, before = Versions(tmp_path / "rules.toml"), b""
    for number in range(6):
        data = b"a = %d\n" % number
        kept.write(data, before, NOW + timedelta(seconds=number))
        before = data
    assert [each.read() for each in kept.list()] == [b"a = 4\n", b"a = 3\n", b"a = 2\n"]


def test_a_folder_that_takes_nothing_is_one_line(tmp_path: Path):
    (tmp_path / "rules").write_text("a file")
    with pytest.raises(Unwritable, match="check the folder and the disk"):
        Versions(tmp_path / "rules" / "rules.toml").write(b"x", b"", NOW)
