"""One's own settings, and what a manager looks after: the roster, passes, rules, the kiosk, lists, backups.

Nothing here decides what is right: the parsers of the core and the stores do, and the pages say what they hear.
"""

from __future__ import annotations

from flask import Flask

from kiosk.store.jobs import Jobs
from web.parts import parts
from web.settings import announcements, backup, kiosk, own, passes, roster, rules, trust
from web.settings.blueprint import blueprint
from web.settings.waiting import Waiting

__all__ = ["blueprint", "close", "init"]

VIEWS = (announcements, backup, kiosk, own, roster, passes, rules, trust)
LOOKED_THROUGH = (roster.WAITING, trust.WAITING)  # the kinds of files that wait between two requests


def init(app: Flask) -> None:
    """Gives the pages what they remember between two requests: files that were looked through and not taken over."""
    with app.app_context():
        for kind in LOOKED_THROUGH:
            app.extensions[kind] = Waiting(parts().now)
        app.extensions[passes.JOBS] = Jobs(parts().places.exports, passes.KEPT_FOR)


def close(app: Flask) -> None:
    """Forgets it, and ends what is being drawn."""
    app.extensions[passes.JOBS].close()
    for kind in LOOKED_THROUGH:
        app.extensions[kind].close()
