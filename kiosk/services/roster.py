"""The gate's look into the roster: read-only, and nobody known where the desk's database is not there yet."""

from __future__ import annotations

from pathlib import Path

from kiosk.core.model import Credential, RosterMatch
from kiosk.store.desk import DeskReader


class GateRoster:
    """The roster as of this moment, from the desk's database."""

    def __init__(self, desk: Path) -> None:
        self._reader = DeskReader(desk)

    def match(self, credential: Credential) -> RosterMatch | None:
        """Whom a credential is about."""
        return self._reader.match(credential)

    def person(self, person: str) -> RosterMatch | None:
        """The person of that id."""
        return self._reader.person(person)
