"""The manager's records: rows, files, charts, days, who is inside, one person, and who looked at all of it.

Nothing here counts: `kiosk/core/reports.py` and `kiosk/core/daily.py` do, for pages, files and paper alike.
"""

from __future__ import annotations

from flask import Flask

from web.parts import parts
from web.records import acts, charts, days, entries, files, inside, people, rows
from web.records.blueprint import blueprint
from web.records.counted import Counted
from web.records.exports import Exports
from web.records.searches import Searches

__all__ = ["blueprint", "close", "init"]

VIEWS = (rows, entries, files, charts, days, inside, people, acts)


def init(app: Flask) -> None:
    """Gives the pages what they remember between two requests: counted days, files being made, people looked for."""
    with app.app_context():
        at = parts()
        app.extensions[Counted.KEY] = Counted(at.logbook, at.settings.kiosk.timezone, at.settings.kiosk.id, at.now)
        app.extensions[Exports.KEY] = Exports(
            at.places.exports, at.logbook, at.gate, at.desk.audit, at.settings, at.now
        )
        app.extensions[Searches.KEY] = Searches(at.now)


def close(app: Flask) -> None:
    """Ends what still runs, and removes its files."""
    app.extensions[Exports.KEY].close()
    app.extensions[Counted.KEY].close()
