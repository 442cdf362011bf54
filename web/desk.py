"""The volunteer's desk: who stands at the gate, why the lamp shows what it shows, and what is done about it."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core import requests as asks
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply
from kiosk.locale import words
from kiosk.store.desk import Role
from web.access import requires
from web.asking import ask, celsius, field, respond
from web.desk_news import DeskNews
from web.parts import parts
from web.rendered import regions
from web.screen import lane_of

blueprint = Blueprint("desk", __name__, url_prefix="/desk")

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
        regions=regions(view, lane, with_token=True),
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
    news = DeskNews(at, request.args.get("lane", ""), g.language, current_user.get_id())
    return at.streams.follow(at.gate, news.since)


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


# --- The visit in front, or one of just now ------------------------------------------------------------


@blueprint.post("/visits/<visit>/override")
@requires(Role.VOLUNTEER)
def override(visit: str) -> AnyResponse:
    """The volunteer decides; why may follow."""
    return respond(ask(asks.Override, visit=visit, outcome=field("outcome"), reason=field("reason")))


@blueprint.post("/visits/<visit>/explain")
@requires(Role.VOLUNTEER)
def explain(visit: str) -> AnyResponse:
    """Why it was decided so."""
    reason = field("quick") or field("reason")
    if not reason:
        return respond(Reply(request_id="none", answer=Answer.BAD_REQUEST))
    return respond(ask(asks.Explain, visit=visit, reason=reason))


@blueprint.post("/visits/<visit>/undo")
@requires(Role.VOLUNTEER)
def undo(visit: str) -> AnyResponse:
    """Takes the last decision back."""
    return respond(ask(asks.Undo, visit=visit))


@blueprint.post("/visits/<visit>/again")
@requires(Role.VOLUNTEER)
def again(visit: str) -> AnyResponse:
    """Measures again."""
    return respond(ask(asks.Again, visit=visit))


@blueprint.post("/visits/<visit>/temperature")
@requires(Role.VOLUNTEER)
def temperature(visit: str) -> AnyResponse:
    """The contact thermometer's value."""
    return respond(ask(asks.ContactTemperature, visit=visit, celsius=celsius()))


@blueprint.post("/visits/<visit>/seen")
@requires(Role.VOLUNTEER)
def seen(visit: str) -> AnyResponse:
    """What colour the phone shows."""
    return respond(ask(asks.Seen, visit=visit, what=field("what")))


@blueprint.post("/visits/<visit>/companions")
@requires(Role.VOLUNTEER)
def companions(visit: str) -> AnyResponse:
    """'And these with me.'"""
    return respond(ask(asks.Companions, visit=visit, count=field("count")))


@blueprint.post("/visits/<visit>/host")
@requires(Role.VOLUNTEER)
def host(visit: str) -> AnyResponse:
    """The household that a visitor comes to see expects them."""
    return respond(ask(asks.HostConfirms, visit=visit, host=field("host")))


@blueprint.post("/visits/<visit>/dispute")
@requires(Role.VOLUNTEER)
def dispute(visit: str) -> AnyResponse:
    """A neutral note about a quarrel, with the second volunteer who was there."""
    return respond(ask(asks.Dispute, visit=visit, second=field("second"), note=field("note")))


# --- The lane, the post, everybody -----------------------------------------------------------------------


@blueprint.post("/lanes/<lane>/manual")
@requires(Role.VOLUNTEER)
def manual(lane: str) -> AnyResponse:
    """A person without a phone, from the roster or typed."""
    if not field("person") and not field("name"):
        return respond(Reply(request_id="none", answer=Answer.BAD_REQUEST), lane=lane)
    names = ("person", "name", "document", "room", "phone", "host")
    values = {name: field(name) for name in names} | {"group": field("group") or "residents"}
    return respond(ask(asks.ManualVisit, lane=lane, celsius=celsius(), **values), lane=lane)


@blueprint.post("/lanes/<lane>/typed")
@requires(Role.VOLUNTEER)
def typed(lane: str) -> AnyResponse:
    """A code typed, pasted, or read by a hand scanner."""
    return respond(ask(asks.Typed, lane=lane, text=request.form.get("text", "").strip()), lane=lane)


@blueprint.post("/lanes/<lane>/medical-exit")
@requires(Role.VOLUNTEER)
def medical_exit(lane: str) -> AnyResponse:
    """Somebody goes to hospital."""
    return respond(ask(asks.MedicalExit, lane=lane, name=field("name"), note=field("note")), lane=lane)


@blueprint.post("/lanes/<lane>/vehicle")
@requires(Role.VOLUNTEER)
def vehicle(lane: str) -> AnyResponse:
    """One vehicle through."""
    return respond(ask(asks.Vehicle, lane=lane, plate=field("plate"), note=field("note")), lane=lane)


@blueprint.post("/lanes/<lane>/drop-off")
@requires(Role.VOLUNTEER)
def drop_off(lane: str) -> AnyResponse:
    """A rider hands something over and does not enter."""
    values = {"visit": field("visit"), "company": field("company"), "parcels": field("parcels") or "1"}
    return respond(ask(asks.DropOff, lane=lane, **values), lane=lane)


@blueprint.post("/lanes/<lane>/direction")
@requires(Role.VOLUNTEER)
def direction(lane: str) -> AnyResponse:
    """Turns the lane round."""
    return respond(ask(asks.SetDirection, lane=lane, direction=field("direction")), lane=lane)


@blueprint.post("/lanes/<lane>/called")
@requires(Role.VOLUNTEER)
def answer_call(lane: str) -> AnyResponse:
    """Somebody called; the volunteer comes."""
    return respond(ask(asks.Call, lane=lane, on=False), lane=lane)


@blueprint.post("/conditions/<condition>/decide")
@requires(Role.VOLUNTEER)
def decide(condition: str) -> AnyResponse:
    """One timed decision about what concerns everybody."""
    return respond(ask(asks.Decide, condition=condition, remedy=field("remedy"), minutes=field("minutes")))


@blueprint.post("/crowd")
@requires(Role.VOLUNTEER)
def crowd() -> AnyResponse:
    """Crowd mode, for a time, or no longer."""
    return respond(ask(asks.Crowd, on=field("on") == "yes", minutes=field("minutes") or "30"))


@blueprint.post("/evacuation")
@requires(Role.VOLUNTEER)
def evacuate() -> AnyResponse:
    """Everybody out, or over again. Both want a second sign that it is meant."""
    if field("sure") != "yes" or field("on") not in ("yes", "no"):
        return respond(Reply(request_id="none", answer=Answer.BAD_REQUEST))
    return respond(ask(asks.Evacuate, on=field("on") == "yes"))
