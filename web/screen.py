"""The resident's screen: what to do next, big, in both languages; never a reason, never a name."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, jsonify, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core import requests as asks
from kiosk.core.reasons import Answer
from kiosk.core.requests import BUTTON
from kiosk.core.view import DeskView, Face, GateView
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.locale.words import SILENT
from kiosk.store.desk import Role
from web import asking, displays, language
from web.access import MAY, public
from web.parts import parts
from web.rendered import regions
from web.safety import is_loopback
from web.screen_news import ScreenNews, hour, lane_of, venue, waits

_MUTE = frozenset({"silent", "none", ""})  # drivers of voices that say nothing
blueprint = Blueprint("screen", __name__, url_prefix="/screen")


@blueprint.before_request
def only_here() -> None:
    """The screen belongs to the kiosk's own display, or to one that was paired: nobody watches the queue from afar."""
    if not is_loopback(request.remote_addr) and not displays.is_paired():
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
        venue=venue(at),
        hour=hour(at, at.now()),
        hints=_hints(g.language, language.other(g.language)),
        sounds=at.settings.screen.sounds and _is_mute(lane.lane if lane else ""),
        call=at.settings.screen.call,
        called=bool(lane and lane.called_since),
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
    return {"unlocked": unlocked, "strip": strip, "problem": problem, "waits": waits(view, lane)}


@blueprint.get("/events")
@public
def events() -> Response:
    """The faces of one lane as they change, and its pictures."""
    at = parts()
    return at.streams.follow(at.gate, ScreenNews(at, request.args.get("lane", "")).since)


@blueprint.post("/call")
@public
def call() -> AnyResponse:
    """Somebody at the screen calls the volunteer; calling twice is calling once."""
    at = parts()
    lane = lane_of(at.gate.view, asking.field("lane"))
    if not at.settings.screen.call or lane is None:
        abort(404)
    done = lane.called_since is not None or asking.ask_as(BUTTON, asks.Call, lane=lane.lane).answer is Answer.DONE
    if asking.wants_json():
        return jsonify(done=done)
    return redirect(url_for("screen.show", lane=lane.lane, lang=g.language), code=303)


def _is_mute(name: str) -> bool:
    """Whether the lane has no voice of its own."""
    lanes = parts().settings.lane
    lane = next((each for each in lanes if each.name == name), lanes[0])
    return lane.voice.partition(":")[0] in _MUTE


def _hints(*languages: str) -> dict[str, list[tuple[str, str]]]:
    """For every hint its word and help, in each of `languages`."""
    said: dict[str, list[tuple[str, str]]] = {str(hint): [] for hint in words.HINTS}
    for spoken in languages:
        with language.speaking(spoken):
            for hint, (word, help_text) in words.HINTS.items():
                said[str(hint)].append((_(word), _(help_text)))
    return said


def _check_in(spoken: str) -> str:
    with language.speaking(spoken):
        return _("Scan to check in here")


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
