"""What the resident's screen says while nobody is there: from when until when, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import render_template, request

from kiosk.core.codecs import plain
from kiosk.core.codecs.keys import Key, keys
from kiosk.locale import gettext as _
from kiosk.settings import Settings
from kiosk.store.desk import Role
from kiosk.store.versions import mark
from web.access import requires
from web.asking import field
from web.settings import editor
from web.settings.blueprint import blueprint
from web.settings.editor import Document, Page
from web.settings.kiosk import ANNOUNCEMENTS, document

MOST = 20
LONGEST = 190  # characters of one language; the screen shows no more
KEY: Key = next(key for key in keys(Settings) if key.name == ANNOUNCEMENTS)
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Row:
    """One announcement as it stands in the form, and what is wrong with it."""

    since: str = ""
    until: str = ""
    chinese: str = ""
    english: str = ""
    wrong: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said in it: it is left away."""
        return not (self.chinese or self.english)

    @property
    def line(self) -> str:
        """As the settings write it."""
        return f"{self.since}-{self.until} | {self.chinese} | {self.english}"


@blueprint.get("/announcements")
@requires(Role.MANAGER)
def announcements() -> str:
    """Every announcement, and room for one more."""
    return editor.show(_document())


@blueprint.post("/announcements/preview")
@requires(Role.MANAGER)
def announcements_preview() -> Page:
    """How it will look, before anything changes."""
    if KEY.name in request.form:  # the way back from somebody else's change
        return editor.preview(_document())
    if field("another"):
        return _form([*_typed(), Row()], "", field("seen"))
    rows = [_checked(row) for row in _typed() if not row.is_empty]
    if any(row.wrong for row in rows):
        return _form([*rows, Row()], _("Please mend what is marked. Nothing was changed."), field("seen")), 422
    return editor.preview(_document(), {KEY: ("\n".join(row.line for row in rows),)})


@blueprint.post("/announcements/apply")
@requires(Role.MANAGER)
def announcements_apply() -> Page:
    """Puts them in force."""
    return editor.apply(_document())


def read(lines: Sequence[str]) -> list[Row]:
    """Announcements as the settings write them."""
    parts = (line.split(" | ") for line in lines if line.count(" | ") == 2)
    return [Row(when[:5], when[6:], chinese, english) for when, chinese, english in parts]


def _typed() -> list[Row]:
    """The rows of the form, in their order. Texts are one line each."""
    columns = [request.form.getlist(name)[:MOST] for name in ("since", "until", "chinese", "english")]
    return [Row(*(plain.words(text, 1000) for text in row)) for row in zip(*columns, strict=False)]


def _checked(row: Row) -> Row:
    return Row(row.since, row.until, row.chinese, row.english, _wrong(row))


def _wrong(row: Row) -> str:
    if not (_TIME.fullmatch(row.since) and _TIME.fullmatch(row.until)) or row.since == row.until:
        return _("Please say from when until when, as 07:00 and 09:00.")
    if not (row.chinese and row.english):
        return _("Please say it in both languages.")
    if "|" in row.chinese + row.english:
        return _("The sign | cannot stand in it.")
    if len(row.chinese) > LONGEST or len(row.english) > LONGEST:
        return _("This is too long; at most %(count)s characters in each language.", count=LONGEST)
    return ""


def _document() -> Document:
    title = _("Announcements")
    hint = _("What the screen says while nobody is there, in large letters, one after another.")
    doc = document("announcements", title, hint, (KEY,))
    return replace(doc, diff="settings/announcements_diff.html", shown=_shown)


def _shown(problem: str, typed: Mapping[Key, tuple[str, ...]]) -> str:
    """The form with what is in force, or with what somebody typed."""
    doc = _document()
    lines = "\n".join(typed[KEY]).splitlines() if KEY in typed else KEY.value(doc.values(doc.current))
    rows = read(lines)
    return _form([*rows, Row()], problem, mark(doc.current))


def _form(rows: Sequence[Row], problem: str, version: str) -> str:
    return render_template(
        "settings/announcements.html",
        doc=_document(),
        rows=rows[:MOST],
        room=len(rows) < MOST,
        version=version,
        problem=problem,
        said=editor.said(),
        longest=LONGEST,
    )
