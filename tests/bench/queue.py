"""Thirty people at 07:30 through one lane, in real time, with a scripted volunteer: the kiosk's own share of it."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from hardware.simulation import Companion, Deck, Note, Person, Phase, Street, dump_deck
from kiosk.core.faults import LinkDown
from kiosk.core.model import Attested, Group, Outcome, Want
from kiosk.core.requests import Companions, ManualVisit, Override, Request, Seen
from kiosk.core.view import DeskView, Face, GateView
from kiosk.services import link
from kiosk.services.messages import Follow, GatePush, State
from kiosk.services.street import OPAQUE, Mint
from kiosk.settings import Places
from tests.support.figures import Figure, at_most
from tests.support.gates import ask, eventually, fresh_places, running, view

WALKING_S, PRESENTING_S, MEASURING_S, LEAVING_S, GAP_S = 1.5, 2.5, 1.2, 0.8, 0.4
VOLUNTEER_S = 1.0  # how long the volunteer needs to look and press
RESULTS = {Face.PASS, Face.SEE_VOLUNTEER, Face.STOP}


def people(mint: Mint, *, smoke: bool) -> tuple[Person, ...]:
    """The queue: roster passes, dense certificates, opaque codes, families, a fever, no phone, riders."""
    passes = [Person(name=f"居民{n}", text=mint.local_pass(f"居民{n}", person=f"p{n}")) for n in range(15)]
    dense = [Person(name=f"Guest {n}", text=mint.dcc(f"Guest {n}", "Some")) for n in range(6)]
    opaque = [Person(name=f"opaque {n}", text=f"{OPAQUE}{n}", note=Note.ONLINE) for n in range(3)]
    children = (Companion(name="child one", forehead_c=36.7), Companion(name="child two", forehead_c=36.9))
    families = [
        Person(name=f"母亲{n}", text=mint.local_pass(f"母亲{n}", person=f"m{n}"), companions=children) for n in range(2)
    ]
    fever = [Person(name="发热", text=mint.local_pass("发热"), forehead_c=38.6, note=Note.FEVERISH)]
    no_phone = [Person(name="赵奶奶", note=Note.NO_CODE)]
    riders = [Person(name=f"骑手{n}", text=mint.local_pass(f"骑手{n}", group=Group.DELIVERIES)) for n in range(2)]
    groups = [passes, dense, opaque, families, fever, no_phone, riders]
    if smoke:
        return tuple(group[0] for group in groups)
    order = np.random.default_rng(730).permutation(sum(len(group) for group in groups))
    everybody = [person for group in groups for person in group]
    return tuple(everybody[index] for index in order)


@dataclass
class Volunteer:
    """Watches the desk and does what a volunteer does, a second later."""

    at: Places
    street: Street
    results: list[tuple[float, str, Face]] = field(default_factory=list)  # when, which visit, what was shown
    helped: set[str] = field(default_factory=set)
    written_up: set[int] = field(default_factory=set)
    _due: list[tuple[float, type[Request], dict[str, object]]] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    def follow(self, stopping: threading.Event) -> None:
        """Until told to stop."""
        with suppress(LinkDown), link.connect(self.at.gate_socket, timeout_s=None) as gate:
            link.send(gate, Follow())
            while not stopping.is_set():
                pushed = link.receive(gate, GatePush)
                if isinstance(pushed, State):
                    self._look(pushed.view)

    def _look(self, gate: GateView) -> None:
        desk, now_s = gate.lanes[0], time.time()
        current = desk.current
        if current is not None and desk.resident.face in RESULTS and current.visit not in self._known:
            self._known.add(current.visit)
            self.results.append((now_s, current.visit, desk.resident.face))
        self._plan(desk, now_s)
        for due_s, request, values in list(self._due):
            if now_s >= due_s:
                self._due.remove((due_s, request, values))
                ask(self.at, request, **values)

    def _plan(self, desk: DeskView, now_s: float) -> None:
        standing = self.street.at(now_s)
        person = self.street.person(standing) if standing.visit >= 0 else None
        current = desk.current
        if current is not None and current.visit not in self.helped:
            if Want.ATTESTATION in current.wants:
                self._soon(now_s, current.visit, Seen, visit=current.visit, what=Attested.SEEN_GREEN)
            elif person is not None and person.companions and current.name == person.name:
                self._soon(now_s, current.visit, Companions, visit=current.visit, count=len(person.companions))
            elif desk.resident.face is Face.SEE_VOLUNTEER and current.overridden is None:
                self._soon(now_s, current.visit, Override, visit=current.visit, outcome=Outcome.DENY, reason="fever")
        without_phone = person is not None and person.note is Note.NO_CODE and standing.phase is Phase.PRESENTING
        if without_phone and standing.visit not in self.written_up:
            self.written_up.add(standing.visit)
            self._due.append((now_s, ManualVisit, {"lane": "main", "name": person.name, "room": "3-201"}))

    def _soon(self, now_s: float, helped: str, request: type[Request], **values: object) -> None:
        self.helped.add(helped)
        self._due.append((now_s + VOLUNTEER_S, request, values))


def measure(smoke: bool) -> Iterable[Figure]:
    """Real processes: the simulated camera draws everybody's code into frames, the lane does the rest."""
    with tempfile.TemporaryDirectory() as folder:
        at = fresh_places(Path(folder))
        mint = Mint.fresh(datetime.now(UTC))
        mint.publish(Path(folder) / "lists")
        deck = Deck(
            people=people(mint, smoke=smoke),
            start=time.time() + 6,
            walking_s=WALKING_S,
            presenting_s=PRESENTING_S,
            measuring_s=MEASURING_S,
            leaving_s=LEAVING_S,
            gap_s=GAP_S,
            loop=False,
        )
        path = Path(folder) / "deck.json"
        dump_deck(deck, path)
        street = Street(deck)
        volunteer, stopping = Volunteer(at, street), threading.Event()
        devices = (f"--thermometer=simulated:{path}", "--lamp=none", "--voice=silent", "--buttons=none")
        commands = (
            ("gate", *devices, "--trust", str(Path(folder) / "lists")),
            ("scanner", "--lane", "main", f"--camera=simulated:{path}"),
        )
        with running(*commands, at=at):
            eventually(lambda: [d.name for d in view(at).devices if d.name == "scanner" and d.ok])
            following = threading.Thread(target=volunteer.follow, args=(stopping,))
            following.start()
            time.sleep(max(0, deck.start + street.round_s + 2 - time.time()))
            counts = view(at).counts
            stopping.set()
            following.join(timeout=5)
    yield from _figures(street, volunteer, counts.passed + counts.checked + counts.denied)


def _figures(street: Street, volunteer: Volunteer, entries: int) -> Iterable[Figure]:
    expected = sum(1 + len(person.companions) for person in street.deck.people)
    shares = list(_shares(street, volunteer))
    yield Figure(
        "people through the lane", f"{len(volunteer.results)} of {expected}", met=len(volunteer.results) == expected
    )
    yield Figure("entries that were decided", float(entries))
    yield Figure("whole queue", street.round_s, "s")
    yield Figure("walking, presenting, measuring, leaving", f"{WALKING_S} {PRESENTING_S} {MEASURING_S} {LEAVING_S} s")
    yield Figure("kiosk's own share without a volunteer, median", float(np.median(shares)), "s")
    yield at_most("kiosk's own share without a volunteer, worst", max(shares), "s", 0.5)


def _shares(street: Street, volunteer: Volunteer) -> Iterable[float]:
    """For everybody whom no volunteer helped: from code and forehead both being there to the result."""
    there: dict[int, float] = {}
    moment = street.deck.start
    while moment < street.deck.start + street.round_s:
        standing = street.at(moment)
        if standing.face == 0 and standing.code_shown and standing.forehead_near:
            there.setdefault(standing.visit, moment)
        moment += 0.01
    for shown_s, visit, _ in volunteer.results:
        number = street.at(shown_s).visit
        person = street.person(street.at(shown_s))
        alone = visit not in volunteer.helped and not person.companions and person.note is not Note.NO_CODE
        if alone and number in there:
            yield shown_s - there[number]
