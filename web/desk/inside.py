"""The round at night: how many are still inside, how sure that is, and, with a reason, who of the visitors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from flask import render_template
from flask_login import current_user

from kiosk.core import requests as asks
from kiosk.core.inside import Confidence
from kiosk.core.model import Group
from kiosk.core.reasons import Answer
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.store.desk import Role
from web import asking
from web.access import requires
from web.desk.blueprint import blueprint
from web.parts import parts

MOST = 300  # visitors whom the page lists, the longest inside first


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor who went in and did not come out. The personal fields are empty until somebody says why they look."""

    seq: int
    at: datetime
    lane: str
    confidence: str
    long: bool
    fields: dict[str, str] = field(default_factory=dict, repr=False)


@blueprint.get("/inside")
@requires(Role.VOLUNTEER)
def inside() -> tuple[str, int]:
    """Counts, and the visitors without their names."""
    return _page()


@blueprint.post("/inside/names")
@requires(Role.VOLUNTEER)
def inside_names() -> tuple[str, int]:
    """The same with the visitors' names; who looked and why is written down first."""
    reason = (asking.field("quick") or asking.field("reason"))[:500]
    if not reason:
        return _page(problem=_("Please say why you look. It is written down."), status=422)
    return _page(reason=reason)


def _page(problem: str = "", reason: str = "", status: int = 200) -> tuple[str, int]:
    reply = asking.ask(asks.Inside)
    told = cast("dict[str, Any]", reply.data) if reply.answer is Answer.DONE and "people" in reply.data else None
    guests = _guests(told) if told else []
    names: dict[str, dict[str, str]] = {}
    if reason and guests:
        revealed = asking.ask(asks.Reveal, seqs=[guest.seq for guest in guests], reason=reason)
        if revealed.answer is Answer.DONE:
            names = cast("dict[str, dict[str, str]]", revealed.data)
            parts().desk.audit.write("names_revealed", by=current_user.id, detail=f"inside={len(guests)}")
        else:
            problem, status = words.answer(revealed.answer.value), 409
    for guest in guests:
        guest.fields.update(names.get(str(guest.seq), {}))
    page = render_template(
        "desk/inside.html",
        told=told,
        guests=guests,
        since=datetime.fromisoformat(told["since"]) if told and told.get("since") else None,
        levels=[each.value for each in Confidence],
        named=bool(names),
        problem=problem,
    )
    return page, status if told else 503


def _guests(told: dict[str, Any]) -> list[Guest]:
    found = [one for one in told["people"] if one["group"] == Group.VISITORS.value]
    return [
        Guest(one["seq"], datetime.fromisoformat(one["at"]), one["lane"], one["confidence"], one["long"])
        for one in found[:MOST]
    ]
