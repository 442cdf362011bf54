"""Who may open which page: every view says so itself, and one that says nothing is closed to everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, jsonify, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response

from kiosk.locale import gettext as _
from kiosk.store.desk import Role
from web import strip
from web.asking import wants_json
from web.parts import parts

V = TypeVar("V", bound=Callable[..., Any])

_MARK, _TAKES = "open_to", "takes"
_PUBLIC = frozenset[Role]()
_OPEN_ENDPOINTS = frozenset({"static", "bootstrap.static"})

# A manager does whatever a volunteer may; a technician looks at health.
MAY: dict[Role, frozenset[Role]] = {
    Role.VOLUNTEER: frozenset({Role.VOLUNTEER, Role.MANAGER}),
    Role.MANAGER: frozenset({Role.MANAGER}),
    Role.TECHNICIAN: frozenset({Role.VOLUNTEER, Role.MANAGER, Role.TECHNICIAN}),
}


class Login(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Somebody who is logged in: one session and its user."""

    def __init__(self, token: str, user_id: str, name: str, role: Role, *, shared: bool = False) -> None:
        self.token = token
        self.shared = shared  # at the strip of a display that residents see as well
        self.id = user_id
        self.name = name
        self.role = role

    def get_id(self) -> str:
        """What the cookie names: the session, never the user."""
        return self.token


def requires(role: Role) -> Callable[[V], V]:
    """The view is open to everybody who may do what `role` does."""

    def mark(view: V) -> V:
        setattr(view, _MARK, MAY[role])
        return view

    return mark


def requires_one_of(*roles: Role) -> Callable[[V], V]:
    """The view is open to exactly these roles."""

    def mark(view: V) -> V:
        setattr(view, _MARK, frozenset(roles))
        return view

    return mark


def public(view: V) -> V:
    """The view is open to strangers."""
    setattr(view, _MARK, _PUBLIC)
    return view


def takes(largest: int) -> Callable[[V], V]:
    """The view takes a file of so many bytes, from those it is open to; everything else takes what a page sends."""

    def mark(view: V) -> V:
        setattr(view, _TAKES, largest)
        return view

    return mark


def open_to(view: Callable[..., Any] | None) -> frozenset[Role] | None:
    """The roles that may use `view`; empty: anybody; None: nobody."""
    return getattr(view, _MARK, None)


def init(app: Flask) -> None:
    """Logs people in by their server-side session, and closes every view to those it is not open to."""
    manager = LoginManager(app)
    manager.session_protection = None  # the session is the server's; an address may change

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> Login | None:
        shared = strip.is_here()
        if shared and not strip.goes_on(token, touched=_is_touch()):
            return None
        found = parts().desk.sessions.find(token)
        return None if found is None else Login(token, found.user.id, found.user.name, found.user.role, shared=shared)

    @app.before_request
    def guard() -> Response | tuple[Response, int] | None:
        if request.endpoint is None or request.endpoint in _OPEN_ENDPOINTS:
            return None
        view = current_app.view_functions.get(request.endpoint)
        roles = open_to(view)
        if roles is None:
            abort(403)
        if not roles:
            return None
        if not current_user.is_authenticated:
            return _to_login()
        if current_user.role not in roles:
            abort(403)
        largest = getattr(view, _TAKES, None)
        if largest is not None:
            request.max_content_length = largest
        return None


def _is_touch() -> bool:
    """Whether somebody asked for this, rather than a page by itself or a resident at the screen."""
    return request.endpoint != "desk.events" and request.blueprint != "screen"


def _to_login() -> Response | tuple[Response, int]:
    """Where to log in, and back to the page afterwards. Somebody who was logged in is told that it has ended."""
    page = request.full_path.rstrip("?") if request.method == "GET" else url_for("login.home")
    said = "ended" if "_user_id" in session else None
    address = url_for("login.enter", next=page, said=said)
    if strip.is_here():  # the shared display is the residents' again
        strip.leaves()
        address = url_for("screen.show")
    if wants_json():
        return jsonify(done=False, said=_("Your login has ended. Please log in to go on."), login=address), 401
    return redirect(address, code=303)
