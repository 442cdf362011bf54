"""Every row of docs/faults.md on a whole gate, and every two of them together: the worst wins, never green."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.core.faults import LampFault
from kiosk.core.model import ConditionKind, Outcome
from kiosk.core.ports import LampPattern
from kiosk.locale import words
from tests.support.bench_gate import SKIN_C, BenchGate, bench_gate
from tests.support.fault_table import CAMERA, CLOCK, FAULTS, THERMOMETER, Fault, markdown
from tests.support.lanes import Bench, a_forgery, a_pass

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BenchGate]:
    with bench_gate(tmp_path, monkeypatch) as made:
        yield made


def seen(gate: BenchGate, fault: Fault) -> bool:
    state = fault.state in ("", gate.device(fault.device).state)
    return state and (fault.condition is None or fault.condition.value in gate.conditions)


def somebody_in_order(gate: BenchGate) -> None:
    gate.somebody_else()
    gate.object_c = SKIN_C
    gate.runs(4.0, showing=True)
    gate.object_c = 22.0
    gate.runs(1.0)


def test_the_page_is_the_one_that_the_table_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), "docs/faults.md is old: run make docs"


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{fault.device}: {fault.name}" for fault in FAULTS])
def test_each_fault_is_named_shows_nobody_green_and_goes_away(gate: BenchGate, fault: Fault) -> None:
    green = gate.green
    fault.make(gate)
    gate.until(lambda: seen(gate, fault), within_s=fault.after_s)
    if fault.condition is not None:
        somebody_in_order(gate)
        assert gate.green == green, "a fault lit the lamp green"
    fault.mend(gate)
    if fault.mends:
        gate.until(lambda: not gate.conditions, within_s=6.0)
    if fault.device == "lamp":
        gate.until(lambda: gate.device("lamp").ok, within_s=3.0)


def test_a_lamp_that_comes_back_shows_what_stands_but_no_green_that_was_missed(gate: BenchGate) -> None:
    gate.lamp.fault = LampFault("green on GPIO17 cannot be driven (GPIO busy)", "busy")
    gate.object_c = SKIN_C
    while not gate.rows():
        gate.runs(0.1, showing=True)
    gate.lamp.fault = None
    gate.object_c = 22.0
    gate.until(lambda: gate.device("lamp").ok, within_s=3.0)
    assert gate.rows()[-1].outcome is Outcome.PASS
    assert gate.green == 0
    gate.runs(8.0)
    assert gate.lamp.shown[-1] is LampPattern.READY


def test_every_state_and_condition_of_the_table_has_words_in_both_languages() -> None:
    assert {fault.state for fault in FAULTS if fault.state} <= set(words.DEVICE_STATES)
    assert all("·" in line.split("|")[4] for line in markdown().splitlines() if line.startswith("| thermometer"))


PAIRS = [
    (first, second)
    for first, second in combinations((*THERMOMETER, *CAMERA, *CLOCK), 2)
    if first.condition and second.condition and first.device != second.device and first.after_s < 10 > second.after_s
]


@pytest.mark.timeout(60)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=st.sampled_from(PAIRS))
def test_of_two_faults_on_a_gate_the_worst_wins_and_nobody_is_shown_green(
    pair: tuple[Fault, Fault], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patch, bench_gate(tmp_path_factory.mktemp("gate"), patch) as gate:
        for fault in pair:
            fault.make(gate)
        gate.until(lambda: {fault.condition for fault in pair} <= gate.conditions, within_s=8.0)
        somebody_in_order(gate)
        assert gate.green == 0
        visits = [row.outcome for row in gate.rows() if row.kind == "visit"]
        assert Outcome.PASS not in visits


# What can be wrong with one visit or with everybody, in the core alone: every two of them.

CONDITIONS = [ConditionKind.THERMOMETER_DOWN, ConditionKind.AMBIENT_OUT_OF_RANGE, ConditionKind.CALIBRATION_DUE,
              ConditionKind.CLOCK_IN_DOUBT, ConditionKind.TRUST_STALE]  # fmt: skip
OF_A_VISIT = ["forged", "febrile", "cold", "already passed"]


def outcome_of(*wrong: str) -> Outcome:
    bench = Bench()
    kinds = [ConditionKind(each) for each in wrong if each in tuple(ConditionKind)]
    bench.opens_all(kinds)
    before = bench.now if "already passed" in wrong else None
    bench.shows(a_forgery() if "forged" in wrong else a_pass(), passed_before=before)
    celsius = 38.6 if "febrile" in wrong else 33.0 if "cold" in wrong else 36.5
    bench.measures(celsius, count=40)
    bench.waits(bench.rules.show.collect_s + 1)
    return next(row.outcome for row in bench.rows if row.kind == "visit" and row.outcome is not None)


SINGLE = {wrong: outcome_of(wrong) for wrong in (*map(str, CONDITIONS), *OF_A_VISIT)}


@pytest.mark.parametrize("wrong", SINGLE)
def test_nothing_that_is_wrong_is_green_by_default(wrong: str) -> None:
    assert SINGLE[wrong] is not Outcome.PASS


@pytest.mark.parametrize("pair", list(combinations(SINGLE, 2)), ids=" and ".join)
def test_of_any_two_things_that_are_wrong_the_worst_wins(pair: tuple[str, str]) -> None:
    assert outcome_of(*pair).severity >= max(SINGLE[wrong].severity for wrong in pair) > 0
