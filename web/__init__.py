"""The pages: one blueprint for each audience, and `create_app`, which wires them to the gate, the desk and the logbook.

Nothing here knows a rule, a device or SQL: pages ask the gate by its socket, the desk's and the logbook's stores
by their methods, and say what they hear in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect

from kiosk.settings import Places, Settings
from kiosk.store.desk import Desk
from kiosk.store.records import Records
from web import (
    access,
    api,
    calibration,
    desk,
    displays,
    health,
    language,
    login,
    records,
    safety,
    screen,
    settings,
    troubles,
    users,
    wording,
)
from web.desk_queue import ReviewQueue
from web.gate import Gate
from web.parts import KEY, Parts, Probe
from web.rendered import Rendered
from web.streams import Streams

BLUEPRINTS = (
    screen.blueprint,
    displays.blueprint,
    desk.blueprint,
    records.blueprint,
    settings.blueprint,
    users.blueprint,
    calibration.blueprint,
    health.blueprint,
    login.blueprint,
)


def _now() -> datetime:
    return datetime.now(UTC)


def _flask_settings(configured: Settings, secret: bytes) -> dict[str, Any]:
    """What Flask and its extensions are told."""
    under_tls = bool(configured.web.tls_cert)
    return {
        "KIOSK": configured,
        "SECRET_KEY": secret,
        "SESSION_COOKIE_NAME": "__Host-kiosk" if under_tls else "kiosk",
        "SESSION_COOKIE_SECURE": under_tls,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "WTF_CSRF_TIME_LIMIT": None,  # a token lives as long as its session
        "BOOTSTRAP_SERVE_LOCAL": True,
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
        "RATELIMIT_HEADERS_ENABLED": False,
    }


def create_app(
    configured: Settings,
    places: Places,
    store: Desk,
    gate: Gate,
    *,
    secret: bytes,
    now: Callable[[], datetime] = _now,
    venue: Callable[[datetime], str] | None = None,
    card: Callable[[str, datetime], str] | None = None,
    main_settings: Path | None = None,
    config: Mapping[str, Any] | None = None,
) -> Flask:
    """The application. `secret` signs cookies; `gate` is started and closed by the caller; `config` is Flask's.

    `venue` makes the check-in code that the screen shows; `card` reads the name on a pass of ours.
    """
    app = Flask(__name__)
    app.config.update(_flask_settings(configured, secret), **(config or {}))
    logbook = Records.open(places.logbook)
    app.extensions[KEY] = Parts(
        settings=configured,
        places=places,
        gate=gate,
        desk=store,
        logbook=logbook,
        queue=ReviewQueue(logbook, now),
        card=card,
        streams=Streams(configured.web.streams),
        rendered=Rendered(),
        probe=Probe(store),
        now=now,
        main_settings=main_settings,
        venue=venue,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.init(app)  # first: whatever is refused is refused in somebody's language
    safety.init(app)
    access.init(app)  # before the token is looked for: only who may use a page has its form read
    CSRFProtect(app)
    Bootstrap5(app)
    wording.init(app)
    troubles.init(app)
    records.init(app)
    settings.init(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    login.limit(app)
    api.mount(app)
    return app
