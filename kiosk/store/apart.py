"""A long export in a process of its own, so that pages and gate beside it stay quick.

It stands back behind everybody, is ended whenever nobody wants its file any more, and ends when whoever asked for
it does. Names of people never come from it: it asks for them. `main` is that process.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from kiosk.store import crew
from kiosk.store.exporting import Order
from kiosk.store.manifest import Manifest

_LOOKS_S = 0.2  # how soon it is noticed that nobody wants the file, also while nothing is told


@dataclass(frozen=True, slots=True)
class _Wanted:
    order: Order
    out: Path
    folder: Path
    with_people: bool


@dataclass(frozen=True, slots=True)
class _Names:
    """The personal fields of these rows are needed."""

    seqs: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Rows:
    """So many more are written."""

    count: int


def write(order: Order, out: Path, folder: Path, step: Callable[[int], None]) -> Manifest:
    """What `Order.write` does, to `out` and elsewhere. Raises what that raises, and what `step` and names raise.

    After a fault `out` and `folder` hold what was begun.
    """
    layout = order.layout
    header = {name: layout.header(name) for name in layout.names}.__getitem__  # words of this process's language
    plain = replace(order, layout=replace(layout, header=header, people=None))
    hand = crew.Hand(_Wanted(plain, out, folder, layout.people is not None), __name__)
    try:
        while True:
            while not hand.has_answered(_LOOKS_S):
                step(0)
            match hand.take():
                case _Rows(count):
                    step(count)
                case _Names(seqs) if layout.people is not None:
                    hand.give(dict(layout.people(seqs)))
                case Manifest() as made:
                    return made
    finally:
        hand.end()


def main() -> None:
    """Writes one file for whoever started this process."""
    orders, answers = crew.stand_back()
    threading.Thread(target=_end_with, args=(answers.fileno(),), daemon=True).start()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        wanted: _Wanted = orders.recv()
        answers.send(crew.answer(lambda: _write(wanted, orders, answers)))


def _write(wanted: _Wanted, orders: Connection, answers: Connection) -> Manifest:
    def told(rows: int) -> None:
        answers.send((True, _Rows(rows)))

    def people(seqs: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
        answers.send((True, _Names(seqs)))
        found: Mapping[int, Mapping[str, str]] = orders.recv()
        return found

    order = wanted.order
    if wanted.with_people:
        order = replace(order, layout=replace(order.layout, people=people))
    with wanted.out.open("wb") as binary:
        return order.write(binary, wanted.folder, told)


def _end_with(pipe: int) -> None:
    """Ends this process as soon as nobody is left who reads from `pipe`, whatever it is doing."""
    gone = select.poll()
    gone.register(pipe, 0)  # nothing but that
    gone.poll()
    os._exit(1)
