"""Which rows of the log a command means, and the bar that shows how far it is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import click

from kiosk.cli._moment import MOMENT
from kiosk.core.entry import EntryKind
from kiosk.core.model import Outcome
from kiosk.core.reasons import Reason
from kiosk.store.reader import Filter

F = TypeVar("F", bound=Callable[..., Any])


def chosen_options(action: F) -> F:
    """The options that narrow down which rows are meant."""
    for option in reversed(
        (
            click.option("--since", type=MOMENT, help="Rows of this time and later."),
            click.option("--until", type=MOMENT, help="Rows before this time."),
            click.option("--lane", help="Rows of this lane."),
            click.option("--kind", type=click.Choice([kind.value for kind in EntryKind]), help="Rows of this kind."),
            click.option("--outcome", type=click.Choice([each.value for each in Outcome]), help="With this outcome."),
            click.option("--reason", type=click.Choice([each.value for each in Reason]), help="With this reason."),
        )
    ):
        action = option(action)
    return action


def filter_of(
    since: datetime | None, until: datetime | None, lane: str | None, kind: str | None, **codes: str | None
) -> Filter:
    """The filter that those options mean."""
    outcome, reason = codes["outcome"], codes["reason"]
    return Filter(
        since=since,
        until=until,
        lane=lane,
        kind=EntryKind(kind) if kind else None,
        outcome=Outcome(outcome) if outcome else None,
        reason=Reason(reason) if reason else None,
    )


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Steps of a progress bar on stderr, where that is a terminal."""
    with click.progressbar(length=total, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield bar.update
