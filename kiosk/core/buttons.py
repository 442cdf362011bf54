"""What a press of a physical button asks for, given what its lane is doing."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.core.lane import Lane
from kiosk.core.model import Outcome
from kiosk.core.ports import Button
from kiosk.core.requests import BUTTON, Again, Call, Evacuate, Override, Request

VALID = timedelta(seconds=5)


def request(button: Button, lane: Lane, request_id: str, now: datetime) -> Request | None:
    """The request behind a press; None where it means nothing just now (nobody is there to decide about)."""
    who = {"request_id": request_id, "by": BUTTON, "expires_at": now + VALID}
    if button is Button.CALL:
        return Call(lane=lane.name, **who)  # type: ignore[arg-type]
    if button is Button.EVACUATE:
        return Evacuate(on=True, **who)  # type: ignore[arg-type]
    if lane.visit is None:
        return None
    if button is Button.AGAIN:
        return Again(visit=lane.visit.id, **who)  # type: ignore[arg-type]
    outcome = Outcome.PASS if button is Button.PASS else Outcome.DENY
    return Override(visit=lane.visit.id, outcome=outcome, **who)  # type: ignore[arg-type]
