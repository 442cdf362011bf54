"""The review queue: visits of the last day of which something is still to be said, oldest first."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core import reports
from kiosk.core import requests as asks
from kiosk.core.faults import LogbookBroken, StoreUnreadable
from kiosk.core.reasons import Answer
from kiosk.core.reports import Owed
from kiosk.core.requests import Reply
from kiosk.core.view import VisitView
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.store.desk import Role
from kiosk.store.entries import Entry
from web import asking
from web.access import requires
from web.desk.blueprint import blueprint
from web.parts import parts

SHOWN = 50  # at once, the oldest


@dataclass(frozen=True, slots=True)
class Case:
    """One visit of the queue. `known`: the gate still holds it, so that it can be decided."""

    visit: str
    owed: Owed
    row: Entry
    decided_by: str
    known: VisitView | None


@blueprint.get("/review")
@requires(Role.VOLUNTEER)
def review() -> tuple[str, int]:
    """What is owed, and a field for it."""
    said = request.args.get("said", "")
    return _page(said=words.answer(said) if said in list(Answer) else "")


@blueprint.post("/review/<visit>/explain")
@requires(Role.VOLUNTEER)
def explain_late(visit: str) -> tuple[str, int] | AnyResponse:
    """What there is to say about a visit; by the gate while it holds it, else as a note in the log."""
    said = (asking.field("quick") or asking.field("reason"))[:500]
    if not said:
        return _page(problem=_("Please say in a few words how it was."), status=422)
    reply = asking.ask(asks.Explain, visit=visit, reason=said)
    if reply.answer is Answer.VISIT_ENDED:
        reply = asking.ask(asks.Review, visit=visit, note=said)
    return _back(reply)


@blueprint.post("/review/<visit>/decide")
@requires(Role.VOLUNTEER)
def decide_late(visit: str) -> tuple[str, int] | AnyResponse:
    """The volunteer's decision about a visit that the gate still holds."""
    return _back(asking.ask(asks.Override, visit=visit, outcome=asking.field("outcome")))


def _back(reply: Reply) -> tuple[str, int] | AnyResponse:
    if reply.answer is not Answer.DONE:
        return _page(problem=words.answer(reply.answer.value), status=409)
    return redirect(url_for("desk.review", said=reply.answer.value), code=303)


def _page(problem: str = "", said: str = "", status: int = 200) -> tuple[str, int]:
    try:
        owed = parts().queue.owed()
        cases = [_case(settled) for settled in owed[:SHOWN]]
    except (StoreUnreadable, LogbookBroken) as error:
        trouble = _("The logbook cannot be read just now. Please try again; if it stays so, call the technician.")
        page = render_template("desk/review.html", cases=(), more=0, problem=f"{trouble} ({error})", said="")
        return page, 503
    more = max(0, len(owed) - SHOWN)
    return render_template("desk/review.html", cases=cases, more=more, problem=problem, said=said), status


def _case(settled: reports.Settled) -> Case:
    assert settled.owed is not None
    rows = parts().logbook.visit_rows(settled.base.visit)
    base = [row for row in rows if row.kind in reports.COUNTED][-1]
    by = [row.volunteer for row in rows if row.kind in reports.DECIDING or row.kind.value == "dispute"]
    return Case(base.visit, settled.owed, base, by[-1] if by else "", _known(base.visit))


def _known(visit: str) -> VisitView | None:
    """The visit as the gate holds it; None where it does no longer, or there is none."""
    view = parts().gate.view
    held = [each for lane in view.lanes for each in (*lane.recent, lane.current) if each] if view else []
    return next((each for each in held if each.visit == visit and each.outcome is not None), None)
