"""Whose codes count: lists of keys and country rules, as they are in force, brought in and taken away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from kiosk.core import believed
from kiosk.core import rules as rules_file
from kiosk.core.codecs import plain
from kiosk.core.country_rules import RuleBook
from kiosk.core.country_rules import parse as parse_rules
from kiosk.core.faults import SettingsError
from kiosk.core.rules import Rules
from kiosk.core.trust import Trust
from kiosk.core.trust.imported import of_no_issuer, open_purposes
from kiosk.locale import gettext as _
from kiosk.locale import lists as list_words
from kiosk.locale import refusals
from kiosk.store import list_import, lists, rule_files
from kiosk.store.desk import Role
from kiosk.store.list_import import Candidate, Said
from kiosk.store.versions import mark
from web.access import requires, takes
from web.asking import field as typed
from web.parts import parts
from web.settings.blueprint import blueprint
from web.settings.listed import Found, Listed, counted, summaries
from web.settings.waiting import Waiting, waiting

MOST_BYTES = 15 * 1024 * 1024  # of all files at once; the command line takes larger ones
_FORM_BYTES = 64 * 1024
MOST_FILES = 150
MOST_NAME = 50
SHOWN_NOTES = 100
WAITING = "settings.waiting.lists"

Page = tuple[str, int] | str | Response


@dataclass(frozen=True, slots=True)
class Brought:
    """Files that were looked through, what was said of them, and what stood in their place then."""

    files: tuple[tuple[str, bytes], ...] = field(repr=False)
    title: str  # what several files are called together
    said: Said
    replaces: str = ""  # the mark of the file that would be replaced; empty where there is none


@blueprint.get("/trust")
@requires(Role.MANAGER)
def trust() -> str:
    """Every list that counts here, and every set of country rules."""
    return _page(said=_said())


@blueprint.get("/trust/lists/<name>")
@requires(Role.MANAGER)
def trust_list(name: str) -> str:
    """One list: its keys by issuer, and what was left out of it."""
    file = next((file for file in _files() if file.name == name), None) or abort(404)
    found = _read(file)
    keys = believed.by_issuer(found, parts().now()) if isinstance(found, Trust) else ()
    return render_template("settings/trust_list.html", shown=_listed(file.name, found), keys=keys, most=SHOWN_NOTES)


@blueprint.post("/trust/preview")
@requires(Role.MANAGER)
@takes(MOST_BYTES + _FORM_BYTES)
def trust_preview() -> Page:
    """What files would bring; nothing is in force yet. Said again with other words about the same files, too."""
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        return _again()
    brought = _sent(files)
    return (_page(problem=brought), 422) if isinstance(brought, str) else _preview(brought)


@blueprint.post("/trust/apply")
@requires(Role.MANAGER)
def trust_apply() -> Page:
    """Puts in force what was looked through, unless what it replaces changed since: then it is shown anew."""
    sheet = _waiting().find(current_user.id, typed("token"))
    if sheet is None:
        return _page(problem=_gone()), 409
    try:
        candidate = _examined(sheet.held)
        if _mark(candidate.target) != sheet.held.replaces:
            return _preview(sheet.held, changed=True)
        list_import.put(candidate, parts().places)
    except SettingsError as error:
        return _page(problem=refusals.said(error)), 422
    _waiting().drop(current_user.id)
    name = candidate.target.name
    parts().desk.audit.write("trust_imported", by=current_user.id, detail=f"{name} {_mark(candidate.target)}")
    return redirect(url_for("settings.trust", said="imported"), code=303)


@blueprint.post("/trust/remove")
@requires(Role.MANAGER)
def trust_remove() -> Page:
    """Takes a list or a set of rules away; asks before."""
    name, of_rules = typed("list"), typed("kind") == "rules"
    file = next((file for file in (_rule_files() if of_rules else _files()) if _name(file, of_rules) == name), None)
    if file is None:
        return _page(problem=_("This list is not here any more.")), 409
    if typed("sure") != "yes":
        shown = _book(file) if of_rules else _kept(file, file.name, _read)
        return render_template("settings/trust_remove.html", shown=shown, kind=typed("kind"))
    try:
        was = _mark(file)
        lists.take_away(file)
    except SettingsError as error:
        return _page(problem=refusals.said(error)), 503
    parts().desk.audit.write("trust_removed", by=current_user.id, detail=f"{name} {was}")
    return redirect(url_for("settings.trust", said="removed"), code=303)


# --- What is shown -------------------------------------------------------------------------------------------


def _page(**more: Any) -> str:
    own = lists.public_list(parts().places)
    return render_template(
        "settings/trust.html",
        lists=[_kept(file, file.name, _read) for file in _files()],
        own=_kept(own, own.name, _read) if own.is_file() else None,
        books=[_book(file) for file in _rule_files()],
        country=_rules().country.code,
        stale_days=f"{_rules().conditions.trust_stale_h / 24:.3g}",
        purposes=list_words.PURPOSES,
        **more,
    )


def _preview(brought: Brought, *, changed: bool = False) -> Page:
    """The page before the import; kept for whoever may say yes to it."""
    try:
        candidate = _examined(brought)
    except SettingsError as error:
        return _page(problem=refusals.said(error)), 422
    sheet = _waiting().keep(current_user.id, replace(brought, replaces=_mark(candidate.target)))
    found, now = candidate.found, parts().now()
    before = _before(candidate)
    page = render_template(
        "settings/trust_preview.html",
        shown=_listed(candidate.target.name, found),
        keys=believed.by_issuer(found, now) if isinstance(found, Trust) else (),
        token_of=sheet.token,
        asked=brought.said,
        purposes=open_purposes(found) if isinstance(found, Trust) else (),
        nobodys=isinstance(found, Trust) and of_no_issuer(found),
        replaces=before is not None,
        new=len(_marks(found) - _marks(before)),
        gone=len(_marks(before) - _marks(found)),
        changed=changed,
        most=SHOWN_NOTES,
    )
    return (page, 409) if changed else page


def _listed(name: str, found: Found) -> Listed:
    return counted(name, found, parts().now(), _stale())


def _kept(file: Path, name: str, read: Callable[[Path], Found]) -> Listed:
    """What a file holds, read again only where it changed."""
    return summaries().of(file, name, read, parts().now(), _stale(), g.language)


def _book(file: Path) -> Listed:
    """One file of country rules."""
    return _kept(file, _name(file, of_rules=True), _read_rules)


def _read_rules(file: Path) -> RuleBook | SettingsError:
    try:
        return parse_rules([(_name(file, of_rules=True), lists.content(file))])
    except SettingsError as error:
        return error


def _stale() -> timedelta:
    return timedelta(hours=_rules().conditions.trust_stale_h)


def _name(file: Path, of_rules: bool) -> str:
    return str(file.relative_to(parts().places.country_rules)) if of_rules else file.name


def _files() -> Sequence[Path]:
    try:
        return lists.files(parts().places)
    except SettingsError:
        return ()


def _rule_files() -> Sequence[Path]:
    try:
        return rule_files.files(parts().places.country_rules)
    except SettingsError:
        return ()


def _read(file: Path) -> Trust | SettingsError:
    return lists.look(file)


def _rules() -> Rules:
    """The rules in force, for what they say about lists; the usual ones where they are refused."""
    path = parts().places.rules
    try:
        return rules_file.parse(path.read_bytes(), path.name)
    except (OSError, SettingsError):
        return Rules()


# --- What is brought -----------------------------------------------------------------------------------------


def _again() -> Page:
    """The same files looked through anew, with other words about them."""
    if not typed("token"):
        return _page(problem=_("Please choose a file first.")), 422
    sheet = _waiting().find(current_user.id, typed("token"))
    if sheet is None:
        return _page(problem=_gone()), 409
    said = replace(_asked(), signed_by=_signer() or sheet.held.said.signed_by, older=sheet.held.said.older)
    return _preview(replace(sheet.held, said=said))


def _sent(files: Sequence[FileStorage]) -> Brought | str:
    """The files of a form, or what is wrong with them at first sight."""
    if len(files) > MOST_FILES:
        return _("At most %(count)s files at once.", count=MOST_FILES)
    found = tuple((_file_name(file), file.stream.read(MOST_BYTES + 1)) for file in files)
    empty = next((name for name, data in found if not data), None)
    if empty is not None:
        return _("%(file)s is empty.", file=empty)
    return Brought(found, _title(found), replace(_asked(), signed_by=_signer()))


def _file_name(file: FileStorage) -> str:
    """The bare name: without folders, short enough for a file, and without a dot in front, which would hide it."""
    bare = Path(plain.words((file.filename or "").replace("\\", "/").rsplit("/", 1)[-1], 10_000).lstrip(".") or "list")
    return f"{bare.stem[:MOST_NAME]}{bare.suffix[:10]}"


def _asked() -> Said:
    """What the form says of a list."""
    return Said(purpose=typed("purpose")[:40], issuer=typed("issuer")[:200], older=typed("older") == "yes")


def _signer() -> bytes:
    """The certificate of whoever signed a list, where one was chosen."""
    file = request.files.get("signer")
    return file.stream.read(256 * 1024) if file is not None and file.filename else b""


def _examined(brought: Brought) -> Candidate:
    """What it would bring. Raises SettingsError."""
    at = parts().places
    if len(brought.files) == 1:
        name, data = brought.files[0]
        return list_import.examine_data(data, name, at, brought.said)
    return list_import.examine_files(brought.files, at, brought.said, Path(brought.title))


def _title(files: Sequence[tuple[str, bytes]]) -> str:
    """What several files are called together: a name of their own, the same whenever the same files come again."""
    asked = plain.words(typed("title"), 40).replace("/", "-").strip(". ")
    return asked or f"{Path(files[0][0]).stem}-{len(files)}"


def _before(candidate: Candidate) -> Trust | RuleBook | None:
    """What is in force under that name; None where nothing is."""
    if not candidate.target.is_file():
        return None
    if isinstance(candidate.found, RuleBook):
        try:
            return parse_rules([(candidate.target.name, lists.content(candidate.target))])
        except SettingsError:
            return RuleBook()
    found = _read(candidate.target)
    return found if isinstance(found, Trust) else Trust()


def _marks(found: Trust | RuleBook | None) -> frozenset[object]:
    if isinstance(found, RuleBook):
        return frozenset((rule.identifier, rule.version) for rule in found.rules)
    return frozenset(believed.marks(found)) if found else frozenset()


def _mark(file: Path) -> str:
    """By which a file that is in force is told from what takes its place; empty where there is none."""
    try:
        return mark(file.read_bytes())
    except OSError:
        return ""


def _waiting() -> Waiting[Brought]:
    return waiting(WAITING)


def _gone() -> str:
    return _("This file is not here any more. Please choose it again; nothing was changed.")


def _said() -> str:
    said = {
        "imported": _("The list is taken over. The gate believes it within a few seconds."),
        "removed": _("The list is taken away. The gate forgets it within a few seconds."),
    }
    return said.get(request.args.get("said", ""), "")
