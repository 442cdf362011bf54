"""The roster: people of the compound, found while somebody waits, and taken over whole from a file or not at all."""

from __future__ import annotations

import hmac
import json
import re
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, tzinfo

import msgspec

from kiosk.core.desk_requests import RosterPreview
from kiosk.core.model import Group
from kiosk.core.roster import Person, document_key, name_key, person_terms, search_terms
from kiosk.store import roster_csv
from kiosk.store.desk_file import DeskFile
from kiosk.store.pinyin import latin_name, syllables
from kiosk.store.retention import leave_no_trace

_FIELDS = "number, id, name, building, unit, room, phone, birth_date, people, tested_at"
_FIND = """
SELECT number, id, name, building, unit, room, phone, birth_date, people, tested_at FROM person
 WHERE number IN (SELECT value FROM json_each(?)) ORDER BY building, unit, room, name
"""
_INSERT = """
INSERT INTO person (number, id, name, name_key, latin_key, building, unit, room, phone, birth_date, people,
                    tested_at, document_tag)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_OUR_ID = re.compile(r"P\d{1,9}", re.ASCII)
_CANDIDATES = 400  # of these the first are shown, in the order of places

# Somebody as stored: number, person, keyed hash of the document.
_Known = tuple[int, Person, str]
_Stored = tuple[int, str, str, str, str, str, str, str, str, str]


class Roster:
    """The people of one compound. `key` makes the hashes by which document numbers are known again."""

    def __init__(self, file: DeskFile, key: bytes) -> None:
        self._file = file
        self._key = key

    def find(self, text: str, limit: int = 20) -> tuple[Person, ...]:
        """People by place (`3-502`, `3号楼502室`), name, pinyin, initials or phone; all words must fit."""
        with self._file.look() as db:
            return find(db, text, limit)

    def person(self, person_id: str) -> Person | None:
        """The person of that id."""
        with self._file.look() as db:
            return person_of(db, person_id)

    def count(self) -> int:
        """How many people there are."""
        with self._file.look() as db:
            number: int = db.execute("SELECT count(*) FROM person").fetchone()[0]
            return number

    def preview(self, data: bytes, zone: tzinfo) -> RosterPreview:
        """What taking over the CSV file `data` would do, and every problem in it."""
        sheet = roster_csv.parse(data, zone)
        with self._file.look() as db:
            return self._compare(db, sheet)[0]

    def apply(self, data: bytes, zone: tzinfo, shown: RosterPreview | None = None) -> RosterPreview:
        """Takes over the CSV file `data`: everything, or nothing where there is any problem. Raises DeskUnwritable.

        Nothing too where it would do something else than `shown` says, because the roster changed since.

        People are known again by id, else by name and place; those whom the file does not name stay. A column
        that the file does not have is left as it is, and so is an empty document number.
        """
        sheet = roster_csv.parse(data, zone)
        if sheet.problems:
            return RosterPreview(problems=sheet.problems)
        with self._file.change() as db:
            preview, writes = self._compare(db, sheet)
            if shown not in (None, preview):
                return preview
            self._write(db, writes)
        return msgspec.structs.replace(preview, applied=True)

    def export(self) -> tuple[bytes, int]:
        """The roster as a CSV file without document numbers, and how many people are in it."""
        with self._file.look() as db:
            rows = db.execute(f"SELECT {_FIELDS} FROM person ORDER BY building, unit, room, name").fetchall()  # noqa: S608
            persons = [_person(row, _passes(db, row[0])) for row in rows]
        return roster_csv.write(persons), len(persons)

    def remove(self, person_id: str) -> bool:
        """Takes somebody out of the roster, without a trace; whether they were in it. Raises DeskUnwritable."""
        with self._file.change() as db:
            row = db.execute("SELECT number FROM person WHERE id = ?", (person_id,)).fetchone()
            person = person_of(db, person_id)
            if row is None or person is None:
                return False
            db.executemany("DELETE FROM term WHERE term = ? AND person = ?", _terms(row[0], person))
            db.execute("DELETE FROM person WHERE number = ?", row)
        leave_no_trace(self._file)
        return True

    def buildings(self) -> tuple[tuple[str, int], ...]:
        """Every building, and how many people it has."""
        with self._file.look() as db:
            return tuple(db.execute("SELECT building, count(*) FROM person GROUP BY building ORDER BY building"))

    def people_of(self, buildings: Collection[str]) -> tuple[Person, ...]:
        """Everybody of `buildings`, in the order of places."""
        sql = f"SELECT {_FIELDS} FROM person WHERE building IN (SELECT value FROM json_each(?))"  # noqa: S608
        with self._file.look() as db:
            rows = db.execute(f"{sql} ORDER BY building, unit, room, name", (json.dumps([*buildings]),))
            return tuple(_person(row, ()) for row in rows)

    def _compare(
        self, db: sqlite3.Connection, sheet: roster_csv.Sheet
    ) -> tuple[RosterPreview, list[tuple[_Known | None, Person]]]:
        """What the sheet would change, and who is to be written over whom for it."""
        by_id, by_place = _known(db)
        writes: list[tuple[_Known | None, Person]] = []
        next_id = _next_id((*by_id, *(person.id for person in sheet.persons)))
        new = 0
        met: set[str] = set()
        for person in sheet.persons:
            known = by_id.get(person.id) if person.id else by_place.get(person.known_by)
            if known is None:
                new += 1
                writes.append((None, person if person.id else replace(person, id=f"P{next_id:05d}")))
                next_id += not person.id
                continue
            _, old, tag = known
            met.add(old.id)
            merged = _merged(old, person, sheet.columns)
            if replace(merged, document="") != old or document_tag(self._key, merged.document) not in ("", tag):
                writes.append((known, merged))
        changed = len(writes) - new
        unchanged, kept = len(sheet.persons) - len(writes), len(by_id) - len(met)
        preview = RosterPreview(new=new, changed=changed, unchanged=unchanged, kept=kept, problems=sheet.problems)
        return preview, writes

    def _write(self, db: sqlite3.Connection, writes: list[tuple[_Known | None, Person]]) -> None:
        terms: list[tuple[str, int]] = []
        for known, person in writes:
            read = syllables(person.name)
            values = (
                *(person.id, person.name, name_key(person.name), name_key(latin_name(read))),
                *(person.building, person.unit, person.room, person.phone, person.birth_date, person.group.value),
                person.tested_at.isoformat() if person.tested_at else "",
                document_tag(self._key, person.document) or (known[2] if known else ""),
            )
            if known:
                number = known[0]
                db.executemany("DELETE FROM term WHERE term = ? AND person = ?", _terms(number, known[1]))
                db.execute("DELETE FROM person WHERE number = ?", (number,))
            number = db.execute(_INSERT, (known and known[0], *values)).lastrowid or 0
            if person.passes:
                db.executemany("INSERT OR REPLACE INTO pass VALUES (?, ?)", [(each, number) for each in person.passes])
            terms += [(term, number) for term in person_terms(person, read)]
        db.executemany("INSERT OR IGNORE INTO term VALUES (?, ?)", sorted(terms))  # in order: four times as fast


def _terms(number: int, person: Person) -> list[tuple[str, int]]:
    return [(term, number) for term in person_terms(person, syllables(person.name))]


def document_tag(key: bytes, document: str) -> str:
    """The keyed hash by which a document number is known again; empty where there is none."""
    bare = document_key(document)
    return hmac.digest(key, bare.encode("utf-8", "surrogatepass"), "sha256").hex() if bare else ""


def find(db: sqlite3.Connection, text: str, limit: int) -> tuple[Person, ...]:
    """People whom every word of `text` fits, whole terms before beginnings of terms."""
    terms = search_terms(text)
    if not terms:
        return ()
    whole = " INTERSECT ".join(["SELECT person FROM term WHERE term = ?"] * len(terms))
    begun = " INTERSECT ".join(["SELECT person FROM term WHERE term >= ? AND term < ?"] * len(terms))
    ends = [bound for term in terms for bound in (term, term + "\U0010ffff")]
    first = [number for (number,) in db.execute(f"{whole} LIMIT {_CANDIDATES}", terms)]
    found = _people(db, first)[:limit]
    if len(found) < limit:
        known = set(first)
        more = [number for (number,) in db.execute(f"{begun} LIMIT {_CANDIDATES}", ends) if number not in known]
        found = (*found, *_people(db, more)[: limit - len(found)])
    return found


def person_of(db: sqlite3.Connection, person_id: str) -> Person | None:
    """The person of that id."""
    row = db.execute(f"SELECT {_FIELDS} FROM person WHERE id = ?", (person_id,)).fetchone()  # noqa: S608
    return _person(row, _passes(db, row[0])) if row else None


def _people(db: sqlite3.Connection, numbers: list[int]) -> tuple[Person, ...]:
    return tuple(_person(row, ()) for row in db.execute(_FIND, (str(numbers),)))


def _passes(db: sqlite3.Connection, number: int) -> tuple[str, ...]:
    return tuple(each for (each,) in db.execute("SELECT pass FROM pass WHERE person = ? ORDER BY pass", (number,)))


def _person(row: _Stored, passes: tuple[str, ...]) -> Person:
    _, person_id, name, building, unit, room, phone, birth_date, people, tested_at = row
    tested = datetime.fromisoformat(tested_at) if tested_at else None
    return Person(person_id, name, building, unit, room, phone, birth_date, Group(people), tested, passes)


def _known(db: sqlite3.Connection) -> tuple[dict[str, _Known], dict[tuple[str, str], _Known]]:
    """Everybody, by id and by name and place."""
    passes: dict[int, list[str]] = {}
    for each, number in db.execute("SELECT pass, person FROM pass ORDER BY pass"):
        passes.setdefault(number, []).append(each)
    rows = db.execute(f"SELECT {_FIELDS}, document_tag FROM person").fetchall()  # noqa: S608
    people = [(row[0], _person(row[:-1], tuple(passes.get(row[0], ()))), row[-1]) for row in rows]
    return {each[1].id: each for each in people}, {each[1].known_by: each for each in people}


def _next_id(known: Iterable[str]) -> int:
    """The number of the next id to be given away."""
    return max((int(each[1:]) for each in known if _OUR_ID.fullmatch(each)), default=0) + 1


def _merged(old: Person, new: Person, columns: frozenset[str]) -> Person:
    """`old` with the columns that the file has; the id stays."""
    values = {name: getattr(new, name) for name in columns - {"id"}}
    return replace(old, **(values | {"passes": tuple(sorted(new.passes))} if "passes" in columns else values))
