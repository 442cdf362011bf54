"""A file of values that is changed in a form: looked at whole, shown as old and new, put in place whole or not at all.

What somebody else changed meanwhile is never written over: whoever is later sees both changes and looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from kiosk.core.codecs.keys import Key, Path, WrongValue, changed
from kiosk.core.faults import SettingsError
from kiosk.locale import gettext as _
from kiosk.locale import keys as said_keys
from kiosk.locale import refusals
from kiosk.store.versions import ChangedMeanwhile, Unwritable, Version, Versions, mark
from web.asking import field
from web.parts import parts

Page = tuple[str, int] | str | Response


@dataclass(frozen=True, slots=True)
class Document:
    """A file that one page edits. `meaning` reads it strictly; `without` is what the kiosk does where it is empty."""

    name: str  # of its page
    act: str  # as the audit calls a change
    title: str
    hint: str
    keys: tuple[Key, ...]
    versions: Versions
    current: bytes
    meaning: Callable[[bytes], object]
    without: object
    goes_back: bool = True  # whether its page offers the versions before
    diff: str = "settings/editor_diff.html"  # how old and new are shown
    anew: Callable[[bytes, bytes], Iterable[str]] = lambda _before, _after: ()  # who starts anew to take it up
    shown: Callable[[str, Mapping[Key, tuple[str, ...]]], str] | None = None  # a form of its own: (problem, typed)

    @property
    def refused(self) -> str:
        """Why what is in place now does not count; empty where it does."""
        try:
            self.meaning(self.current)
        except SettingsError as error:
            return refusals.said(error)
        return ""

    def at(self, version: str) -> bytes | None:
        """What the file held when a form was made."""
        if version == mark(self.current):
            return self.current
        found = self.versions.find(version)
        return found.read() if found else None

    def values(self, data: bytes) -> object:
        """What `data` means; what holds without the file, where it does not count."""
        try:
            return self.meaning(data)
        except SettingsError:
            return self.without


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after."""

    key: Key
    old: Any
    new: Any

    @property
    def typed(self) -> tuple[str, ...]:
        """The new value as a form sends it."""
        return _typed(self.new)


@dataclass(frozen=True, slots=True)
class Entered:
    """One value of the form: what stands in its field, and what is wrong with it."""

    key: Key
    typed: tuple[str, ...]
    usual: str
    differs: bool
    wrong: str = ""

    @property
    def text(self) -> str:
        """What stands in a field of one text."""
        return self.typed[-1] if self.typed else ""

    @property
    def chosen(self) -> tuple[str, ...]:
        """What is chosen of several, or stands in the lines of a list."""
        return tuple(line for text in self.typed for line in text.splitlines() if line)


@dataclass(frozen=True, slots=True)
class Section:
    """The fields of one table."""

    path: Path
    fields: tuple[Entered, ...]

    @property
    def title(self) -> str:
        """What the table is about."""
        return said_keys.table(self.path)

    @property
    def differing(self) -> int:
        """How many values are not the usual ones."""
        return sum(entered.differs for entered in self.fields)

    @property
    def wrong(self) -> bool:
        """Whether something in it is not taken."""
        return any(entered.wrong for entered in self.fields)


def show(doc: Document, problem: str = "", typed: Mapping[Key, tuple[str, ...]] | None = None,
         wrong: Mapping[Key, str] | None = None) -> str:  # fmt: skip
    """The form, with what was typed and what is wrong with it."""
    if doc.shown is not None:
        return doc.shown(problem, typed or {})
    values, typed, wrong = doc.values(doc.current), typed or {}, wrong or {}
    entered = [
        Entered(
            key,
            typed.get(key, _typed(key.value(values))),
            said_keys.value(key, key.value(doc.without)),
            key.value(values) != key.value(doc.without),
            wrong.get(key, ""),
        )
        for key in doc.keys
    ]
    sections = [Section(path, tuple(each)) for path, each in groupby(entered, key=lambda each: each.key.path[:-1])]
    return render_template(
        "settings/editor.html",
        doc=doc,
        sections=sections,
        version=field("seen") if typed else mark(doc.current),
        problem=problem,
        said=said(),
        before=doc.versions.list() if doc.goes_back else (),
    )


def said() -> str:
    """What the last step came to."""
    if request.args.get("said") == "applied":
        anew = _parts_said(request.args.get("anew", "").split(","))
        if anew:
            return _("The change is written. These start anew, within ten seconds: %(parts)s.", parts=anew)
        return _("The change is in force.")
    return _("Nothing is different.") if request.args.get("said") == "same" else ""


def preview(doc: Document, typed: Mapping[Key, tuple[str, ...]] | None = None) -> Page:
    """What would change, old and new, before anything does; `typed` instead of what the form's fields say."""
    return _looked_at(doc, _compare, typed)


def apply(doc: Document) -> Page:
    """Puts the changes in place whole, if nobody changed the file since they were looked at."""
    return _looked_at(doc, _put)


def compare_version(doc: Document, version: str) -> Page:
    """What going back to an earlier version would change."""
    found = _version(doc, version)
    return render_template("settings/editor_back.html", doc=doc, changes=_going_back(doc, found), version=found,
                           seen=mark(doc.current))  # fmt: skip


def go_back(doc: Document, version: str) -> Page:
    """Puts an earlier version in place, byte for byte."""
    found, data = _version(doc, version), _version(doc, version).read()
    if field("seen") != mark(doc.current):
        problem = _("Somebody changed it meanwhile. Look at what going back would change now.")
        return render_template("settings/editor_back.html", doc=doc, changes=_going_back(doc, found), version=found,
                               seen=mark(doc.current), problem=problem), 409  # fmt: skip
    try:
        doc.meaning(data)
    except SettingsError as error:
        return show(doc, refusals.said(error)), 422
    return _write(doc, data, f"back={found.mark}")


def _looked_at(
    doc: Document,
    then: Callable[[Document, dict[Key, Any], bytes], Page],
    typed: Mapping[Key, tuple[str, ...]] | None = None,
) -> Page:
    """Reads the form, and goes on where it is right and about the file as it is."""
    if typed is None:
        typed = {key: tuple(request.form.getlist(key.name)) for key in doc.keys if key.name in request.form}
    base = doc.at(field("seen"))
    if base is None:
        return show(doc, _too_late()), 409
    changes, wrong = _read(doc, typed, base)
    if wrong:
        return show(doc, _("Please mend what is marked. Nothing was changed."), typed, wrong), 422
    if base != doc.current:
        return _conflict(doc, changes, base)
    if not changes:
        return redirect(url_for(f"settings.{doc.name}", said="same"), code=303)
    data = changed(b"" if doc.refused else base, changes, doc.values(base), doc.without)
    try:
        doc.meaning(data)
    except SettingsError as error:
        return show(doc, refusals.said(error), typed), 422
    return then(doc, changes, data)


def _read(doc: Document, typed: Mapping[Key, tuple[str, ...]], base: bytes) -> tuple[dict[Key, Any], dict[Key, str]]:
    """What is to become different from `base`, and what is not taken."""
    values = doc.values(base)
    changes: dict[Key, Any] = {}
    wrong: dict[Key, str] = {}
    for key, texts in typed.items():
        if texts == _typed(key.value(values)):
            continue
        try:
            new = key.read(texts)
        except WrongValue as error:
            wrong[key] = said_keys.wrong(key, error.why)
            continue
        if new != key.value(values):
            changes[key] = new
    return changes, wrong


def _compare(doc: Document, changes: dict[Key, Any], data: bytes) -> Page:
    values = doc.values(doc.current)
    shown = [Change(key, key.value(values), new) for key, new in changes.items()]
    return render_template(
        doc.diff, doc=doc, changes=shown, version=mark(doc.current), anew=_parts_said(doc.anew(doc.current, data))
    )


def _put(doc: Document, changes: dict[Key, Any], data: bytes) -> Page:
    return _write(doc, data, "changed=" + ",".join(key.name for key in changes))


def _write(doc: Document, data: bytes, told: str) -> Page:
    try:
        doc.versions.write(data, doc.current, parts().now())
    except ChangedMeanwhile:  # between our look and our lock
        return show(doc, _too_late()), 409
    except Unwritable as error:
        return show(doc, refusals.said(error)), 503
    parts().desk.audit.write(doc.act, by=current_user.id, detail=f"{mark(doc.current)}>{mark(data)} {told}")
    names = sorted(doc.anew(doc.current, data))
    with suppress(OSError):  # without a runtime directory nothing runs that could start anew
        for name in names:
            parts().places.anew(name).write_text(mark(data))
    return redirect(url_for(f"settings.{doc.name}", said="applied", anew=",".join(names) or None), code=303)


def _parts_said(names: Iterable[str]) -> str:
    """The parts of the kiosk that start anew, in words."""
    said = {"web": _("the pages"), "gate": _("the gate"), "scanner": _("the scanner"), "resolver": _("the resolver")}
    return ", ".join(said[name] for name in sorted(names) if name in said)


def _conflict(doc: Document, changes: Mapping[Key, Any], base: bytes) -> Page:
    """Both changes beside each other; mine can be looked at again on top of the other one."""
    before, now = doc.values(base), doc.values(doc.current)
    theirs = _between(doc, before, now)
    mine = [Change(key, key.value(now), new) for key, new in changes.items() if new != key.value(now)]
    return render_template("settings/editor_conflict.html", doc=doc, theirs=theirs, mine=mine,
                           both={each.key for each in theirs}, version=mark(doc.current)), 409  # fmt: skip


def _between(doc: Document, old: object, new: object) -> list[Change]:
    return [Change(k, k.value(old), k.value(new)) for k in doc.keys if k.value(old) != k.value(new)]


def _going_back(doc: Document, version: Version) -> list[Change]:
    return _between(doc, doc.values(doc.current), doc.values(version.read()))


def _too_late() -> str:
    return _("This was changed while the page was open, and nothing was written. Please enter it again.")


def _version(doc: Document, wanted: str) -> Version:
    return doc.versions.find(wanted) or abort(404)


def _typed(value: Any) -> tuple[str, ...]:
    """A value as its field of the form sends it."""
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, list):
        return ("\n".join(map(str, value)),)
    return (str(value).removesuffix(".0") if isinstance(value, float) else str(value),)
