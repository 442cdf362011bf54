"""Who is inside, as far as the gate knows, and the numbers of today."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from kiosk.core import requests as asks
from kiosk.core.faults import LogbookBroken, StoreUnreadable
from kiosk.core.inside import Confidence
from kiosk.core.reasons import Answer
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.store.desk import Role
from web.access import requires
from web.asking import ask, field
from web.parts import parts
from web.records.blueprint import blueprint
from web.records.counted import counted

SPANS = (2, 7, 31)  # days that are counted over, where nobody began the count anew
MOST = 300  # people whom the page lists, the longest inside first


@blueprint.get("/inside")
@requires(Role.MANAGER)
def inside() -> tuple[str, int]:
    """How many went in and did not come out, how sure that is, and since when; without names."""
    return _page(_("From here on nobody counts as inside.") if request.args.get("said") == "reset" else ""), 200


@blueprint.post("/inside/reset")
@requires(Role.MANAGER)
def reset_inside() -> tuple[str, int] | Response:
    """From here on nobody counts as inside: after a count by hand, or an evacuation."""
    if not field("reason") or field("sure") != "yes":
        return _page(problem=_("Please say why, and tick that you mean it.")), 422
    reply = ask(asks.ResetInside, reason=field("reason"))
    if reply.answer is not Answer.DONE:
        return _page(problem=words.answer(reply.answer.value)), 409
    parts().desk.audit.write("inside_reset", by=current_user.id)
    return redirect(url_for("records.inside", said="reset"), code=303)


def _page(said: str = "", problem: str = "") -> str:
    days = request.args.get("days", type=int) or SPANS[0]
    days = days if days in SPANS else SPANS[0]
    reply = ask(asks.Inside, days=days)
    told = cast("dict[str, Any]", reply.data) if reply.answer is Answer.DONE and "people" in reply.data else None
    today, trouble = None, ""
    try:
        today = counted().report(counted().today())
    except (StoreUnreadable, LogbookBroken) as error:
        trouble = str(error)
    people = [] if told is None else [{**one, "at": datetime.fromisoformat(one["at"])} for one in told["people"]]
    return render_template(
        "records/inside.html",
        told=told,
        since=_moment(told, "since"),
        begins=_moment(told, "begins"),
        days=days,
        spans=SPANS,
        people=people[:MOST],
        more=max(0, len(people) - MOST),
        levels=[each.value for each in Confidence],
        today=today,
        said=said,
        problem=problem,
        trouble=trouble,
    )


def _moment(told: dict[str, Any] | None, name: str) -> datetime | None:
    found = (told or {}).get(name)
    return datetime.fromisoformat(found) if found else None
