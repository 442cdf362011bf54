"""What went wrong, as one clear sentence on a page of its own, or as JSON for a script."""

from __future__ import annotations

import logging

from flask import Flask, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response

from kiosk.core.faults import KioskError
from kiosk.locale import N_
from kiosk.locale import gettext as _
from web.asking import wants_json

_SENTENCES = {
    400: N_("The kiosk did not understand that. Please go back and try again."),
    403: N_("You are not allowed to open this page."),
    404: N_("There is no such page."),
    405: N_("This address takes no such request. Please go back and try again."),
    413: N_("That is too much text. Please write less."),
    421: N_("This kiosk does not answer under that name. Please use its address."),
    429: N_("Too many attempts. Please wait a minute."),
    500: N_("Something broke in the kiosk. It is written down; please try again."),
    503: N_("The kiosk cannot do that just now. Please try again in a moment."),
}
_STALE = N_("This page was open too long. Please open it again and repeat what you did.")


log = logging.getLogger(__name__)


def init(app: Flask) -> None:
    """Gives every error a sentence; an unexpected one is logged with its traceback and never shown."""

    @app.errorhandler(KioskError)
    def fault(error: KioskError) -> tuple[str | Response, int] | Response:
        log.error("%s: %s", request.endpoint, error)  # a fault's text says what to do, and names nobody
        return say(ServiceUnavailable())

    @app.errorhandler(HTTPException)
    def say(error: HTTPException) -> tuple[str | Response, int] | Response:
        code = error.code or 500
        if code < 400:
            return error.get_response()
        sentence = _STALE if isinstance(error, CSRFError) else _SENTENCES.get(code, _SENTENCES[400])
        if wants_json():
            return jsonify(done=False, said=_(sentence)), code
        return render_template("trouble.html", sentence=_(sentence), back=request.path), code
