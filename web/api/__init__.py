"""The API for programs, under `/api/v1`: an application of its own, without cookies, described by its OpenAPI document.

A program identifies itself with a token (`kiosk token add`), which says what it may ask for.
"""

from __future__ import annotations

import logging
from typing import Any

from apiflask import APIFlask, HTTPError
from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from kiosk.core.faults import KioskError
from web import language, safety
from web.api import routes
from web.parts import KEY, Parts

PREFIX = "/api/v1"
ASKED_AT_MOST = "120/minute"  # from one address
LARGEST_BODY = 16 * 1024 * 1024  # a roster of 50,000 people

log = logging.getLogger(__name__)


def mount(app: Flask) -> None:
    """Puts the API beside the pages of `app`, over the same parts."""
    limited = bool(app.config.get("RATELIMIT_ENABLED", True))
    made = create_api(app.extensions[KEY], limited=limited)
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {PREFIX: made})  # type: ignore[method-assign]


def create_api(at: Parts, *, limited: bool = True) -> APIFlask:
    """The API over `at`."""
    api = APIFlask("web.api", title="Checkpoint kiosk", version="1", docs_path=None)
    api.config.update(
        KIOSK=at.settings,
        SERVERS=[{"url": PREFIX}],
        DESCRIPTION=__doc__,
        VALIDATION_ERROR_STATUS_CODE=422,
        RATELIMIT_HEADERS_ENABLED=True,
        RATELIMIT_ENABLED=limited,
        HTTP_ERROR_SCHEMA=TROUBLE,
        VALIDATION_ERROR_SCHEMA=TROUBLE,
    )
    api.extensions[KEY] = at
    language.init(api)
    safety.init(api)
    api.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    api.extensions["limiter"] = Limiter(
        get_remote_address, app=api, storage_uri="memory://", default_limits=[ASKED_AT_MOST]
    )
    api.register_blueprint(routes.blueprint)
    _troubles(api)
    return api


TROUBLE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "description": "A stable code."},
        "message": {"type": "string", "description": "One sentence for people."},
        "detail": {"type": "object", "description": "Which fields are wrong, and how."},
    },
    "required": ["reason", "message"],
}


def _troubles(api: APIFlask) -> None:
    """Every error is a stable code and one sentence; a fault of the kiosk is never a 500."""

    @api.error_processor
    def told(error: HTTPError) -> tuple[dict[str, Any], int, Any]:
        body = {"reason": _REASONS.get(error.status_code, "refused"), "message": error.message, **error.extra_data}
        return body | ({"detail": error.detail} if error.detail else {}), error.status_code, error.headers

    @api.errorhandler(KioskError)
    def fault(error: KioskError) -> tuple[dict[str, str], int]:
        log.error("%s", error)
        return {"reason": "unavailable", "message": "The kiosk cannot answer that just now."}, 503


_REASONS = {
    400: "bad_request",
    401: "no_token",
    403: "not_in_scope",
    404: "not_found",
    405: "bad_method",
    413: "too_large",
    415: "bad_type",
    421: "wrong_host",
    422: "bad_request",
    429: "too_many",
    503: "unavailable",
}
