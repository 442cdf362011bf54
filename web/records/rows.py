"""The rows: what happened, filtered, a page at a time; names only for a stated reason."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from kiosk.core import requests as asks
from kiosk.core.codecs import plain
from kiosk.core.entry import EntryKind
from kiosk.core.faults import LogbookBroken, StoreUnreadable
from kiosk.core.reasons import Answer
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.store.desk import Role
from kiosk.store.export import BY_NAME
from kiosk.store.reader import Entry, Filter
from kiosk.store.records import Count
from web.access import requires
from web.asking import ask, field
from web.filters import RecordsForm, quick_spans
from web.parts import parts
from web.records.blueprint import blueprint
from web.records.counted import counted
from web.records.searches import Search, searches

PAGE = 50
_LONGEST = 200  # characters of a field of the filter
COUNTED_TO = 10_000  # rows; of more a page says that they are more
COUNTED_WITHIN = 300_000  # row numbers, the newest; of a rare thing in more a page says that there may be more
FIRST_COLUMNS = (
    *("seq", "happened", "lane", "direction", "kind", "outcome", "reasons", "forehead_c", "volunteer"),
    *("format", "visit", "refers", "person_tag"),
)  # that the form of a file has ticked at first
_NOTED = (EntryKind.OVERRIDE, EntryKind.UNDO, EntryKind.DISPUTE)


@dataclass(frozen=True, slots=True)
class Sought:
    """A filter that was understood: what the store is asked for, and whom it is about."""

    form: RecordsForm
    chosen: Filter
    search: Search | None = None

    @property
    def ended(self) -> bool:
        """Whether it asks for a search that nobody remembers any more."""
        return bool(self.form.who.data) and self.search is None


def sought() -> Sought | None:
    """The filter in the address of this request; None where it is wrong."""
    form = _form()
    if not form.validate():
        return None
    search = searches().find(form.who.data, current_user.id) if form.who.data else None
    return Sought(form, form.chosen(search.tags if search else None), search)


@blueprint.get("")
@requires(Role.MANAGER)
def show() -> tuple[str, int] | Response:
    """One page of rows, newest first. Empty fields of the form are not kept in the address."""
    empty = [name for name, value in request.args.items() if not value]
    if empty:
        kept = {name: value for name, value in request.args.items() if value}
        return redirect(url_for("records.show", **kept))  # type: ignore[arg-type]
    found = sought()
    if found is None:
        return refused(), 422
    try:
        page = _page(found)
    except (StoreUnreadable, LogbookBroken) as error:
        return _render(found.form, trouble=str(error)), 503
    audit("records_viewed", found.form)
    return page, 200


@blueprint.post("/names")
@requires(Role.MANAGER)
def names() -> tuple[str, int]:
    """The same page with its names, when a reason was given; the log says who looked and why."""
    found = sought()
    if found is None:
        return refused(), 422
    if not field("reason"):
        return _page(found, said=_("Please say why you need the names.")), 422
    seqs = tuple(row.seq for row in _rows(found)[:PAGE])
    reply = ask(asks.Reveal, seqs=seqs, reason=field("reason"))
    if reply.answer is not Answer.DONE:
        return _page(found, said=words.answer(reply.answer.value)), 409
    audit("names_revealed", found.form, rows=len(seqs))
    return _page(found, people=reply.data), 200


def audit(what: str, form: RecordsForm, **more: object) -> None:
    """Writes down who looked at what, without anybody's name."""
    detail = " ".join(f"{name}={value}" for name, value in {**form.told(), **more}.items())
    parts().desk.audit.write(what, by=current_user.id, detail=detail)


def refused() -> str:
    """The page of a filter that is wrong, which says where."""
    form = _form()
    form.validate()
    return _render(form)


def _form() -> RecordsForm:
    """The form as the address fills it in; what cannot be shown is not in it, and never means nothing."""
    shown = {name: plain.words(value, _LONGEST) or (value and "\ufffd") for name, value in request.args.items()}
    return RecordsForm(MultiDict(shown))


def _before() -> int | None:
    return request.args.get("before", type=int)


def _rows(found: Sought) -> tuple[Entry, ...]:
    return parts().logbook.page(found.chosen, before=_before(), limit=PAGE + 1)


def _page(found: Sought, *, people: dict[str, object] | None = None, said: str = "") -> str:
    logbook, rows = parts().logbook, _rows(found)
    shown = rows[:PAGE]
    about = logbook.about(row.visit for row in shown if not row.refers)
    whole = len(rows) <= PAGE and _before() is None  # all of them are here: nothing is left to count
    return _render(
        found.form,
        rows=shown,
        older=shown[-1].seq if len(rows) > PAGE else None,
        count=Count(len(rows)) if whole else logbook.count_near(found.chosen, COUNTED_TO, COUNTED_WITHIN),
        notes={visit: [kind for kind in kinds if kind in _NOTED] for visit, kinds in about.items()},
        people=people,
        problem=said,
        search=found.search,
        ended=found.ended,
    )


def _render(form: RecordsForm, **values: object) -> str:
    search = values.get("search")
    given = {
        "rows": (),
        "count": None,
        "problem": "",
        "trouble": "",
        "chips": list(form.chips(search.name if isinstance(search, Search) else "")),
        "address": form.address(),
        "before": _before(),
        "most": COUNTED_TO,
        "spans": quick_spans(counted().today()),
        "columns": list(BY_NAME),
        "first_columns": FIRST_COLUMNS,
        **values,
    }
    return render_template("records/rows.html", form=form, **given)
