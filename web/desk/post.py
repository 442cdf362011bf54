"""What the volunteer does about a lane, the post, or everybody."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core import paper
from kiosk.core import requests as asks
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply
from kiosk.store.desk import Refused, Role
from web import login
from web.access import requires
from web.asking import ask, ask_as, celsius, field, respond
from web.desk.blueprint import blueprint
from web.parts import parts


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


@blueprint.post("/time")
@requires(Role.VOLUNTEER)
def confirm_time() -> AnyResponse:
    """A manager, who proves it by a passphrase, vouches that a watch shows the kiosk's time."""
    manager = login.who_asks()
    if isinstance(manager, Refused) or manager.role is not Role.MANAGER:
        return respond(Reply(request_id="none", answer=Answer.NOT_ALLOWED))
    watch = paper.moment(*field("time").partition("T")[::2], ZoneInfo(parts().settings.kiosk.timezone))
    if not isinstance(watch, datetime):
        return respond(Reply(request_id="none", answer=Answer.BAD_REQUEST))
    return respond(ask_as(manager.id, asks.ConfirmTime, time=watch))


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
