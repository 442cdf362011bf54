"""A logbook with rows in it, for tests of the records: written by the real store, then closed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta

from kiosk.core.entry import Draft, EntryKind, SealClass
from kiosk.core.model import Direction, Finding, Measurement, Outcome
from kiosk.core.reasons import Reason
from kiosk.settings import Places
from kiosk.store.keys import Keyring
from kiosk.store.logbook import Logbook

MORNING = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # 07:30 at the gate
_TURN = (
    (Outcome.PASS, Reason.VALID, 36.4),
    (Outcome.PASS, Reason.VALID, 36.7),
    (Outcome.CHECK, Reason.FEBRILE, 37.8),
    (Outcome.DENY, Reason.BAD_SIGNATURE, 36.5),
    (Outcome.PASS, Reason.SEEN_GREEN, 36.6),
)


def draft(number: int, **changes: object) -> Draft:
    """The row of one visit; they repeat after five."""
    outcome, reason, celsius = _TURN[number % len(_TURN)]
    at = MORNING + timedelta(seconds=20 * number)
    values: dict[str, object] = {
        "kind": EntryKind.VISIT,
        "happened": at,
        "lane": "main",
        "visit": f"visit-{number}",
        "direction": Direction.IN if number % 3 else Direction.OUT,
        "outcome": outcome,
        "reasons": () if outcome is Outcome.PASS else (reason,),
        "findings": (Finding(outcome, reason, "credential"),),
        "measurement": Measurement(celsius, 34.1, 18.0, 0.1, 5, "heat_balance", at),
        "volunteer": "u2" if reason is Reason.SEEN_GREEN else "",
        "format": "local_pass",
        "issuer": "gate-1",
        "sealed": ((SealClass.IDENTITY, (("name", f"王小明{number}"), ("room", "3-2-501"))),),
    }
    return Draft(**{**values, **changes})  # type: ignore[arg-type]


def write(places: Places, drafts: Iterable[Draft]) -> None:
    """Writes rows into the logbook of `places`."""
    rows = list(drafts)
    moments = iter(rows)
    now = [MORNING]

    book = Logbook.open(
        places.logbook,
        Keyring.open(places.keys),
        kiosk="gate-1",
        boot="boot-1",
        clock_state=lambda: "trusted",
        now=lambda: now[0],
        monotonic_ns=lambda: 0,
    )
    with closing(book):
        for row in moments:
            now[0] = max(now[0], row.happened)
            book.append(row)
