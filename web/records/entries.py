"""One row: what its checks found, what was decided about it since, and its place in the chain."""

from __future__ import annotations

from flask import abort, render_template
from flask_login import current_user

from kiosk.core import reports
from kiosk.core import requests as asks
from kiosk.core.entry import code
from kiosk.core.faults import LogbookBroken, StoreUnreadable
from kiosk.core.reasons import Answer
from kiosk.core.reports import Settled
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.store.desk import Role
from kiosk.store.reader import Entry
from kiosk.store.records import Place
from web.access import requires
from web.asking import ask, field
from web.parts import parts
from web.records.blueprint import blueprint
from web.records.rows import PAGE

_MOST_OF_A_VISIT = 100


@blueprint.get("/entries/<int:seq>")
@requires(Role.MANAGER)
def entry(seq: int) -> tuple[str, int]:
    """The row of that number."""
    try:
        place = _place(seq)
        return _page(place), 200
    except (StoreUnreadable, LogbookBroken) as error:
        return render_template("records/unable.html", trouble=str(error)), 503


@blueprint.post("/entries/<int:seq>/names")
@requires(Role.MANAGER)
def entry_names(seq: int) -> tuple[str, int]:
    """The same with its sealed fields, and those of what was written about it; the log says who looked and why."""
    place = _place(seq)
    if not field("reason"):
        return _page(place, said=_("Please say why you need the names.")), 422
    seqs = tuple(sorted({seq, *(row.seq for row in _visit(place.entry))}))
    reply = ask(asks.Reveal, seqs=seqs, reason=field("reason"))
    if reply.answer is not Answer.DONE:
        return _page(place, said=words.answer(reply.answer.value)), 409
    parts().desk.audit.write("names_revealed", by=current_user.id, detail=f"seq={seq} rows={len(seqs)}")
    return _page(place, people=reply.data), 200


def _place(seq: int) -> Place:
    place = parts().logbook.place(seq) if seq < 2**53 else None
    if place is None:
        abort(404)
    return place


def _visit(row: Entry) -> tuple[Entry, ...]:
    """Every row of and about the same visit, oldest first."""
    about = row.refers or row.visit
    return parts().logbook.visit_rows(about)[:_MOST_OF_A_VISIT] if about else ()


def _page(place: Place, *, people: dict[str, object] | None = None, said: str = "") -> str:
    row = place.entry
    visit = _visit(row)
    return render_template(
        "records/entry.html",
        spot=place,
        row=row,
        visit=visit,
        settled=settled(visit),
        late=row.recorded - row.happened > reports.LATE,
        code=code(place.hash),
        signed_code=code(place.signed.hash) if place.signed else "",
        people=people,
        problem=said,
        before=row.seq + 1 + PAGE // 2,
    )


def settled(visit: tuple[Entry, ...]) -> Settled | None:
    """What the visit came to in the end; None where none of these rows is counted."""
    tally = reports.Tally()
    for row in visit:
        tally.add(reports.mark(row))
    return next(tally.visits(), None)
