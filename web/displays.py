"""A second display for residents: it shows six digits, a manager types them in, and it keeps a cookie for a year."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import repeat
from typing import cast

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from kiosk.core.desk_requests import Scope
from kiosk.locale import gettext as _
from kiosk.store.desk import Role
from web import asking
from web.access import public, requires
from web.parts import parts

blueprint = Blueprint("displays", __name__)

HOLDS = timedelta(minutes=10)  # a code that nobody typed is worth nothing any more
DAYS = 366  # then the display is paired again
MOST_WAITING = 16
_DIGITS = 6
_KEY = "displays"
_WAITING = "pairing"  # where the display's session keeps its secret


@dataclass(frozen=True, slots=True)
class Waiting:
    """A display that shows its code. `token` is its cookie once a manager typed the code in."""

    code: str
    until: datetime
    token: str = field(default="", repr=False)


class Pairing:
    """The displays that wait, in this process's memory alone. Safe to use from several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: OrderedDict[str, Waiting] = OrderedDict()  # by the secret that only the display knows

    def of(self, secret: str, now: datetime) -> Waiting | None:
        """The display of that secret, while its code holds."""
        with self._guard:
            found = self._waiting.get(secret)
        return found if found is not None and now < found.until else None

    def begin(self, now: datetime) -> tuple[str, Waiting]:
        """A secret and a code for one more display; the one that has waited longest may have to begin anew."""
        with self._guard:
            taken = {each.code for each in self._waiting.values()}
            codes = (f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}" for _again in repeat(None))
            waiting = Waiting(next(code for code in codes if code not in taken), now + HOLDS)
            secret = secrets.token_urlsafe(24)
            self._waiting[secret] = waiting
            while len(self._waiting) > MOST_WAITING:
                self._waiting.popitem(last=False)
        return secret, waiting

    def waits(self, code: str, now: datetime) -> bool:
        """Whether a display shows this code."""
        with self._guard:
            return any(each.code == code and not each.token and now < each.until for each in self._waiting.values())

    def give(self, code: str, token: str) -> None:
        """The display that shows `code` gets `token` when it asks next."""
        with self._guard:
            for secret, each in self._waiting.items():
                if each.code == code and not each.token:
                    self._waiting[secret] = replace(each, token=token)

    def drop(self, secret: str) -> None:
        """The display has what it waited for."""
        with self._guard:
            self._waiting.pop(secret, None)


def pairing() -> Pairing:
    """The displays that wait for the application that answers this request."""
    return cast("Pairing", current_app.extensions.setdefault(_KEY, Pairing()))


def cookie() -> str:
    """The name of a paired display's cookie."""
    return "__Host-kiosk_display" if current_app.config["SESSION_COOKIE_SECURE"] else "kiosk_display"


def is_paired() -> bool:
    """Whether a paired display asks."""
    secret = request.cookies.get(cookie(), "")
    token = parts().desk.tokens.find(secret[:200]) if secret else None
    return token is not None and Scope.SCREEN in token.scopes


@blueprint.get("/screen/pair")
@public
def pair() -> str | Response:
    """The display's code; once it was typed in, its cookie and the screen."""
    now = parts().now()
    secret = str(session.get(_WAITING, ""))
    waiting = pairing().of(secret, now)
    if waiting is not None and waiting.token:
        pairing().drop(secret)
        session.pop(_WAITING, None)
        response = redirect(url_for("screen.show"), code=303)
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(
            cookie(), waiting.token, max_age=DAYS * 24 * 3600, httponly=True, samesite="Strict", secure=secure, path="/"
        )
        return response
    if waiting is None:
        session[_WAITING], waiting = pairing().begin(now)
    return render_template("screen/pair.html", code=waiting.code, paired=is_paired())


@blueprint.get("/displays")
@requires(Role.MANAGER)
def show() -> str:
    """The paired displays, and the field for another one's code."""
    return _page(said=_("The display is paired.") if request.args.get("said") == "paired" else "")


@blueprint.post("/displays")
@requires(Role.MANAGER)
def confirm() -> tuple[str, int] | Response:
    """Pairs the display that shows this code."""
    code, name = "".join(asking.field("code").split())[:_DIGITS], asking.field("name")[:40]
    if not pairing().waits(code, parts().now()):
        return _page(problem=_("No display shows this code. Open /screen/pair on it and type what it shows.")), 422
    _token, secret = parts().desk.tokens.add(name or _("Display"), (Scope.SCREEN,), DAYS, current_user.id)
    pairing().give(code, secret)
    return redirect(url_for("displays.show", said="paired"), code=303)


@blueprint.post("/displays/<token>/revoke")
@requires(Role.MANAGER)
def revoke(token: str) -> tuple[str, int] | Response:
    """From now on that display shows nothing."""
    if parts().desk.tokens.revoke(token, current_user.id) is not None:
        return _page(problem=_("There is no such display.")), 422
    return redirect(url_for("displays.show"), code=303)


def _page(problem: str = "", said: str = "") -> str:
    paired = [token for token in parts().desk.tokens.list() if Scope.SCREEN in token.scopes]
    return render_template("screen/displays.html", displays=paired, problem=problem, said=said)
