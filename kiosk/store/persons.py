"""Everything about one person: the rows of their tags, and those whose sealed fields bear their name.

A person of the roster is found by the tags that they had each day, which is quick. A name alone is looked for in
the sealed fields of the days asked for, since they lie there and nowhere else.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import date

from kiosk.core.faults import LogbookBroken
from kiosk.core.roster import folded, name_key
from kiosk.store import holding, seals
from kiosk.store.entries import Entry, parse
from kiosk.store.keys import Keyring

_AT_ONCE = 200  # rows unsealed before the gate may write again
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


Look = Callable[[], AbstractContextManager[sqlite3.Connection]]  # the logbook, for as long as nobody else has to wait


def about(look: Look, keys: Keyring, who: Who, days: Sequence[date]) -> tuple[Mention, ...]:
    """The rows of `days` about them, in their order, with what was decided and noted about those visits.

    Many looks, each of some hundred rows: between them whoever comes in is written down. Raises what `look` does.
    """
    with look() as db:
        found = set(tagged(db, keys, who.persons, days))
    if who.names and days:
        found |= set(_named(look, keys, who.names, days[0]))
    with look() as db:
        found |= set(_around(db, found))
    seqs = sorted(found)
    return tuple(mention for some in _slices(seqs) for mention in _mentions(look, keys, some))


def _mentions(look: Look, keys: Keyring, seqs: Sequence[int]) -> list[Mention]:
    with look() as db:
        entries = [parse(body) for (body,) in db.execute(_BODIES, (json.dumps(seqs),))]
        shown = seals.reveal(db, keys, [each.seq for each in entries])
    return [Mention(each, shown[each.seq]) for each in entries]


def _slices(seqs: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(seqs), _AT_ONCE):
        if start:
            holding.give_way()
        yield seqs[start : start + _AT_ONCE]


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


def _named(look: Look, keys: Keyring, names: Sequence[str], since: date) -> list[int]:
    """The rows since that day whose sealed fields bear one of `names`, as name or within a note."""
    whole, within = {name_key(name) for name in names} - {""}, {folded(name) for name in names} - {""}
    found: list[int] = []
    last = 0
    while True:
        with look() as db:
            held = [seq for (seq,) in db.execute(_HELD, (last, _AT_ONCE))]
            some = [seq for (seq,) in db.execute(_SINCE, (json.dumps(held), since.isoformat()))]
            found += [seq for seq in some if _bears(db, keys, seq, whole, within)]
        if len(held) < _AT_ONCE:
            return found
        last = held[-1]
        holding.give_way()


_HELD = "SELECT DISTINCT seq FROM sealed WHERE seq > ? ORDER BY seq LIMIT ?"
_SINCE = "SELECT seq FROM entry WHERE seq IN (SELECT value FROM json_each(?)) AND recorded >= ? ORDER BY seq"


def _bears(db: sqlite3.Connection, keys: Keyring, seq: int, whole: Set[str], within: Set[str]) -> bool:
    with suppress(LogbookBroken):  # a seal that was damaged hides nobody's other rows
        fields = seals.reveal(db, keys, [seq]).get(seq, {})
        texts = [folded(text) for name, text in fields.items() if name not in _EXACT]
        return name_key(fields.get("name", "")) in whole or any(name in text for name in within for text in texts)
    return False
