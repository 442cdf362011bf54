"""`make powercut`: a thousand power cuts, with progress.  ARGS="--cuts 200 --seed 5 --careless" for others."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.power.days import STARTS_WITHIN_CPU_S, STARTS_WITHIN_S, Days, Result
from tests.support.power.machine import cannot_mount

AT_ONCE = 2


def main() -> int:
    """Runs the cuts on two machines at once; 0 where nothing was lost."""
    parser = argparse.ArgumentParser(prog="make powercut", description=__doc__)
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--careless", action="store_true", help="with synchronous=NORMAL, which must lose rows")
    asked = parser.parse_args()
    if reason := cannot_mount():
        print(f"make powercut: {reason}", file=sys.stderr)
        return 2
    module = "tests.support.power.careless" if asked.careless else "kiosk"
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="power-") as folder, ThreadPoolExecutor(AT_ONCE) as threads:
        machines = [Days(Path(folder) / f"machine-{n}", asked.seed + n, module) for n in range(AT_ONCE)]
        share = [asked.cuts // AT_ONCE + (n < asked.cuts % AT_ONCE) for n in range(AT_ONCE)]
        running = [threads.submit(machine.cuts, cuts) for machine, cuts in zip(machines, share, strict=True)]
        while not all(each.done() for each in running):
            _tell(_sum(machines), asked.cuts, began_s, end="\r" if sys.stderr.isatty() else "\n")
            time.sleep(1 if sys.stderr.isatty() else 30)
        for each in running:
            each.result()
        total = _sum(machines)
    _tell(total, asked.cuts, began_s, end="\n")
    starts_s = sorted(total.starts_s)
    print(f"{total.cuts} cuts ({', '.join(f'{kind} {count}' for kind, count in sorted(total.kinds.items()))})")
    print(f"acknowledged: {total.acknowledged} rows, {total.backups} backups; {total.lost} lost")
    print(f"start after a cut: median {starts_s[len(starts_s) // 2]:.2f} s, slowest {starts_s[-1]:.2f} s")
    print(f"processor time of a start: slowest {max(total.starts_cpu_s):.2f} s")
    print(*total.flaws, sep="\n", end="\n" if total.flaws else "")
    slow = max(total.starts_cpu_s) > STARTS_WITHIN_CPU_S or starts_s[len(starts_s) * 9 // 10] > STARTS_WITHIN_S
    return 1 if total.flaws or slow else 0


def _sum(machines: list[Days]) -> Result:
    total = Result()
    for machine in machines:
        total.take(machine.result)
    return total


def _tell(total: Result, cuts: int, began_s: float, end: str) -> None:
    said = f"{total.cuts}/{cuts} cuts, {total.acknowledged} acknowledged, {total.lost} lost"
    print(f"{said}, {time.monotonic() - began_s:.0f} s", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
