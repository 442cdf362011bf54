"""Everything about one person: the rows of their tags, and those whose sealed fields bear their name.

A person of the roster is found by the tags that they had each day, which is quick. A name alone is looked for in
the sealed fields of the days asked for, since they lie there and nowhere else.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from kiosk.core.faults import LogbookBroken
from kiosk.core.roster import folded, name_key
from kiosk.store import seals
from kiosk.store.entries import Entry, parse
from kiosk.store.keys import Keyring

_EXACT = ("name", "document", "phone", "room")  # a name is no other that begins like it


@dataclass(frozen=True, slots=True)
class Who:
    """Whom is asked about: roster ids, names as they are written, or both."""

    persons: tuple[str, ...] = ()
    names: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Mention:
    """One row about somebody."""

    entry: Entry
    personal: dict[str, str] = field(repr=False)


def about(db: sqlite3.Connection, keys: Keyring, who: Who, days: Sequence[date]) -> tuple[Mention, ...]:
    """The rows of `days` about them, in their order, with what was decided and noted about those visits."""
    found = set(tagged(db, keys, who.persons, days))
    if who.names and days:
        found |= set(_named(db, keys, who.names, days[0]))
    found |= set(_around(db, found))
    entries = [parse(body) for (body,) in db.execute(_BODIES, (json.dumps(sorted(found)),))]
    shown = seals.reveal(db, keys, [each.seq for each in entries])
    return tuple(Mention(each, shown[each.seq]) for each in entries)


_BODIES = "SELECT body FROM entry WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"


def tagged(db: sqlite3.Connection, keys: Keyring, persons: Iterable[str], days: Sequence[date]) -> list[int]:
    """The rows that carry a tag of one of `persons` of one of `days`."""
    tags = [tag for person in persons for day in days if (tag := keys.find_tag(day, person)) is not None]
    sql = "SELECT seq FROM entry WHERE person_tag IN (SELECT value FROM json_each(?)) ORDER BY seq"
    return [seq for (seq,) in db.execute(sql, (json.dumps(tags),))]


def _around(db: sqlite3.Connection, seqs: Iterable[int]) -> list[int]:
    """Rows of and about the visits of those rows."""
    sql = (
        "WITH visits(visit) AS"
        " (SELECT coalesce(visit, refers) FROM entry WHERE seq IN (SELECT value FROM json_each(?)))"
        " SELECT seq FROM entry WHERE visit IN visits UNION SELECT seq FROM entry WHERE refers IN visits"
    )
    return [seq for (seq,) in db.execute(sql, (json.dumps(list(seqs)),))]


def _named(db: sqlite3.Connection, keys: Keyring, names: Sequence[str], since: date) -> list[int]:
    """The rows since that day whose sealed fields bear one of `names`, as name or within a note."""
    whole, within = {name_key(name) for name in names} - {""}, {folded(name) for name in names} - {""}
    sql = "SELECT DISTINCT seq FROM sealed JOIN entry USING (seq) WHERE recorded >= ? ORDER BY seq"
    found = []
    for (seq,) in db.execute(sql, (since.isoformat(),)).fetchall():
        with suppress(LogbookBroken):  # a seal that was damaged hides nobody's other rows
            fields = seals.reveal(db, keys, [seq]).get(seq, {})
            texts = [folded(text) for name, text in fields.items() if name not in _EXACT]
            if name_key(fields.get("name", "")) in whole or any(name in text for name in within for text in texts):
                found.append(seq)
    return found
