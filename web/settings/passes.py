"""Passes of our own: for one of the roster or a visitor of the day, for whole buildings as sheets, and taken back."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Response, abort, current_app, g, jsonify, redirect, render_template, request, send_file, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from kiosk import locale
from kiosk.core.codecs import Rejected, cwt
from kiosk.core.codecs.plain import words as plain_words
from kiosk.core.faults import SettingsError
from kiosk.core.formats import local_pass, read
from kiosk.core.model import Credential, Group
from kiosk.core.roster import Person
from kiosk.core.trust import Trust
from kiosk.locale import gettext as _
from kiosk.printing.code import shape
from kiosk.printing.pass_card import PassCard, dated, pass_card, pass_sheets
from kiosk.store import pass_keys
from kiosk.store.desk import Role
from kiosk.store.issued import IssuedPass
from kiosk.store.jobs import Jobs, JobState, TooManyJobs
from kiosk.store.pass_batch import Issued, Wish, end_of_day, issue
from kiosk.store.pass_keys import PassKey
from web.access import requires
from web.asking import field, wants_json
from web.parts import Parts, parts
from web.settings.blueprint import blueprint

JOBS = "settings.sheets"
SHEETS_AT_ONCE = 500  # cards of one PDF; more are several in a ZIP
KEPT_FOR = timedelta(minutes=15)  # so long may cards lie on the kiosk once they are drawn
SHOWN = 50
FOUND_AT_MOST = 20
MOST_DAYS = 3660
_NUMBER = re.compile(r"[0-9a-f]{16}")

Page = tuple[str, int] | str | AnyResponse


@blueprint.route("/passes", methods=["GET", "POST"])
@requires(Role.MANAGER)
def passes() -> str:
    """What was issued as far as known; finds somebody of the roster."""
    asked = field("q")[:100]
    found = parts().desk.roster.find(asked, FOUND_AT_MOST) if asked else ()
    return _page(asked=asked, found=found)


@blueprint.post("/passes/issue")
@requires(Role.MANAGER)
def passes_issue() -> Page:
    """One pass, shown as a card. Said again on the same day it is the same pass."""
    wish = _wished()
    if isinstance(wish, str):
        return _page(problem=wish), 422
    own, made = _signed([wish])
    _note(made)
    card = _card(made[0], own)
    code, size = shape(card.text)
    return render_template("settings/pass.html", card=card, wish=wish, code=code, size=size,
                           days=(wish.valid_until - wish.valid_from + timedelta(hours=2)).days)  # fmt: skip


@blueprint.post("/passes/card")
@requires(Role.MANAGER)
def passes_card() -> Page:
    """The card of one pass as a PDF, the size of a bank card."""
    wish = _wished()
    if isinstance(wish, str):
        return _page(problem=wish), 422
    own, made = _signed([wish])
    _note(made)
    return _pdf(pass_card(_card(made[0], own), parts().now()), "pass.pdf")


@blueprint.post("/passes/sheets")
@requires(Role.MANAGER)
def passes_sheets() -> Page:
    """Begins the cards of chosen buildings, or of all, ten on each A4 page."""
    roster = parts().desk.roster
    known = [name for name, _count in roster.buildings()]
    chosen = known if request.form.get("all") else [name for name in request.form.getlist("building") if name in known]
    span = _span(_days())
    if not chosen or span is None:
        return _page(problem=_("Please choose a building, and from 1 to 3660 days.")), 422
    people = roster.people_of(chosen)
    wishes = [_wish(person, span) for person in people if plain_words(person.name)]
    try:
        job = jobs().start(_drawing(wishes, parts(), g.language, current_user.id), len(wishes), _file_name(len(wishes)))
    except TooManyJobs:
        return _page(problem=_("Four files are being made already. Please wait for one of them.")), 503
    return redirect(url_for("settings.passes_sheet", made=job.id), code=303)


@blueprint.get("/passes/sheets/<made>")
@requires(Role.MANAGER)
def passes_sheet(made: str) -> Page | Response:
    """How far the cards are."""
    job = jobs().find(made) or abort(404)
    if wants_json():
        return jsonify(state=job.state.value, done=job.done, total=job.total)
    return render_template("settings/pass_sheets.html", job=job, minutes=int(KEPT_FOR.total_seconds() // 60))


@blueprint.get("/passes/sheets/<made>/save")
@requires(Role.MANAGER)
def passes_save(made: str) -> AnyResponse:
    """The cards."""
    job = jobs().find(made) or abort(404)
    if job.state is not JobState.DONE:
        abort(404)
    return send_file(job.file.absolute(), as_attachment=True, download_name=job.file.name, etag=False)


@blueprint.post("/passes/sheets/<made>/drop")
@requires(Role.MANAGER)
def passes_drop(made: str) -> AnyResponse:
    """Ends the drawing, or removes the cards from the kiosk."""
    jobs().drop(made)
    return redirect(url_for("settings.passes"), code=303)


@blueprint.post("/passes/deny")
@requires(Role.MANAGER)
def passes_deny() -> Page:
    """Takes a pass back by its number or its code, or gives it back; this gate refuses it at once."""
    number = _meant(request.form.get("pass", "")[:4000])
    if not number:
        return _page(problem=_("This is neither the number on a card nor the code of a pass of ours.")), 422
    lift, at = bool(request.form.get("lift")), parts()
    pass_keys.deny(at.places.pass_keys, at.settings.kiosk.id, [number], at.now(), lift=lift)
    at.desk.audit.write("pass_given_back" if lift else "pass_taken_back", by=current_user.id, detail=f"pass={number}")
    return redirect(url_for("settings.passes", said="given" if lift else "taken"), code=303)


def _page(**more: Any) -> str:
    at = parts()
    said = {"taken": _("The pass is taken back."), "given": _("The pass counts again.")}
    listed = at.desk.issued.list(SHOWN)
    names = {each.number: each.name or _name_of(each.person) for each in listed}
    return render_template(
        "settings/passes.html",
        buildings=at.desk.roster.buildings(),
        groups=list(Group),
        issued=listed,
        names=names,
        count=at.desk.issued.count(),
        denied=pass_keys.denied(at.places.pass_keys),
        said=said.get(request.args.get("said", ""), ""),
        **more,
    )


def _name_of(person_id: str) -> str:
    person = parts().desk.roster.person(person_id)
    return person.name if person else person_id


def _wished() -> Wish | str:
    """What the form asks for, or what is wrong with it. `begins` repeats a pass of an earlier day."""
    person_id = field("person")[:64]
    person = parts().desk.roster.person(person_id) if person_id else None
    if person_id and person is None:
        return _("This person is not in the roster any more.")
    span = _span(_days() if person else 1 if not field("days") else _days(), field("begins"))
    if span is None:
        return _("A pass holds from 1 to 3660 days.")
    if person:
        return _wish(person, span)
    name, group = plain_words(field("name"), 60), field("group") or Group.VISITORS
    if not name or group not in list(Group):
        return _("Please say whose pass it is.")
    return Wish(1, name, "", Group(group), *span, None)


def _wish(person: Person, span: tuple[datetime, datetime]) -> Wish:
    return Wish(1, person.name, person.id, person.group, *span, None)


def _days() -> int:
    text = field("days")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _span(days: int, begins: str = "") -> tuple[datetime, datetime] | None:
    """From midnight of the day to the midnight after the last of so many days, in the kiosk's zone."""
    zone, now = ZoneInfo(parts().settings.kiosk.timezone), parts().now()
    start = end_of_day(now, 0, zone)
    if begins:
        try:
            asked = cwt.instant(begins)
        except Rejected:
            return None
        if abs(asked - start) > timedelta(days=2):
            return None
        start = asked
    return (start, end_of_day(start, days, zone)) if 1 <= days <= MOST_DAYS else None


def _signed(wishes: Sequence[Wish]) -> tuple[PassKey, list[Issued]]:
    own = _key(parts())
    return own, [issue(wish, own) for wish in wishes]


def _key(at: Parts) -> PassKey:
    kiosk = at.settings.kiosk
    return pass_keys.open_key(at.places.pass_keys, local_pass.NAME, kiosk.place or kiosk.id, at.now())


def _note(made: Sequence[Issued]) -> None:
    at = parts()
    at.desk.issued.note((_noted(each, at.now(), current_user.id) for each in made), by=current_user.id)


def _noted(each: Issued, now: datetime, by: str) -> IssuedPass:
    wish = each.wish
    name = "" if wish.person else wish.name
    return IssuedPass(each.credential_id, wish.person, name, wish.group, wish.valid_from, wish.valid_until, now, by)


def _card(each: Issued, own: PassKey) -> PassCard:
    zone, wish = ZoneInfo(parts().settings.kiosk.timezone), each.wish
    holds = wish.valid_from, wish.valid_until
    return dated(each.text, wish.name, wish.group, own.signer.issuer, holds, zone, each.credential_id)


def _drawing(
    wishes: Sequence[Wish], at: Parts, language: str, by: str
) -> Callable[[Path, Path, Callable[[int], None]], None]:
    """The work of a job: every pass is written down before its card is drawn."""

    def draw(file: Path, _folder: Path, step: Callable[[int], None]) -> None:
        locale.use(language)
        own, zone = _key(at), ZoneInfo(at.settings.kiosk.timezone)

        def cards(some: Sequence[Wish]) -> Iterator[PassCard]:
            made = [issue(wish, own) for wish in some]
            at.desk.issued.note((_noted(each, at.now(), by) for each in made), by=by)
            for each in made:
                holds = each.wish.valid_from, each.wish.valid_until
                name, group = each.wish.name, each.wish.group
                yield dated(each.text, name, group, own.signer.issuer, holds, zone, each.credential_id)
                step(1)

        if len(wishes) <= SHEETS_AT_ONCE:
            file.write_bytes(pass_sheets(cards(wishes), at.now()))
            return
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for number, begin in enumerate(range(0, len(wishes), SHEETS_AT_ONCE), start=1):
                some = wishes[begin : begin + SHEETS_AT_ONCE]
                archive.writestr(f"passes-{number:03}.pdf", pass_sheets(cards(some), at.now()))

    return draw


def _file_name(count: int) -> str:
    return "passes.pdf" if count <= SHEETS_AT_ONCE else "passes.zip"


def _meant(text: str) -> str:
    """The number of the pass that was typed or scanned; empty for anything else."""
    bare = text.strip()
    if _NUMBER.fullmatch(bare.lower()):
        return bare.lower()
    try:
        found = read(bare, Trust(signers=pass_keys.published(parts().places.pass_keys)))
    except SettingsError:
        return ""
    ours = isinstance(found, Credential) and found.format == local_pass.NAME
    return (found.credential_id or "") if ours and isinstance(found, Credential) else ""


def _pdf(data: bytes, name: str) -> Response:
    response = Response(data, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def jobs() -> Jobs:
    """The cards that are being drawn, of the application that answers this request."""
    return cast("Jobs", current_app.extensions[JOBS])
