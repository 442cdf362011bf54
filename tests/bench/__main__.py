"""`make bench`: runs every bench beside this file that offers `measure()` and prints its figures with their aims.

A bench is a module with `measure(smoke: bool) -> Iterable[Figure]`; `smoke` asks for the shortest run that still
goes through everything. One that cannot run here raises CannotMeasure, and its one line is printed instead.
"""

from __future__ import annotations

import argparse
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType

from tests.support.figures import CannotMeasure, Figure

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def benches() -> dict[str, str]:
    """The names of the benches and what each is for."""
    modules = {name: import_module(f"tests.bench.{name}") for name in NAMES}
    return {name: _first_line(module) for name, module in modules.items() if hasattr(module, "measure")}


def _first_line(module: ModuleType) -> str:
    return (module.__doc__ or "").partition("\n")[0]


def table(figures: list[Figure]) -> str:
    """Figures as lines of name, value, aim, and whether it holds."""
    wide = max(len(figure.name) for figure in figures)
    held = {None: "", True: "ok", False: "MISSED"}
    return "\n".join(
        f"  {figure.name:<{wide}}  {figure.text():>12}  {figure.aim:<12}  {held[figure.met]}".rstrip()
        for figure in figures
    )


def run(name: str, *, smoke: bool, **more: int) -> list[Figure]:
    """Runs one bench, with what only some of them take, and prints what it measured, or why it could not."""
    module = import_module(f"tests.bench.{name}")
    print(f"\n{name}: {_first_line(module)}", flush=True)
    began, figures, reason = time.monotonic(), list[Figure](), ""
    try:
        figures.extend(module.measure(smoke=smoke, **more))
    except CannotMeasure as cannot:
        reason = str(cannot)
    if figures:
        print(table(figures))
    if reason:
        print(f"  not measured: {reason}")
    print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    return figures


def main() -> None:
    """A missed aim is said, not punished: figures depend on the machine, and a smoke run's mean little."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Print the figures of the kiosk.")
    known = benches()
    parser.add_argument("names", nargs="*", help=f"which; all where none is named ({', '.join(known)})")
    parser.add_argument("--smoke", action="store_true", help="the shortest run that still goes through everything")
    parser.add_argument("--rows", type=int, help="how many the logbook has; for logbook alone")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(known):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    if asked.rows is not None and asked.names != ["logbook"]:
        parser.error("--rows is for logbook alone")
    more = {} if asked.rows is None else {"rows": asked.rows}
    figures = [figure for name in asked.names or known for figure in run(name, smoke=asked.smoke, **more)]
    missed = [figure.name for figure in figures if figure.met is False]
    if missed:
        print(f"\nMissed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
