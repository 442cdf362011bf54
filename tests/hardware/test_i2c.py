"""Finding who is on a bus: by asking for a byte, never by writing, and never at an address that is dangerous."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hardware import i2c


class Bus:
    """A bus on which some addresses answer, others belong to the kernel, and one may hang."""

    def __init__(self, answers: set[int], busy: set[int] = frozenset(), hangs: int | None = None) -> None:  # type: ignore[assignment]
        self.answers, self.busy, self.hangs = answers, busy, hangs
        self.asked: list[int] = []
        self.closed = False

    def read_byte(self, i2c_addr: int) -> int:
        self.asked.append(i2c_addr)
        if i2c_addr == self.hangs:
            raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        if i2c_addr in self.busy:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        if i2c_addr not in self.answers:
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
        return 0xFF

    def close(self) -> None:
        self.closed = True


def test_who_answers_is_called_by_name_and_the_kernels_own_by_its_driver(tmp_path: Path) -> None:
    (tmp_path / "1-0068").mkdir()
    (tmp_path / "1-0068" / "name").write_text("ds3231\n")
    bus = Bus({0x5A, 0x1C}, busy={0x68})
    found = i2c.scan(1, lambda _: bus, tmp_path)
    assert list(map(str, found)) == [
        "0x1c unknown", "0x5a thermometer MLX90614", "0x68 clock DS3231 (the kernel's ds3231)",
    ]  # fmt: skip
    assert bus.closed


def test_reserved_and_dangerous_addresses_are_never_asked() -> None:
    bus = Bus(set())
    assert i2c.scan(1, lambda _: bus) == []
    assert set(bus.asked) == set(range(0x08, 0x78)) - {0x69}


def test_a_hanging_bus_is_given_up_at_once() -> None:
    bus = Bus({0x5A}, hangs=0x10)
    assert i2c.scan(1, lambda _: bus) == []
    assert bus.asked[-1] == 0x10


def test_a_bus_that_is_not_there_is_an_error_and_the_buses_there_are_listed(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="i2c-99"):
        i2c.scan(99)
    for name in ("i2c-3", "i2c-10", "i2c-x", "null"):
        (tmp_path / name).touch()
    assert i2c.numbers(tmp_path) == [3, 10]
