"""The resident's screen: what to do next, big, in both languages; never a reason, never a name."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from flask import Blueprint, Response, abort, g, render_template, request
from flask_login import current_user

from kiosk.core.view import DeskView, Face, GateView, ResidentView
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.locale.words import SILENT
from kiosk.printing.code import shape
from kiosk.store.desk import Role
from web import language
from web.access import MAY, public
from web.parts import Parts, parts
from web.rendered import regions
from web.safety import is_loopback
from web.streams import event

blueprint = Blueprint("screen", __name__, url_prefix="/screen")


@blueprint.before_request
def only_here() -> None:
    """The screen belongs to the kiosk's own display: nobody watches the queue from afar."""
    if not is_loopback(request.remote_addr):
        abort(403)


@blueprint.get("")
@public
def show() -> str:
    """The screen of one lane."""
    at = parts()
    view = at.gate.view
    lane = lane_of(view, request.args.get("lane", ""))
    return render_template(
        "screen/screen.html",
        face=lane.resident.face.value if lane else SILENT,
        resident=lane.resident if lane else None,
        lane=lane.lane if lane else request.args.get("lane", ""),
        texts=_texts(g.language, language.other(g.language)),
        days=at.settings.retention.identity_days,
        place=at.settings.kiosk.place,
        pictures=at.settings.web.picture,
        one_screen=at.settings.web.one_screen,
        venue=_venue(at),
        check_in_there=_check_in(language.other(g.language)),
        home_language=at.settings.kiosk.language,
        **_strip(view, lane),
    )


def _strip(view: GateView | None, lane: DeskView | None) -> dict[str, object]:
    """The volunteer's strip of one-screen mode, for whoever opened it by PIN."""
    if not parts().settings.web.one_screen:
        return {}
    unlocked = current_user.is_authenticated and current_user.role in MAY[Role.VOLUNTEER]
    problem = {
        "wrong": _("Name or PIN is wrong. Please try again."),
        "wait": _("Too many attempts. Please wait a minute."),
    }.get(request.args.get("said", ""), "")
    strip = regions(view, lane, with_token=True)["strip"] if unlocked else ""
    return {"unlocked": unlocked, "strip": strip, "problem": problem}


@blueprint.get("/events")
@public
def events() -> Response:
    """The faces of one lane as they change, and its pictures."""
    at = parts()
    return at.streams.follow(at.gate, _News(at, request.args.get("lane", "")).since)


def lane_of(view: GateView | None, name: str) -> DeskView | None:
    """The lane called `name`, else the first; None without a fresh view."""
    if view is None or not view.lanes:
        return None
    return next((lane for lane in view.lanes if lane.lane == name), view.lanes[0])


class _News:
    """What one screen was told already."""

    def __init__(self, at: Parts, lane: str) -> None:
        self._at = at
        self._lane = lane
        self._told: ResidentView | str | None = None
        self._picture = 0
        self._venue: dict[str, object] | None = None

    def since(self) -> Iterator[str]:
        """What changed since the last call."""
        lane = lane_of(self._at.gate.view, self._lane)
        now: ResidentView | str = lane.resident if lane else SILENT
        if now != self._told:
            self._told = now
            yield event("face", _payload(now, self._at.now()))
        venue = _venue(self._at)
        if venue != self._venue:
            self._venue = venue
            yield event("venue", venue)
        if lane and self._at.settings.web.picture:
            number, jpeg = self._at.gate.picture(lane.lane)
            if jpeg and number != self._picture:
                self._picture = number
                yield event("picture", b64encode(jpeg).decode())


def _check_in(spoken: str) -> str:
    with language.speaking(spoken):
        return _("Scan to check in here")


def _venue(at: Parts) -> dict[str, object] | None:
    """The drawing of the fresh check-in code; None where none is shown."""
    text = at.venue(at.now()) if at.venue else ""
    return _drawn(text) if text else None


@lru_cache(maxsize=2)  # the one of this moment, for every screen
def _drawn(text: str) -> dict[str, object]:
    path, modules = shape(text)
    return {"path": path, "modules": modules}


def _payload(resident: ResidentView | str, now: datetime) -> dict[str, object]:
    if isinstance(resident, str):
        return {"face": resident}
    return {
        "face": resident.face.value,
        "direction": resident.direction.value,
        "initials": resident.initials,
        "progress": resident.progress,
        "companions": resident.companions,
        "closes_s": None if resident.until is None else max(0.0, (resident.until - now).total_seconds()),
    }


def _texts(*languages: str) -> dict[str, list[tuple[str, str]]]:
    """For every face its word and help, in each of `languages`."""
    texts: dict[str, list[tuple[str, str]]] = {face.value: [] for face in Face}
    texts[SILENT] = []
    for spoken in languages:
        with language.speaking(spoken):
            for face in Face:
                texts[face.value].append(words.face(face.value))
            texts[SILENT].append(words.face(SILENT))
    return texts
