"""One lane of a running gate: where it stands, its devices, and what came in since the last look at it."""

from __future__ import annotations

import secrets

from kiosk.core import requests
from kiosk.core.gate import Gate
from kiosk.core.lane import Arrival, Known, Lane, Look, OnlineAnswer
from kiosk.core.model import Credential, Part, Reading, Scan, Source, VenueCode
from kiosk.core.ports import Clock
from kiosk.core.reasons import Reason
from kiosk.core.requests import Request
from kiosk.core.view import DeviceView
from kiosk.services.lane_devices import LaneDevices
from kiosk.services.lists_watch import Policy
from kiosk.services.passers import Passers
from kiosk.services.resolver_link import ResolverLink
from kiosk.services.scanner_link import ScannerLink


class Passage:
    """Gathers what comes between two looks; what it means is the core's to say, in `kiosk.core.step`."""

    def __init__(
        self,
        lane: Lane,
        devices: LaneDevices,
        scanner: ScannerLink,
        passers: Passers,
        resolver: ResolverLink | None,
        clock: Clock,
    ) -> None:
        self.lane, self.devices, self.scanner = lane, devices, scanner
        self.air: Reading | None = None  # the last reading of the thermometer, for the air around it
        self._passers, self._resolver, self._clock = passers, resolver, clock
        self._arrivals: list[Arrival] = []
        self._readings: list[Reading] = []
        self._requests: list[Request] = []
        self._online: list[OnlineAnswer] = []
        self._parts: tuple[Part, ...] = ()  # of a code that is shown in several, while its visit lasts
        self._typed: list[str] = []

    def hold_up(self, text: str, source: Source, policy: Policy) -> None:
        """A code was read at this lane."""
        scan, direction = Scan(text, self._clock.now(), source, self.lane.name), self.lane.direction
        arrival = self._passers.arrival(scan, direction, policy)
        held = self._parts if self.lane.visit else ()
        self._parts, arrival = self._passers.together(held, arrival, scan, direction, policy)
        if self._resolver is not None:
            self._resolver.remember(arrival.presented, text)
        if arrival.presented.key not in dict(self.lane.in_view):
            self.devices.thermometer.code_shown()
        self._arrivals.append(arrival)

    def measured(self, reading: Reading) -> None:
        """The thermometer gave a reading."""
        self._readings.append(reading)
        self.air = reading

    def asked(self, request: Request, policy: Policy) -> None:
        """Somebody asks something of this lane; a code that was typed is held up like any other."""
        if isinstance(request, requests.Typed):
            self.hold_up(request.text, Source.KEYBOARD, policy)
            self._typed.append(request.request_id)
        else:
            self._requests.append(request)

    def resolved(self, visit: str, key: str, read: Credential | VenueCode | None, policy: Policy) -> None:
        """The online service spoke of a visit's code."""
        now = self._clock.now()
        self._online.append(self._passers.answered(visit, key, read, self.lane.direction, policy, now))

    def look(self, gate: Gate, policy: Policy, *, writable: bool) -> tuple[Look, list[str]]:
        """Everything since the last look, and the ids of the requests that typed a code."""
        look = Look(
            now=self._clock.now(),
            fresh_id=secrets.token_hex(8),
            gate=gate,
            arrivals=tuple(self._arrivals),
            readings=tuple(self._readings),
            requests=tuple(self._requests),
            online=tuple(self._online),
            known=self._known(policy),
            faults=self._faults(writable=writable),
            resolver=self._resolver is not None,
        )
        typed, self._typed = self._typed, []
        for gathered in (self._arrivals, self._readings, self._requests, self._online):
            gathered.clear()
        return look, typed

    def _known(self, policy: Policy) -> dict[str, Known]:
        """The people of the roster whom requests name."""
        named = {each.person for each in self._requests if isinstance(each, requests.ManualVisit) and each.person}
        now = self._clock.now()
        found = {person: self._passers.known(person, self.lane.direction, policy, now) for person in named}
        return {person: known for person, known in found.items() if known is not None}

    def _faults(self, *, writable: bool) -> frozenset[Reason]:
        lost = {Reason.LOGBOOK_DOWN: not writable, Reason.CAMERA_DOWN: self.camera_down()}
        return frozenset(reason for reason, holds in lost.items() if holds)

    def camera_down(self) -> bool:
        """Whether nobody's code can be read here just now."""
        self.scanner.check()
        return any(watched.is_down() for watched in (self.scanner.scanner, self.scanner.camera))

    def serves(self, visit: str) -> bool:
        """Whether that visit is before this lane, or has ended here and may still be decided."""
        recent = (ended.visit for ended in self.lane.recent)
        return any(each is not None and each.id == visit for each in (self.lane.visit, *recent))

    def views(self) -> tuple[DeviceView, ...]:
        """How everything at this lane is."""
        return self.scanner.camera.view(), self.scanner.scanner.view(), *self.devices.views()

    def close(self) -> None:
        """Hangs up, dark and silent, whatever one of them says to that."""
        try:
            self.scanner.close()
        finally:
            self.devices.close()
