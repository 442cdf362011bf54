"""The shape of logbook.db. Design: `body` is what counts; every other column is worked out from it by SQLite."""

from sqlite_utils import Database, Migrations

migrations = Migrations("logbook")

_COLUMNS = {
    "kind": "$.kind",
    "happened": "$.happened",
    "recorded": "$.recorded",
    "lane": "$.lane",
    "direction": "$.direction",
    "outcome": "$.outcome",
    "reasons": "$.reasons",
    "volunteer": "$.volunteer",
    "temperature": "$.temperature.forehead_c",
    "format": "$.format",
    "person_tag": "$.person_tag",
    "code_tag": "$.code_tag",
    "visit": "$.visit",
    "refers": "$.refers",
}


@migrations()
def m001_entries(db: Database) -> None:
    """Rows, their seals, and what the file as a whole says of itself."""
    columns = ", ".join(f"{name} GENERATED ALWAYS AS (json_extract(body, '{path}'))" for name, path in _COLUMNS.items())
    db.execute(
        "CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, sealed_sha256 BLOB NOT NULL,"
        f" prev BLOB NOT NULL, hash BLOB NOT NULL, {columns})"
    )
    db.execute(
        "CREATE TABLE sealed (seq INTEGER NOT NULL REFERENCES entry(seq), class TEXT NOT NULL,"
        " nonce BLOB NOT NULL, blob BLOB NOT NULL, PRIMARY KEY (seq, class)) WITHOUT ROWID"
    )
    db.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID")


@migrations()
def m002_indexes(db: Database) -> None:
    """What pages filter by and what the gate asks while somebody waits."""
    for name in ("happened", "recorded", "kind", "lane", "direction", "outcome", "temperature"):
        db.execute(f"CREATE INDEX entry_{name} ON entry({name})")
    for name in ("reasons", "volunteer", "format", "person_tag", "code_tag", "visit", "refers"):
        db.execute(f"CREATE INDEX entry_{name} ON entry({name}) WHERE {name} IS NOT NULL")
