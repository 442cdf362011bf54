"""Turns a submitted form into one request to the gate, and the gate's answer into one sentence."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from flask import Response, jsonify, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from kiosk.core.codecs import plain
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply, Request
from kiosk.locale import words
from web.parts import parts

R = TypeVar("R", bound=Request)

EXPIRES = timedelta(seconds=10)  # after so long nobody remembers pressing the button
_LONGEST = 10_000
_ID = re.compile(r"[0-9a-f]{8,64}")
_STATUS = {Answer.DONE: 200, Answer.BAD_REQUEST: 422, Answer.OUT_OF_RANGE: 422, Answer.GATE_SILENT: 503}


def field(name: str) -> str:
    """One field of the submitted form as one line without anything hidden in it. Too long stays too long."""
    return plain.words(request.form.get(name, ""), _LONGEST)


def celsius(name: str = "celsius") -> str | None:
    """A temperature as people type it (36,5 or 36.5), or None where it was left empty."""
    return field(name).replace(",", ".").replace("。", ".").removesuffix("°C").strip() or None


def ask(kind: type[R], **values: Any) -> Reply:
    """Asks the gate, in the name of who is logged in. What does not fit the request's fields is refused here."""
    return ask_as(current_user.id, kind, **values)


def ask_as(by: str, kind: type[R], **values: Any) -> Reply:
    """Asks the gate in the name of `by`."""
    at = parts()
    given = request.form.get("request_id", "")
    request_id = given if _ID.fullmatch(given) else secrets.token_hex(16)
    whole = {"request_id": request_id, "by": by, "expires_at": at.now() + EXPIRES, "action": _tag(kind)}
    try:
        asked = msgspec.convert({**values, **whole}, kind, strict=False)
    except msgspec.ValidationError as error:
        is_number = re.search(r"\$\.(celsius|count|minutes|parcels)", str(error))
        return Reply(request_id=request_id, answer=Answer.OUT_OF_RANGE if is_number else Answer.BAD_REQUEST)
    return at.gate.ask(asked)


def _tag(kind: type[Request]) -> str:
    return str(kind.__struct_config__.tag)


def wants_json() -> bool:
    """Whether a script asks, that stays on its page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def wants_html() -> bool:
    """Whether a person's browser asks."""
    return "text/html" in request.headers.get("Accept", "")


def respond(reply: Reply, **where: Any) -> AnyResponse:
    """The answer for a script, or back to the desk with one sentence."""
    done = reply.answer is Answer.DONE
    if wants_json():
        body: Response = jsonify(
            done=done, answer=reply.answer.value, said=words.answer(reply.answer.value), visit=reply.visit
        )
        body.status_code = _STATUS.get(reply.answer, 409)
        return body
    return redirect(url_for("desk.show", said=reply.answer.value, **where), code=303)
