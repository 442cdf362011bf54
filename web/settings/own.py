"""One's own settings: who one is here, which language, another PIN, and the way to the health page."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from kiosk.locale import gettext as _
from kiosk.store.desk import Refused, Role, SecretRefused
from web import login
from web.access import requires
from web.parts import parts
from web.settings.blueprint import blueprint


@blueprint.get("")
@requires(Role.TECHNICIAN)
def show() -> str:
    """The page."""
    return render_template("settings/own.html", problem="", changed=request.args.get("said") == "changed")


@blueprint.post("/pin")
@requires(Role.TECHNICIAN)
def change_pin() -> tuple[str, int] | Response:
    """Another PIN; the old one is asked for again, because a desk is often left open."""
    old, new, again = (request.form.get(name, "")[:200] for name in ("old", "new", "again"))
    if new != again:
        return render_template("settings/own.html", problem=_("The two new PINs differ."), changed=False), 422
    answer = parts().desk.users.check(current_user.id, old)
    if isinstance(answer, Refused):
        return render_template("settings/own.html", problem=_("The old PIN is wrong."), changed=False), 422
    try:
        parts().desk.users.set_secret(current_user.id, new)
    except SecretRefused:
        problem = _(
            "Please take another: a PIN has six digits or more without an order, a passphrase twelve characters."
        )
        return render_template("settings/own.html", problem=problem, changed=False), 422
    login.open_session(answer)  # every older one has ended, on whatever device
    return redirect(url_for("settings.show", said="changed"), code=303)
