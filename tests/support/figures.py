"""What a bench answers: figures with the aim they are held against."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


class CannotMeasure(Exception):
    """This bench cannot run here; the text says in one line why."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `aim` is in words ("≤ 100 ms"); `met` is None where there is none."""

    name: str
    value: float | str
    unit: str = ""
    aim: str = ""
    met: bool | None = None

    def text(self) -> str:
        """The value with its unit, short."""
        if isinstance(self.value, str):
            return self.value
        number = f"{self.value:.0f}" if abs(self.value) >= 100 else f"{self.value:.3g}"
        return f"{number} {self.unit}".strip()


def at_most(name: str, value: float, unit: str, aim: float) -> Figure:
    """A figure that should not be larger than `aim`."""
    return Figure(name, value, unit, f"≤ {aim:g} {unit}".strip(), value <= aim)


def at_least(name: str, value: float, unit: str, aim: float) -> Figure:
    """A figure that should not be smaller than `aim`."""
    return Figure(name, value, unit, f"≥ {aim:g} {unit}".strip(), value >= aim)


def rate(count: int, work: Callable[[], object]) -> float:
    """How many of `count` things `work` does in a second."""
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def both_rates(count: int, work: Callable[[], object]) -> tuple[float, float]:
    """The same by the clock on the wall, and by the processor time of this process and of those it waited for."""
    before = _processor_s()
    by_wall = rate(count, work)
    return by_wall, count / (_processor_s() - before)


def _processor_s() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which `percent` of them lie."""
    return statistics.quantiles(values, n=100)[percent - 1]
