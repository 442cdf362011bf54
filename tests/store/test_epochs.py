"""(kiosk, epoch, number) names one row for ever: whatever is set aside, however often, and whatever the clock does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.core.entry import Draft
from kiosk.core.faults import LogbookUnwritable
from kiosk.store import durable, epochs, soundness
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader
from tests.store.conftest import Turned

Opened = Callable[[], Logbook]
Drafted = Callable[..., Draft]


def begun(opened: Opened, visit: Drafted, path: Path) -> int:
    """The epoch of a file that is begun now and gets one row."""
    book = opened()
    book.append(visit())
    book.close()
    (row,) = Reader.open(path).page(Filter())
    return row.epoch


def test_files_that_are_set_aside_in_one_second_never_share_a_number(
    opened: Opened, visit: Drafted, path: Path, clock: Turned
) -> None:
    given = []
    for _ in range(4):
        given.append(begun(opened, visit, path))
        soundness.set_aside(path, clock(), "tried")
    assert given == sorted(set(given))


def test_a_clock_that_was_moved_back_gives_no_number_again(
    opened: Opened, visit: Drafted, path: Path, clock: Turned
) -> None:
    first = begun(opened, visit, path)
    soundness.set_aside(path, clock(), "tried")
    clock.on(days=-400)
    assert begun(opened, visit, path) > first


@pytest.mark.parametrize("lost", ["", "1 garbage"])
def test_where_the_note_is_lost_the_files_that_were_set_aside_say_their_numbers(
    opened: Opened, visit: Drafted, path: Path, clock: Turned, lost: str
) -> None:
    first = begun(opened, visit, path)
    soundness.set_aside(path, clock(), "tried")
    epochs.beside(path).write_text(lost)
    clock.on(days=-400)
    assert begun(opened, visit, path) > first


def test_where_nothing_can_be_read_any_more_the_note_says_the_number(
    opened: Opened, visit: Drafted, path: Path, clock: Turned
) -> None:
    first = begun(opened, visit, path)
    moved = soundness.set_aside(path, clock(), "tried")
    for each in (moved, moved.with_name(moved.name + ".head")):
        each.write_bytes(b"garbage" * 100)
    clock.on(days=-400)
    assert begun(opened, visit, path) > first


def test_two_new_cards_that_start_in_the_same_second_are_told_apart_by_chance(tmp_path: Path, clock: Turned) -> None:
    given = {epochs.following(tmp_path / str(card) / "logbook.db", clock()) for card in range(20)}
    assert len(given) > 15
    assert min(given) > clock().timestamp()
    assert max(given) <= (clock() + timedelta(days=1)).timestamp()


def test_a_number_that_cannot_be_brought_to_the_disk_is_borne_by_no_file(
    opened: Opened, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(durable, "write", full)
        with pytest.raises(LogbookUnwritable, match="No space left"):
            opened()
    opened().close()
    assert epochs.beside(path).exists()
