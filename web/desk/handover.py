"""The hand-over: the next volunteer types a name or shows a card, and a PIN; the page and its visit stay."""

from __future__ import annotations

from flask import jsonify, redirect, url_for
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core import requests as asks
from kiosk.core.reasons import Answer
from kiosk.locale import gettext as _
from kiosk.store.desk import Refused, Role
from web import asking, login
from web.access import MAY, requires
from web.desk.blueprint import blueprint
from web.parts import parts
from web.wording import pages_of


@blueprint.post("/hand-over")
@requires(Role.VOLUNTEER)
def hand_over() -> AnyResponse:
    """Ends one login and begins the next in its place. What stands on the page is not asked for again."""
    before, token = current_user.id, current_user.token
    user = login.who_asks()
    if isinstance(user, Refused):
        return _refuse(login.why(user), 401)
    if user.role not in MAY[Role.VOLUNTEER]:
        return _refuse(_("This account does no duty at the desk."), 403)
    if user.id == before:
        return _refuse(_("%(name)s is at the desk already.", name=user.name), 409)
    at = parts()
    at.desk.sessions.close(token)
    login.open_session(user)
    at.desk.audit.write("handed_over", by=user.id, detail=f"from={before}")
    written = asking.ask_as(user.id, asks.HandOver, before=before).answer is Answer.DONE
    said = _("%(name)s is at the desk now.", name=user.name)
    if not written:
        said += " " + _("It is not in the log: please note it on the paper sheet.")
    if not asking.wants_json():
        return redirect(
            url_for("desk.show", said=Answer.DONE.value if written else Answer.NOT_RECORDED.value), code=303
        )
    pages = [url_for(endpoint) for endpoint, _name in pages_of(current_user)]
    return jsonify(done=written, taken=True, said=said, name=user.name, csrf=generate_csrf(), pages=pages)


def _refuse(said: str, status: int) -> AnyResponse:
    if not asking.wants_json():
        return redirect(url_for("desk.show", said=Answer.NOT_ALLOWED.value), code=303)
    answer = jsonify(done=False, said=said)
    answer.status_code = status
    return answer
