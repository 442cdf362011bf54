"""How each database came to its shape: numbered functions, only ever added, run in their order by sqlite-utils."""

import sqlite3

from sqlite_utils import Database, Migrations


def apply(connection: sqlite3.Connection, migrations: Migrations) -> None:
    """Brings the database behind `connection` to its newest shape; each step is one transaction."""
    migrations.apply(Database(connection))
