"""What programs may ask: the gate's state, rows and proofs of the logbook, reports, who is inside; and a new roster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from apiflask import APIBlueprint, HTTPTokenAuth, abort
from flask import request

from kiosk.core import requests as asks
from kiosk.core.desk_requests import Scope, Token
from kiosk.core.entry import code
from kiosk.core.reasons import Answer
from kiosk.store.daily import day_report
from kiosk.store.entries import Entry, Filter
from web.api import shapes
from web.asking import ask_as
from web.parts import parts

V = TypeVar("V", bound=Callable[..., Any])

blueprint = APIBlueprint("v1", __name__, tag="Kiosk")
bearer = HTTPTokenAuth(description="A token of `kiosk token add`.")
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


@bearer.verify_token  # type: ignore[untyped-decorator]
def known(secret: str) -> Token | None:
    """Whose token this is."""
    return parts().desk.tokens.find(secret) if secret else None


@bearer.get_user_roles  # type: ignore[untyped-decorator]
def scopes(token: Token) -> list[str]:
    """What it may be used for."""
    return [scope.value for scope in token.scopes]


def _open_to(scope: Scope) -> Callable[[V], V]:
    """The address is open to tokens with that scope."""
    return blueprint.auth_required(bearer, roles=[scope.value])


@blueprint.get("/state")
@_open_to(Scope.STATE)
@blueprint.output(shapes.State)
@blueprint.doc(responses={503: "The gate does not answer"})
def state() -> dict[str, Any]:
    """The gate at this moment."""
    view = parts().gate.view
    if view is None:
        abort(503, "The gate does not answer.")
    told: dict[str, Any] = msgspec.to_builtins(view, builtin_types=(datetime,))
    lanes = [
        {**lane, "face": lane["resident"]["face"], "out_of_order": list(lane["out_of_order"])} for lane in told["lanes"]
    ]
    return {**told, "lanes": lanes, "conditions": [open_["condition"] for open_ in told["conditions"]]}


@blueprint.get("/entries")
@_open_to(Scope.LOG)
@blueprint.input(shapes.EntriesQuery, location="query", arg_name="asked")
@blueprint.output(shapes.Entries)
def entries(asked: shapes.EntriesQuery) -> dict[str, Any]:
    """Rows of the logbook, newest first."""
    chosen = Filter(
        since=asked.since,
        until=asked.until,
        kind=asked.kind,
        lane=asked.lane,
        direction=asked.direction,
        outcome=asked.outcome,
        reason=asked.reason,
    )
    found = parts().logbook.page(chosen, asked.before, asked.limit)
    more = len(found) == asked.limit and found[-1].seq > 1
    return {"entries": [_told(row) for row in found], "before": found[-1].seq if more else None}


@blueprint.get("/entries/<int:seq>")
@_open_to(Scope.LOG)
@blueprint.output(shapes.Entry)
def entry(seq: int) -> dict[str, Any]:
    """One row."""
    place = parts().logbook.place(seq) if seq <= shapes.LARGEST else None
    if place is None:
        abort(404, "There is no row of that number.")
    return _told(place.entry)


def _told(row: Entry) -> dict[str, Any]:
    """A row as the API says it: every field, whether the body left it out or not."""
    told: dict[str, Any] = {name: getattr(row, name) for name in shapes.Entry.model_fields}
    findings = [finding._asdict() for finding in row.findings]
    measured = row.temperature and {name: getattr(row.temperature, name) for name in shapes.Temperature.model_fields}
    return {**told, "reasons": list(row.reasons), "findings": findings, "temperature": measured}


@blueprint.get("/head")
@_open_to(Scope.LOG)
@blueprint.output(shapes.Head)
def head() -> dict[str, Any]:
    """The newest signed head."""
    newest = parts().logbook.signed()
    if newest is None:
        abort(404, "Nothing was signed yet.")
    signed = newest.head
    return {
        "kiosk": signed.kiosk,
        "epoch": signed.epoch,
        "number": signed.number,
        "seq": signed.seq,
        "at": signed.at,
        "hash": signed.hash.hex(),
        "code": code(signed.hash),
        "key": newest.key.hex(),
        "signature": newest.signature.hex(),
    }


@blueprint.get("/days/<day>")
@_open_to(Scope.REPORTS)
@blueprint.output(shapes.Report)
@blueprint.doc(responses={404: "Not a day as 2026-11-21"})
def day(day: str) -> dict[str, Any]:
    """The report of a local day, as 2026-11-21."""
    try:
        asked = date.fromisoformat(day)
    except ValueError:
        abort(404, "Please ask for a day as 2026-11-21.")
    if not FIRST_DAY <= asked <= LAST_DAY:
        abort(404, "There is no such day in any logbook.")
    at = parts()
    kiosk = at.settings.kiosk
    made = day_report(at.logbook, asked, ZoneInfo(kiosk.timezone), kiosk.id, at.now())
    return {"day": asked, "report": msgspec.to_builtins(made)}


@blueprint.get("/inside")
@_open_to(Scope.REPORTS)
@blueprint.output(shapes.Inside)
@blueprint.doc(responses={503: "The gate does not answer"})
def inside() -> dict[str, Any]:
    """How many are inside."""
    reply = ask_as(_by(), asks.Inside)
    if reply.answer is not Answer.DONE:
        abort(503, "The gate does not answer.")
    return dict(reply.data)


@blueprint.post("/roster")
@_open_to(Scope.ROSTER)
@blueprint.input(shapes.RosterQuery, location="query", arg_name="asked")
@blueprint.output(shapes.RosterPreview)
@blueprint.doc(
    extensions={
        "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string", "minLength": 1}}}}
    }
)
def roster(asked: shapes.RosterQuery) -> dict[str, Any]:
    """A roster as CSV, UTF-8 or GB18030: looked through, and with `apply` taken over whole where nothing is wrong."""
    desk, zone = parts().desk, ZoneInfo(parts().settings.kiosk.timezone)
    csv = request.get_data(cache=False)
    done = desk.roster.apply(csv, zone) if asked.apply else desk.roster.preview(csv, zone)
    if done.applied:
        desk.audit.write("roster_imported", by=_by(), detail=f"new={done.new} changed={done.changed}")
    return msgspec.to_builtins(done)  # type: ignore[no-any-return]


def _by() -> str:
    """What log and audit call the program that asks."""
    token = bearer.current_user
    return token.id if isinstance(token, Token) else "api"
