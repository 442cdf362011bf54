"""One person: their rows by a search that no address names, everything about them as a file, and their erasure."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from flask import Response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core import requests as asks
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.store.desk import Person, Role
from web import asking
from web.access import requires
from web.parts import parts
from web.records.blueprint import blueprint
from web.records.searches import searches

FOUND_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom a form is about: somebody of the roster, or a name as it was typed at the gate. And why."""

    person: Person | None
    name: str = field(repr=False)
    reason: str = field(repr=False)

    @property
    def known(self) -> bool:
        """Whether it says whom, and why."""
        return bool(self.reason and (self.person or self.name))

    @property
    def asked(self) -> dict[str, object]:
        """The same for the gate. A name also finds what was typed before somebody came into the roster."""
        names = tuple(dict.fromkeys(each for each in (self.name, self.person.name if self.person else "") if each))
        return {"persons": (self.person.id,) if self.person else (), "names": names, "reason": self.reason}


@blueprint.route("/people", methods=["GET", "POST"])
@requires(Role.MANAGER)
def people() -> str:
    """Finds somebody in the roster. What is typed travels in the body, never in an address."""
    asked = asking.field("q")[:100]
    found = parts().desk.roster.find(asked, FOUND_AT_MOST) if asked else ()
    said = ""
    if request.args.get("said") == "erased":
        said = _("The personal fields of %(rows)s rows are forgotten.", rows=request.args.get("rows", 0, type=int))
        if "unfinished" in request.args:
            said = f"{said} {words.still_forgetting()}"
    return render_template("records/people.html", found=found, asked=asked, said=said)


@blueprint.post("/people/rows")
@requires(Role.MANAGER)
def person_rows() -> AnyResponse | tuple[str, int]:
    """Goes on to their rows. The gate writes down who looked and why."""
    meant = _meant()
    if not meant.reason or meant.person is None:
        return _again(meant, _("Please choose somebody of the roster, and say why.")), 422
    reply = asking.ask(asks.About, persons=(meant.person.id,), reason=meant.reason)
    if reply.answer is not Answer.DONE:
        return _again(meant, words.answer(reply.answer.value)), 409
    tags = tuple(sorted({tag for tag in map(_tag, _rows(reply)) if tag}))
    token = searches().keep(current_user.id, meant.person.name, tags)
    parts().desk.audit.write("person_searched", by=current_user.id, detail=f"days={len(tags)}")
    return redirect(url_for("records.show", who=token), code=303)


@blueprint.post("/people/file")
@requires(Role.MANAGER)
def person_file() -> AnyResponse | tuple[str, int]:
    """Everything that the log still knows about somebody, as a file for that person."""
    meant = _meant()
    if not meant.known:
        return _again(meant, _("Please say whom you mean, and why.")), 422
    reply = asking.ask(asks.About, **meant.asked)
    if reply.answer is not Answer.DONE:
        return _again(meant, words.answer(reply.answer.value)), 409
    rows = _rows(reply)
    parts().desk.audit.write("person_exported", by=current_user.id, detail=f"rows={len(rows)}")
    body = msgspec.json.format(msgspec.json.encode({"rows": rows}))
    response = Response(body, mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="about-one-person.json"'
    return response


@blueprint.post("/people/erase")
@requires(Role.MANAGER)
def person_erase() -> AnyResponse | tuple[str, int]:
    """Forgets the personal fields of every row about somebody, for ever; asks before."""
    meant = _meant()
    if not meant.known:
        return _again(meant, _("Please say whom you mean, and why.")), 422
    if asking.field("sure") != "yes":
        return render_template("records/erase.html", meant=meant, wanting=bool(asking.field("asked"))), 200
    reply = asking.ask(asks.Erase, **meant.asked)
    if reply.answer is not Answer.DONE:
        return _again(meant, words.answer(reply.answer.value)), 409
    rows = reply.data.get("rows", 0)
    gone = bool(meant.person and request.form.get("roster") and parts().desk.roster.remove(meant.person.id))
    parts().desk.audit.write(
        "person_erased", by=current_user.id, detail=f"rows={rows} roster={'yes' if gone else 'no'}"
    )
    waits = "yes" if reply.data.get("unfinished") else None  # None: not in the address at all
    return redirect(url_for("records.people", said="erased", rows=rows, unfinished=waits), code=303)


def _meant() -> Meant:
    person_id = asking.field("person")[:64]
    person = parts().desk.roster.person(person_id) if person_id else None
    return Meant(person, asking.field("name")[:100], asking.field("reason")[:500])


def _again(meant: Meant, problem: str) -> str:
    found = (meant.person,) if meant.person else ()
    return render_template("records/people.html", found=found, asked="", name=meant.name, problem=problem)


def _rows(reply: Reply) -> list[dict[str, object]]:
    rows = reply.data.get("rows", [])
    return rows if isinstance(rows, list) else []


def _tag(row: dict[str, object]) -> str:
    told = row.get("entry")
    return str(told.get("person_tag", "")) if isinstance(told, dict) else ""
