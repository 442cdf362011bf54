"""A thermometer that fails or vanishes while the gate runs is named within two seconds, and comes back within three."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.bench_gate import SKIN_C, BenchGate, bench_gate


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BenchGate]:
    with bench_gate(tmp_path, monkeypatch) as made:
        yield made


def unplug(bench: BenchGate) -> None:
    bench.part.plugged = False


def take_the_bus_away(bench: BenchGate) -> None:
    bench.bus_there[0], bench.part.always = False, errno.ENODEV


def hang(bench: BenchGate) -> None:
    bench.part.always, bench.part.takes = errno.ETIMEDOUT, lambda: bench.turns_for(1.0)


def damage(bench: BenchGate) -> None:
    def flip(data: bytearray) -> None:
        data[0] ^= 0x40

    bench.part.damage_all = flip


def mend(bench: BenchGate) -> None:
    bench.part.plugged, bench.part.always, bench.part.damage_all = True, 0, None
    bench.part.takes, bench.bus_there[0] = lambda: None, True


WAYS: list[tuple[Callable[[BenchGate], None], str]] = [
    (unplug, "nack"),
    (take_the_bus_away, "absent"),
    (hang, "stuck"),
    (damage, "bad_pec"),
]


@pytest.mark.parametrize(("fails", "code"), WAYS, ids=[code for _, code in WAYS])
def test_it_is_named_within_two_seconds_and_back_within_three_without_a_restart(
    bench: BenchGate, fails: Callable[[BenchGate], None], code: str
) -> None:
    assert bench.state == "ok"
    for _ in range(3):  # again and again
        fails(bench)
        assert bench.until(lambda: bench.state == code and "thermometer_down" in bench.conditions, within_s=2.0) <= 2.0
        bench.object_c = SKIN_C
        bench.runs(3.0, showing=True)
        assert bench.green == 0
        mend(bench)
        bench.object_c = 22.0
        assert bench.until(lambda: bench.state == "ok" and not bench.conditions, within_s=3.0) <= 3.0
    assert bench.device("thermometer").errors[code] >= 3
    bench.somebody_else()
    bench.object_c = SKIN_C
    bench.runs(5.0, showing=True)
    assert bench.green == 1


def test_a_worker_that_never_comes_back_from_a_transfer_is_silent_within_two_seconds(bench: BenchGate) -> None:
    for _ in range(20):  # its thread is stuck in the kernel: no turn of its own any more
        bench._next_s = float("inf")
        bench.runs(0.1)
    assert bench.state == "silent"


def test_what_it_is_and_what_it_last_gave_is_told_with_its_state(bench: BenchGate) -> None:
    told = bench.device("thermometer")
    assert told.reading == "22.0 °C, 22.0 °C"
    assert told.facts["id"] == "2a17-1234-5678-9abc"
    assert (told.lane, told.errors) == ("main", {})


def test_nobody_is_given_the_temperature_of_who_stood_there_before_it_was_unplugged(bench: BenchGate) -> None:
    bench.object_c = SKIN_C
    bench.runs(0.2)
    unplug(bench)
    bench.runs(4.0)
    mend(bench)
    bench.object_c = 35.4
    bench.until(lambda: not bench.conditions, within_s=3.0)
    bench.runs(5.0, showing=True)
    (row,) = [entry for entry in bench.rows() if entry.kind == "visit"]
    assert row.temperature.object_c == pytest.approx(35.4, abs=0.1)
    assert all(value > 35 for value in row.temperature.raw_c)
