"""A logbook of many thousand rows: made as the gate writes it, and read without ever holding it in memory."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.core.entry import Draft
from kiosk.store import export
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook
from kiosk.store.reader import Filter, Reader
from kiosk.store.verify import Asked, check
from tests.support.large_logbook import END, KIOSK, generate

ROWS = 16_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("large"), ROWS, processes=1)


class Nowhere:
    """A file that is not kept."""

    def write(self, data: bytes) -> int:
        return len(data)


def peak(work: Callable[[], object]) -> int:
    """The bytes that `work` held at most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_it_is_what_a_gate_could_have_written(large: Path, visit: Callable[..., Draft]) -> None:
    *_, verified = check(large, Asked(canonical=True))
    assert (verified.rows, verified.broken, verified.heads) == (ROWS, None, -(-ROWS // 256))
    keys = Keyring.open(large.parent / "keys")
    book = Logbook.open(
        large, keys, kiosk=KIOSK, boot="b1", clock_state=lambda: "trusted", now=lambda: END, monotonic_ns=lambda: 0
    )
    row = book.append(visit())
    shown = book.reveal([ROWS - 2])
    book.close()
    assert (row.seq, shown[ROWS - 2]["name"]) == (ROWS + 1, f"王小明{(ROWS - 2) % 2000}")


@pytest.mark.parametrize("write", [export.csv_file, export.jsonl_file])
def test_a_file_of_many_rows_takes_no_more_memory_than_one_of_few(large: Path, write: Callable[..., int]) -> None:
    bodies, nowhere = Reader.open(large).bodies, Nowhere()

    def few() -> None:
        with pytest.raises(Enough):
            write(bodies(Filter()), nowhere, export.Layout(), stop_after(8_000))

    assert peak(lambda: write(bodies(Filter()), nowhere, export.Layout())) < 1.5 * peak(few)


def test_verifying_many_rows_takes_no_more_memory_than_few(large: Path) -> None:
    def some(pages: int) -> None:
        for _, _ in zip(range(pages), check(large), strict=False):
            pass

    assert peak(lambda: some(2)) < 1.5 * peak(lambda: some(1))


class Enough(Exception):
    """So many rows were asked for."""


def stop_after(rows: int) -> Callable[[int], None]:
    """A listener to progress that wants no more than so many rows."""
    left = [rows]

    def step(done: int) -> None:
        left[0] -= done
        if left[0] <= 0:
            raise Enough

    return step
