"""A hundred power cuts at random instants: no row is lost whose lamp had gone green, and the test can fail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.power.days import KINDS, STARTS_WITHIN_CPU_S, STARTS_WITHIN_S, Days, Result

CUTS, AT_ONCE = 100, 2
CARELESS_CUTS = 8

pytestmark = [pytest.mark.usefixtures("mountable"), pytest.mark.timeout(400)]


def test_a_hundred_power_cuts_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    def days(number: int) -> Result:
        return Days(tmp_path / f"machine-{number}", seed=2026 + number).cuts(CUTS // AT_ONCE)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        results = list(threads.map(days, range(AT_ONCE)))
    flaws = [flaw for result in results for flaw in result.flaws]
    assert not flaws, "\n".join(flaws)
    assert sum(result.lost for result in results) == 0
    assert sum(result.cuts for result in results) == CUTS
    assert sum(result.acknowledged for result in results) > CUTS  # people did get in
    assert set().union(*(result.kinds for result in results)) >= set(KINDS)
    starts_s = sorted(start for result in results for start in result.starts_s)
    assert starts_s[len(starts_s) * 9 // 10] <= STARTS_WITHIN_S
    assert max(cpu for result in results for cpu in result.starts_cpu_s) <= STARTS_WITHIN_CPU_S


def test_the_same_cuts_do_lose_rows_where_the_logbook_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    careless = Days(tmp_path / "machine", seed=7, module="tests.support.power.careless")
    assert careless.cuts(CARELESS_CUTS).lost > 0
