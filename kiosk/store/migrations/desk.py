"""The shape of desk.db: users, sessions, who did what, and the roster."""

from sqlite_utils import Database, Migrations

migrations = Migrations("desk")


@migrations()
def m001_users(db: Database) -> None:
    """Users, their sessions, and failed attempts, which hold the next ones back even after a restart."""
    db.execute(
        "CREATE TABLE user (id TEXT PRIMARY KEY, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE,"
        " role TEXT NOT NULL, secret_hash TEXT NOT NULL, enabled INTEGER NOT NULL DEFAULT 1)"
    )
    db.execute(
        "CREATE TABLE session (token_sha256 BLOB PRIMARY KEY, user TEXT NOT NULL REFERENCES user(id),"
        " seen INTEGER NOT NULL) WITHOUT ROWID"
    )
    db.execute("CREATE TABLE failure (at INTEGER NOT NULL, name_key TEXT NOT NULL)")
    db.execute("CREATE INDEX failure_name ON failure(name_key, at)")
    db.execute("CREATE INDEX failure_at ON failure(at)")


@migrations()
def m002_audit(db: Database) -> None:
    """Who looked, exported, changed, logged in."""
    db.execute(
        "CREATE TABLE audit (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,"
        " detail TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX audit_at ON audit(at)")


@migrations()
def m003_roster(db: Database) -> None:
    """People, what they are found by, and the passes they hold."""
    db.execute(
        "CREATE TABLE person (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
        " name_key TEXT NOT NULL, latin_key TEXT NOT NULL, building TEXT NOT NULL, unit TEXT NOT NULL,"
        " room TEXT NOT NULL, phone TEXT NOT NULL, birth_date TEXT NOT NULL, people TEXT NOT NULL,"
        " tested_at TEXT NOT NULL, document_tag TEXT NOT NULL)"
    )
    db.execute("CREATE INDEX person_name ON person(name_key)")
    db.execute("CREATE INDEX person_latin ON person(latin_key) WHERE latin_key <> ''")
    db.execute("CREATE INDEX person_document ON person(document_tag) WHERE document_tag <> ''")
    db.execute(
        "CREATE TABLE term (term TEXT NOT NULL, person INTEGER NOT NULL, PRIMARY KEY (term, person)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE pass (pass TEXT PRIMARY KEY, person INTEGER NOT NULL REFERENCES person(number)"
        " ON DELETE CASCADE) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX pass_person ON pass(person)")


@migrations()
def m004_tokens(db: Database) -> None:
    """What programs identify themselves by; only the hash of a token is stored."""
    db.execute(
        "CREATE TABLE token (id TEXT PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, name TEXT NOT NULL,"
        " scopes TEXT NOT NULL, by TEXT NOT NULL, made INTEGER NOT NULL, until INTEGER NOT NULL,"
        " used INTEGER NOT NULL DEFAULT 0)"
    )


@migrations()
def m005_issued(db: Database) -> None:
    """Which passes the pages gave to whom; a name stands there only for somebody who is not in the roster."""
    db.execute(
        "CREATE TABLE issued (pass TEXT PRIMARY KEY, person TEXT NOT NULL, name TEXT NOT NULL, people TEXT NOT NULL,"
        " since TEXT NOT NULL, until TEXT NOT NULL, made TEXT NOT NULL, by TEXT NOT NULL) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX issued_made ON issued(made)")
    db.execute("CREATE INDEX issued_until ON issued(until)")
