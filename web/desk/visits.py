"""What the volunteer does about the visit in front, or one of just now."""

from __future__ import annotations

from werkzeug.wrappers import Response as AnyResponse

from kiosk.core import requests as asks
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply
from kiosk.store.desk import Role
from web.access import requires
from web.asking import ask, celsius, field, respond
from web.desk.blueprint import blueprint


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
