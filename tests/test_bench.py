"""`make bench` prints each figure beside its aim, and one line for a bench that cannot run."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.bench import __main__ as bench
from tests.support.figures import CannotMeasure, Figure, at_least, at_most


def offer(monkeypatch: pytest.MonkeyPatch, measure) -> None:
    module = ModuleType("tests.bench.walking", "How fast people walk.\n\nMore about it.")
    module.measure = measure
    monkeypatch.setitem(sys.modules, "tests.bench.walking", module)


def test_every_bench_says_in_its_first_line_what_it_measures():
    assert all(line.endswith((".", ":")) for line in bench.benches().values())


def test_a_figure_stands_beside_its_aim_and_says_whether_it_is_met(monkeypatch, capsys):
    figures = [at_most("to the lamp", 42.0, "ms", 100), at_least("read", 80.5, "%", 85), Figure("people", 30)]
    offer(monkeypatch, lambda smoke: figures)
    assert bench.run("walking", smoke=True) == figures
    printed = capsys.readouterr().out.splitlines()
    assert printed[1] == "walking: How fast people walk."
    assert printed[2].split() == ["to", "the", "lamp", "42", "ms", "≤", "100", "ms", "ok"]
    assert printed[3].split() == ["read", "80.5", "%", "≥", "85", "%", "MISSED"]
    assert printed[4].split() == ["people", "30"]


def test_a_bench_that_cannot_go_on_says_why_in_one_line_after_what_it_measured(monkeypatch, capsys):
    def measure(smoke: bool) -> Iterator[Figure]:
        yield Figure("frames", 10)
        raise CannotMeasure("no photographs at ../shared/data/qr")

    offer(monkeypatch, measure)
    assert bench.run("walking", smoke=False) == [Figure("frames", 10)]
    assert capsys.readouterr().out.splitlines()[3] == "  not measured: no photographs at ../shared/data/qr"
