"""Looks for input that breaks a reader, or takes it more than 250 ms or 64 MB.

`make fuzz` runs atheris, which follows the code's branches, over every target, each in a process of its own; the
tests run `short`, which changes samples by a fixed seed. A target is a function of bytes in fuzz_targets.py.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.fuzz_targets import Target

MOST_S, MOST_MB = 0.25, 64
LONGEST = 4096  # bytes; the largest QR code holds 2,953
FOUND = Path("build/fuzz")  # where atheris leaves what broke something
NUMBERS = (b"\x00", b"\xff", b"\x7f", b"\x80", b"-1", b"0", b"9" * 20, b"1e999", b"null", b"{}", b"[]", b'""', b"\xc0")


class TooMuch(Exception):
    """An input was read, but at too high a price."""


@dataclass
class Cost:
    """What the dearest input cost so far."""

    slowest_s: float = 0.0
    largest_mb: float = 0.0


def attempt(target: Target, data: bytes, cost: Cost) -> None:
    """Lets `target` read `data`. Raises TooMuch, or whatever it was not expected to raise."""
    from tests.support.fuzz_targets import EXPECTED

    began, before = time.thread_time(), _peak_mb()
    with suppress(*EXPECTED):
        target.run(data)
    took, grew = time.thread_time() - began, _peak_mb() - before
    cost.slowest_s, cost.largest_mb = max(cost.slowest_s, took), max(cost.largest_mb, grew)
    if took > MOST_S:
        raise TooMuch(f"{target.name}: {took * 1000:.0f} ms")
    if grew > MOST_MB:
        raise TooMuch(f"{target.name}: {grew:.0f} MB")


def changed(seeds: tuple[bytes, ...], count: int, seed: str) -> Iterator[bytes]:
    """`count` variations of `seeds`, always the same ones for the same `seed`."""
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
            at = chance.randrange(len(data) + 1)
            until = min(len(data), at + chance.choice((1, 1, 2, 8, 64)))
            match chance.randrange(6):
                case 0 if at < len(data):
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    del data[at:until]
                case 2:
                    data[at:at] = data[at:until] * chance.choice((1, 2, 50))
                case 3:
                    data[at:until] = chance.choice(NUMBERS)
                case 4:
                    data[at:at] = chance.randbytes(chance.choice((1, 4)))
                case _:
                    other = chance.choice(seeds)
                    data[at:until] = other[at : at + 64]
        yield bytes(data[:LONGEST])


def short(target: Target, count: int) -> Cost:
    """`count` changed samples, by a fixed seed. Raises what `attempt` raises, with the input in its notes."""
    cost = Cost()
    for data in (*target.seeds, *changed(target.seeds, count, target.name)):
        try:
            attempt(target, data, cost)
        except Exception as error:
            error.add_note(f"{target.name} read {data!r}")
            raise
    return cost


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- make fuzz ---------------------------------------------------------------------------------------------


def _one(name: str, runs: int) -> None:
    """Runs atheris over one target, in this process, which ends with a line of figures or where something broke."""
    import atheris

    with atheris.instrument_imports(include=["kiosk.core"]):
        from tests.support.fuzz_targets import targets
    target, cost, done, began = targets()[name], Cost(), 0, time.monotonic()
    seeds = FOUND / name / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (seeds / str(number)).write_bytes(seed)
        attempt(target, seed, Cost())

    def test(data: bytes) -> None:
        nonlocal done
        attempt(target, data, cost)
        done += 1
        if done >= runs:
            took = time.monotonic() - began
            figures = {"runs": done, "per_s": done / took, "ms": cost.slowest_s * 1000, "mb": cost.largest_mb}
            print(json.dumps(figures), flush=True)
            os._exit(0)

    options = [f"-max_len={LONGEST}", f"-artifact_prefix={FOUND / name}/", "-verbosity=0", "-print_final_stats=0"]
    atheris.Setup([sys.argv[0], *options, str(seeds)], test)
    atheris.Fuzz()


def _all(names: list[str], runs: int) -> int:
    """Each target in its own process; how many of them broke."""
    from tests.support.fuzz_targets import targets

    broken = 0
    listed = [name for name in targets() if not names or any(name.startswith(wanted) for wanted in names)]
    print(f"{len(listed)} targets, {runs:,} inputs each; nothing may be raised, nor take {MOST_S:g} s or {MOST_MB} MB")
    print(f"{'':30} {'inputs':>9} {'inputs/s':>9} {'slowest ms':>11} {'largest MB':>11}", flush=True)
    for name in listed:
        command = [sys.executable, "-m", "tests.support.fuzzing", "--one", name, "--runs", str(runs)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        lines = done.stdout.splitlines()
        if done.returncode == 0 and lines:
            figures = json.loads(lines[-1])
            print(
                f"{name:30} {figures['runs']:9,} {figures['per_s']:9,.0f} {figures['ms']:11.1f} {figures['mb']:11.1f}",
                flush=True,
            )
        else:
            broken += 1
            print(
                f"{name:30} BROKEN; the input lies in {FOUND / name}\n{done.stdout[-2000:]}{done.stderr[-3000:]}",
                flush=True,
            )
    print(f"{len(listed) - broken} of {len(listed)} targets held")
    return broken


def main() -> None:
    """Every target, or those whose names begin as asked; exits 1 when one broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.fuzzing", description="Break a reader.")
    parser.add_argument("names", nargs="*", help="beginnings of targets, as formats/ or codecs/cbor; all where none is")
    parser.add_argument("--runs", type=int, default=20_000, help="how many inputs each target gets")
    parser.add_argument("--one", help="this target only, in this process")
    asked = parser.parse_args()
    if asked.one:
        _one(asked.one, asked.runs)
    else:
        sys.exit(1 if _all(asked.names, asked.runs) else 0)


if __name__ == "__main__":
    main()
