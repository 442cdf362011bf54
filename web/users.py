"""Who may log in, and which programs may ask: added, given a new PIN, shut out and let in again by a manager."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from kiosk.core.desk_requests import AddToken, DeskRefusal, Scope
from kiosk.locale import desk as desk_words
from kiosk.store.desk import Role
from web.access import requires
from web.asking import field
from web.parts import parts

blueprint = Blueprint("users", __name__, url_prefix="/users")

Page = tuple[str, int] | str | Response


@blueprint.get("")
@requires(Role.MANAGER)
def show() -> str:
    """Everybody who may log in, and every token."""
    return _page()


@blueprint.post("")
@requires(Role.MANAGER)
def add() -> Page:
    """A new user, whose secret is shown this once."""
    role = field("role")
    if role not in list(Role):
        return _page(refused=DeskRefusal.NAME_EMPTY), 422
    added = parts().desk.users.add(field("name"), Role(role))
    if isinstance(added, DeskRefusal):
        return _page(refused=added), 422
    user, secret = added
    parts().desk.audit.write("user_added", by=current_user.id, detail=f"user={user.id} role={user.role}")
    return _page(made=user.name, secret=secret)


@blueprint.post("/<user>/reset")
@requires(Role.MANAGER)
def reset(user: str) -> Page:
    """A new secret for whoever forgot theirs."""
    done = parts().desk.users.reset(user, current_user.id)
    if isinstance(done, DeskRefusal):
        return _page(refused=done), 422
    if user == current_user.id:  # one's own log-in has ended with the old secret
        return render_template("users/own_secret.html", secret=done[1])
    return _page(made=done[0].name, secret=done[1])


@blueprint.post("/<user>/enabled")
@requires(Role.MANAGER)
def enable(user: str) -> Page:
    """Shuts somebody out, or lets them in again."""
    refused = parts().desk.users.enable(user, enabled=field("enabled") == "yes", by=current_user.id)
    if refused is not None:
        return _page(refused=refused), 422
    return redirect(url_for("users.show"), code=303)


@blueprint.post("/tokens")
@requires(Role.MANAGER)
def add_token() -> Page:
    """A token for a program, whose secret is shown this once."""
    values = {"by": current_user.id, "name": field("name"), "scopes": request.form.getlist("scope")}
    try:
        asked = msgspec.convert(values | {"days": field("days") or "90"}, AddToken, strict=False)
    except msgspec.ValidationError:
        return _page(refused=DeskRefusal.TOKEN_INCOMPLETE), 422
    token, secret = parts().desk.tokens.add(asked.name, asked.scopes, asked.days, asked.by)
    return _page(made=token.name, secret=secret)


@blueprint.post("/tokens/<token>/revoke")
@requires(Role.MANAGER)
def revoke(token: str) -> Page:
    """Ends a token at once."""
    refused = parts().desk.tokens.revoke(token, current_user.id)
    if refused is not None:
        return _page(refused=refused), 422
    return redirect(url_for("users.show"), code=303)


def _page(refused: DeskRefusal | None = None, **more: Any) -> str:
    desk = parts().desk
    problem = desk_words.refusal(refused) if refused else ""
    return render_template(
        "users/users.html",
        users=desk.users.list(),
        tokens=desk.tokens.list(),
        roles=list(Role),
        scopes=list(Scope),
        problem=problem,
        **more,
    )
