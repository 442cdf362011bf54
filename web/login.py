"""Logging in and out, and the start page that sends everybody to their own."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, g, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from kiosk.core import requests as asks
from kiosk.core.codecs import plain
from kiosk.core.formats import local_pass
from kiosk.locale import gettext as _
from kiosk.store.desk import Refused, Role, User
from web import asking, strip
from web.access import MAY, Login, public
from web.parts import parts

blueprint = Blueprint("login", __name__)
ATTEMPTS = "20/minute"  # from one address; beside the waits that the store keeps for each user and for all
CALLS = "12/minute"  # from one display
PAIRINGS = "60/minute"  # a display that waits to be paired asks every few seconds


def limit(app: Flask) -> None:
    """Slows down whoever tries many log-ins, rings all the time or asks for pairing codes, from one address."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    app.extensions["log-in limiter"] = limiter  # its decorator only keeps a weak reference
    for endpoint, most in {"login.check": ATTEMPTS, "screen.call": CALLS, "displays.pair": PAIRINGS}.items():
        limited: Any = limiter.limit(most)(app.view_functions[endpoint])
        app.view_functions[endpoint] = limited


@blueprint.get("/")
@public
def home() -> Response:
    """Everybody to their own page."""
    if not current_user.is_authenticated:
        return redirect(url_for("login.enter"))
    if current_user.role is Role.TECHNICIAN:
        return redirect(url_for("health.show"))
    return redirect(url_for("desk.show"))


@blueprint.get("/login")
@public
def enter() -> str | Response:
    """The form."""
    if current_user.is_authenticated:
        return redirect(_onward())
    said = _("Your login has ended. Please log in to go on.") if request.args.get("said") == "ended" else ""
    return render_template("login.html", problem=said, name="")


@blueprint.post("/login")
@public
def check() -> tuple[str, int] | Response:
    """Checks name and PIN; how long to wait after wrong ones is the store's to say."""
    answer = who_asks()
    if isinstance(answer, Refused) and request.form.get("strip"):
        said = "wait" if answer.wait_s else "wrong"
        return redirect(url_for("screen.show", said=said, lang=g.language), code=303)
    if isinstance(answer, Refused):
        typed = request.form.get("name", "")
        shown = "" if typed.lstrip().startswith(local_pass.PREFIXES) else plain.words(typed, 64)
        return render_template("login.html", problem=why(answer), name=shown), 401
    open_session(answer, shared=bool(request.form.get("strip")))
    return redirect(_onward(), code=303)


def who_asks() -> User | Refused:
    """Whoever the form names, by a typed name or by a pass of ours from a hand scanner, where the PIN is theirs."""
    at, typed = parts(), request.form.get("name", "").strip()
    if at.card is not None and typed.startswith(local_pass.PREFIXES):
        typed = at.card(typed, at.now())
    return at.desk.users.check(plain.words(typed, 64), request.form.get("secret", "")[:200])


def open_session(user: User, *, shared: bool | None = None) -> None:
    """Whoever was logged in here before, it is `user` now.

    `shared`: at the strip of the residents' display; where nothing is said, as the log-in before.
    """
    shared = strip.is_here() if shared is None else shared
    session.clear()
    token = parts().desk.sessions.open(user.id)
    if shared:
        strip.begins(token)
    login_user(Login(token, user.id, user.name, user.role, shared=shared))


@blueprint.post("/logout")
@public
def leave() -> Response:
    """Ends the session on the server, not only in the browser."""
    if current_user.is_authenticated:
        if not request.form.get("strip"):  # the strip locks itself many times in a shift
            _end_of_shift()
        parts().desk.sessions.close(current_user.token)
    onward = url_for("screen.show") if strip.is_here() else url_for("login.enter")
    logout_user()
    session.clear()
    return redirect(_local(request.form.get("next", "")) or onward, code=303)


def _end_of_shift() -> None:
    """Signs what the log has come to when somebody leaves the desk; a silent gate keeps nobody from leaving."""
    if current_user.role in MAY[Role.VOLUNTEER] and not parts().gate.silent:
        asking.ask_as(current_user.id, asks.SignHead)


def why(refused: Refused) -> str:
    """Why somebody was not let in, in words."""
    if refused.wait_s > 0:
        return _("Too many attempts. Please wait %(seconds)s seconds.", seconds=round(refused.wait_s))
    return _("Name or PIN is wrong. Please try again.")


def _onward() -> str:
    return _local(request.args.get("next", "")) or url_for("login.home")


def _local(address: str) -> str:
    """`address` where it is a path on this kiosk; else empty."""
    parsed = urlsplit(address)
    harmless = not parsed.scheme and not parsed.netloc and parsed.path.startswith("/") and "\\" not in address
    return address if harmless and not address.startswith("//") and not plain.has_controls(address) else ""
