"""`kiosk` with synchronous=NORMAL: what the power cuts must catch. No part of the product."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kiosk.cli import main
from kiosk.store import owning

_careful = owning.connect


def _careless(path: Path) -> sqlite3.Connection:
    connection = _careful(path)
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


if __name__ == "__main__":
    owning.connect = _careless
    main()
