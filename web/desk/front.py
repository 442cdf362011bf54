"""Who stands at the gate, and finding people in the roster."""

from __future__ import annotations

from flask import Response, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core.reasons import Answer
from kiosk.locale import words
from kiosk.store.desk import Role
from web.access import requires
from web.asking import field
from web.desk.blueprint import blueprint
from web.desk_news import DeskNews
from web.parts import parts
from web.rendered import regions
from web.screen_news import lane_of

FOUND_AT_MOST = 12


@blueprint.get("")
@requires(Role.VOLUNTEER)
def show() -> str:
    """The desk of one lane."""
    at = parts()
    view = at.gate.view
    lane = lane_of(view, request.args.get("lane", ""))
    said = request.args.get("said", "")
    return render_template(
        "desk/desk.html",
        view=view,
        lane=lane,
        lane_name=lane.lane if lane else _first_lane(request.args.get("lane", "")),
        regions=regions(view, lane, with_token=True, owed=at.queue.count()),
        pictures=at.settings.web.picture,
        said=words.answer(said) if said in list(Answer) else "",
    )


def _first_lane(asked: str) -> str:
    names = [lane.name for lane in parts().settings.lane]
    return asked if asked in names else names[0]


@blueprint.get("/events")
@requires(Role.VOLUNTEER)
def events() -> Response:
    """The parts of the desk as they change, and the lane's pictures."""
    at = parts()
    news = DeskNews(at, request.args.get("lane", ""), g.language, current_user.token, shared=current_user.shared)
    return at.streams.follow(at.gate, news.since)


@blueprint.post("/here")
@requires(Role.VOLUNTEER)
def here() -> tuple[str, int]:
    """Somebody touches the strip: asking this is enough, so that its log-in goes on."""
    return "", 204


@blueprint.route("/people", methods=["GET", "POST"])
@requires(Role.VOLUNTEER)
def people() -> str | AnyResponse:
    """Who of the roster is meant by a few typed characters. By POST, so that no name stands in an address."""
    if request.method == "GET":
        return redirect(url_for("desk.show"))
    asked = field("q")[:60]
    found = parts().desk.roster.find(asked, limit=FOUND_AT_MOST) if asked else ()
    page = "desk/_people.html" if request.headers.get("X-Part") == "people" else "desk/people.html"
    return render_template(page, people=found, asked=asked, lane_name=_first_lane(field("lane")), with_token=True)
