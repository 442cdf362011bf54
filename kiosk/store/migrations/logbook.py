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


@migrations()
def m003_heads(db: Database) -> None:
    """Signed heads: what the chain had come to at a row, said with the gate's key."""
    db.execute(
        "CREATE TABLE head (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, before INTEGER NOT NULL,"
        " at TEXT NOT NULL, hash BLOB NOT NULL, key BLOB NOT NULL, signature BLOB NOT NULL)"
    )


@migrations()
def m004_facets(db: Database) -> None:
    """One index for every mixture of filters: the few words of a row that pages filter by, as one text."""
    db.execute(
        "ALTER TABLE entry ADD COLUMN facet GENERATED ALWAYS AS (json_extract(body, '$.kind', '$.lane', '$.direction',"
        " '$.outcome', '$.reasons', '$.volunteer', '$.format')) VIRTUAL"
    )
    db.execute("CREATE INDEX entry_facet ON entry(facet, seq, happened, temperature)")
    for name in ("lane", "direction", "outcome", "reasons", "volunteer", "format", "temperature"):
        db.execute(f"DROP INDEX entry_{name}")
