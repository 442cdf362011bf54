"""Who it is that holds up a code: the text is read, its identity keyed, the roster and the logbook are asked."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from kiosk.core import formats, identity
from kiosk.core.lane import Arrival, Known, OnlineAnswer
from kiosk.core.model import Certainty, Credential, Direction, Part, Presented, Read, RosterMatch, Scan, VenueCode
from kiosk.core.parts import collect, is_mixed
from kiosk.core.rules import Rules
from kiosk.services.lists_watch import Policy

REMEMBERED_S = 2.0  # a code read every frame is verified once


class PassedBefore(Protocol):
    """When an identity, or a person of the roster, last passed this way, not before `since`; either may be empty."""

    def __call__(  # noqa: D102 - the class says it
        self, key: str, direction: Direction, since: datetime, *, person: str = ""
    ) -> datetime | None: ...


class Roster(Protocol):
    """What the gate asks of the roster."""

    def match(self, credential: Credential) -> RosterMatch | None:
        """Whom a credential is about."""

    def person(self, person: str) -> RosterMatch | None:
        """The person of that id."""


@dataclass(frozen=True, slots=True)
class _Verified:
    read: Read
    key: str
    roster: RosterMatch | None
    passed_before: datetime | None
    at: datetime


class Passers:
    """Turns Scans into arrivals. Their texts are kept nowhere."""

    def __init__(self, secret: bytes, roster: Roster, passed_before: PassedBefore) -> None:
        self._secret, self._roster, self._passed_before = secret, roster, passed_before
        self._verified: OrderedDict[tuple[bytes, Direction], _Verified] = OrderedDict()

    def arrival(self, scan: Scan, direction: Direction, policy: Policy) -> Arrival:
        """What a Scan means at its lane at its moment."""
        known = self._known(scan, direction, policy)
        return Arrival(Presented(known.read, known.key, scan.at, scan.source), known.roster, known.passed_before)

    def together(
        self, held: tuple[Part, ...], arrival: Arrival, scan: Scan, direction: Direction, policy: Policy
    ) -> tuple[tuple[Part, ...], Arrival]:
        """The parts of a code that a lane holds from now on, and what came of them with this arrival.

        Parts that make nothing that can be believed were of two people: the newest begins anew, and nobody is
        accused of forgery.
        """
        part = arrival.presented.read
        if not isinstance(part, Part):
            return held, arrival
        held, whole = collect(held, part)
        if whole is None:
            return held, arrival
        joined = self.arrival(replace(scan, text=whole), direction, policy)
        return ((part,), arrival) if is_mixed(joined.presented.read) else ((), joined)

    def _known(self, scan: Scan, direction: Direction, policy: Policy) -> _Verified:
        text, now = scan.text, scan.at
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest(), direction
        held = self._verified.get(digest)
        if held is None or not timedelta(0) <= now - held.at <= timedelta(seconds=REMEMBERED_S):
            read = formats.read(text, policy.trust)
            key = identity.key(read, text, self._secret)
            match = self._roster.match(read) if isinstance(read, Credential) else None
            certain = match is not None and match.certainty is Certainty.CERTAIN
            person = match.person if match is not None and certain else ""
            held = _Verified(read, key, match, self._passed(key, person, direction, policy.rules, now), now)
        self._verified[digest] = _Verified(held.read, held.key, held.roster, held.passed_before, now)
        self._verified.move_to_end(digest)
        while len(self._verified) > 32:
            self._verified.popitem(last=False)
        return held

    def answered(
        self, visit: str, key: str, read: Credential | VenueCode | None, direction: Direction, policy: Policy,
        now: datetime,
    ) -> OnlineAnswer:  # fmt: skip
        """What the online service's answer about a visit's code means: who that is, and when they last passed.

        Such codes change from day to day, or minute to minute; the document that the service names does not.
        """
        if not isinstance(read, Credential):
            return OnlineAnswer(visit, key, read)
        match = self._roster.match(read)
        about = identity.document_key(read.holder.document or "", self._secret)
        person = match.person if match is not None and match.certainty is Certainty.CERTAIN else about
        before = self._passed("", person, direction, policy.rules, now) if person else None
        return OnlineAnswer(visit, key, read, match, about, before)

    def _passed(self, key: str, person: str, direction: Direction, rules: Rules, now: datetime) -> datetime | None:
        """Somebody who passed by hand and now shows a code, or the other way round, is the same person again."""
        if not rules.replay.window_s:
            return None
        return self._passed_before(key, direction, now - timedelta(seconds=rules.replay.window_s), person=person)

    def known(self, person: str, direction: Direction, policy: Policy, now: datetime) -> Known | None:
        """A person of the roster whom a request names, and when they last passed that way."""
        match = self._roster.person(person)
        return Known(match, self._passed("", match.person, direction, policy.rules, now)) if match else None

    def forget(self) -> None:
        """Verifies everything anew: the lists have changed."""
        self._verified.clear()
