"""What stands in an exported file besides its rows."""

from __future__ import annotations

from datetime import date

from kiosk.locale import gettext as _
from kiosk.locale import words


def header(name: str) -> str:
    """What a column is called."""
    return words.say(words.COLUMNS, name)


def delete_by(expires: date) -> str:
    """The last line of a file that names people."""
    return _("This file holds names of people. Delete it by %(day)s.", day=expires.isoformat())
