"""A whole kiosk that lives: gate, scanner and pages as processes of their own, before a street that a test directs.

Nothing is stubbed. Camera and thermometer are the simulated ones of `make run`, played on cue (`hardware.simulation`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes, token_hex
from signal import SIGCONT, SIGSTOP
from subprocess import Popen
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hardware.simulation import Cue, Deck, Note, Person, dump_deck
from kiosk.core.formats import local_pass
from kiosk.core.model import Group
from kiosk.core.requests import Reply, Request
from kiosk.core.view import DeskView, GateView
from kiosk.services.online_service import TIMEOUT_S
from kiosk.services.street import ISSUER, OPAQUE, Mint
from kiosk.settings import Places
from kiosk.store.desk import Desk, Role
from kiosk.store.entries import Entry
from kiosk.store.reader import Filter, Reader
from tests.support.gates import ask, end, eventually, fresh_places, start, view
from tests.support.online_service import OnlineService
from tests.support.ports import free_port

PASSPHRASE, PIN, SECOND_PIN = "correct horse battery", "294713", "508162"
MANAGER, VOLUNTEER, SECOND = "manager", "101", "102"
PLACE = "阳光花园 南门"
SURNAMES = "王李张刘陈杨黄吴徐孙马朱"
GRANDMOTHERS = [
    (f"{surname}桂兰", f"5-{unit}-{number}01") for unit in (1, 2) for number, surname in enumerate(SURNAMES, 1)
]
ROSTER = "name,building,unit,room,phone\n王小明,3,2,501,13800001234\n" + "".join(
    f"{name},{room.replace('-', ',')},\n" for name, room in GRANDMOTHERS
)

# A gate at which nothing takes longer than a test has time for; everything else is as it comes.
RULES = """
[show]
pass_s = 4
abandon_s = 4
nag_s = 2
"""

# Everybody who may come, by the part they play; there are several of each, for nobody comes twice.
PARTS: Mapping[str, Callable[[Mint, str], Person]] = {
    "resident": lambda mint, family: Person(name=f"{family}小明", text=mint.local_pass(f"{family}小明")),
    "foreigner": lambda mint, family: Person(name="Anna Muster", text=mint.dcc("Muster", f"Anna {ord(family)}")),
    "feverish": lambda mint, family: Person(
        name=f"{family}静", text=mint.local_pass(f"{family}静"), forehead_c=38.6, note=Note.FEVERISH
    ),
    "wet": lambda mint, family: Person(name=f"{family}雨", text=mint.local_pass(f"{family}雨"), forehead_c=33.6),
    "expired": lambda mint, family: Person(
        name=f"{family}娜", text=mint.local_pass(f"{family}娜", days=(-30, -2)), note=Note.EXPIRED
    ),
    "opaque": lambda mint, family: Person(name=f"{family}洋", text=OPAQUE + token_hex(4), note=Note.ONLINE),
    "mother": lambda mint, family: Person(name=f"{family}丽", text=mint.local_pass(f"{family}丽")),
    "child": lambda mint, family: Person(name=f"{family}小宝", forehead_c=36.8),
    "old": lambda mint, family: Person(name=f"{family}奶奶", note=Note.NO_CODE),
    "rider": lambda mint, family: Person(
        name=f"{family}帆", text=mint.local_pass(f"{family}帆", group=Group.DELIVERIES)
    ),
    "visitor": lambda mint, family: Person(
        name=f"{family}访", text=mint.local_pass(f"{family}访", group=Group.VISITORS)
    ),
}


class OneService(OnlineService):
    """The city's service of health codes, which answers or is slow as a test wants."""

    def knows_green(self, text: str) -> None:
        """Whoever shows this code is well, and was tested this morning."""
        self.knows[text] = {"colour": "green", "tested_at": (datetime.now(UTC) - timedelta(hours=3)).isoformat()}

    def is_slow(self) -> None:
        """From now on it answers later than anybody waits."""
        self.acts = lambda _call, _question: self.ending.wait(TIMEOUT_S * 2) and None


@dataclass
class LivingKiosk:
    """A kiosk that runs, and the strings by which its street is pulled."""

    address: str
    at: Places
    deck: Path
    cue: Cue
    people: tuple[Person, ...]
    parts: Mapping[str, list[int]]
    gate: Popen[bytes]
    scanner: Popen[bytes]
    mint: Mint
    online: OneService
    grandmothers: list[tuple[str, str]] = field(default_factory=GRANDMOTHERS.copy)
    _came: dict[str, int] = field(default_factory=dict)

    def comes(self, part: str) -> Person:
        """Somebody new who plays that part comes into sight now; whoever was there is gone."""
        somebody = self.next(part)
        self.cue.call(self.people.index(somebody), time.time())
        self._came[part] = self._came.get(part, 0) + 1
        return somebody

    def next(self, part: str) -> Person:
        """Who will play that part."""
        return self.people[self.parts[part][self._came.get(part, 0)]]

    def day_pass(self, name: str, life_s: float) -> tuple[str, datetime]:
        """A visitor's pass that holds for so long from now, as its QR code says it, and until when."""
        until = (datetime.now(UTC) + timedelta(seconds=life_s)).replace(microsecond=0)
        text = local_pass.issue(
            self.mint.pass_key,
            issuer=ISSUER,
            credential_id=token_bytes(8),
            name=name,
            group=Group.VISITORS,
            valid_from=until - timedelta(days=1),
            valid_until=until,
            tested_at=until - timedelta(hours=9),
        )
        return text, until

    def without_phone(self) -> tuple[str, str]:
        """Name and room of somebody of the roster who was not here today."""
        return self.grandmothers.pop()

    def nobody_comes(self) -> None:
        """The street is empty."""
        self.cue.call(0, 0.0)

    def obeys(self, rules: str) -> None:
        """Other rules are in force from now on, at a gate that goes on running."""
        before = self.view.rules
        self.at.rules.write_text(rules)
        eventually(lambda: self.view.rules != before)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Within, the gate hangs: its sockets are there and say nothing. Afterwards the scanner is started anew."""
        self.gate.send_signal(SIGSTOP)
        try:
            yield
        finally:
            self.gate.send_signal(SIGCONT)
            end(self.scanner)
            self.scanner = _scanner(self.at, self.deck)
            eventually(lambda: not self.lane.out_of_order)

    @property
    def view(self) -> GateView:
        """The gate at this moment."""
        return view(self.at)

    @property
    def lane(self) -> DeskView:
        """Its one lane."""
        return self.view.lanes[0]

    def rows(self, **chosen: Any) -> list[Entry]:
        """What the logbook holds, newest first."""
        return list(Reader(self.at.logbook).rows(Filter(**chosen), newest_first=True))

    def ask(self, request: type[Request], **more: Any) -> Reply:
        """Asks the gate, as a button does."""
        return ask(self.at, request, **more)


@contextmanager
def living(folder: Path, *, copies: int = 40, rules: str = RULES, settings: str = "") -> Iterator[LivingKiosk]:
    """A kiosk with two volunteers, a manager and a roster, for as long as the block lasts."""
    at = fresh_places(folder / "state")
    at.rules.write_text(rules)
    (at.state / "kiosk.toml").write_text(f'[kiosk]\nplace = "{PLACE}"\n{settings}')
    mint = Mint.fresh(datetime.now(UTC))
    mint.publish(folder / "lists")
    people, parts = _cast(mint, copies)
    deck = folder / "deck.json"
    quick = Deck(people=people, on_cue=True, walking_s=0.4, presenting_s=1.0, measuring_s=2.2, leaving_s=0.3)
    dump_deck(quick, deck)
    cue = Cue(deck, calling=True)
    with closing(Desk.open(at.desk)) as desk:
        desk.users.add(MANAGER, Role.MANAGER, PASSPHRASE)
        desk.users.add(VOLUNTEER, Role.VOLUNTEER, PIN)
        desk.users.add(SECOND, Role.VOLUNTEER, SECOND_PIN)
        desk.roster.apply(ROSTER.encode(), ZoneInfo("Asia/Shanghai"))
    devices = (f"--thermometer=simulated:{deck}", "--lamp=none", "--voice=silent", "--buttons=none")
    online = OneService(Ed25519PrivateKey.generate())
    with (at.state / "kiosk.toml").open("a") as file:
        file.write(f'[resolver]\nurl = "{online.url}"\nkey = "{online.public}"\nmisses = 2\npause_s = 2\n')
    port = free_port()
    resolver = start("resolver", at=at)
    gate = start("gate", *devices, "--trust", str(folder / "lists"), at=at)
    web = start("web", "--port", str(port), at=at)
    address = f"http://127.0.0.1:{port}"
    kiosk = LivingKiosk(address, at, deck, cue, people, parts, gate, _scanner(at, deck), mint, online)
    try:
        eventually(lambda: _is_ready(kiosk), within_s=40)
        yield kiosk
    finally:
        for process in (web, kiosk.scanner, gate, resolver):
            end(process)
        online.close()


def _scanner(at: Places, deck: Path) -> Popen[bytes]:
    return start("scanner", "--lane", "main", f"--camera=simulated:{deck}", at=at)


def _cast(mint: Mint, copies: int) -> tuple[tuple[Person, ...], dict[str, list[int]]]:
    people: list[Person] = []
    parts: dict[str, list[int]] = {}
    for part, make in PARTS.items():
        parts[part] = list(range(len(people), len(people) + copies))
        people += [make(mint, SURNAMES[number % len(SURNAMES)]) for number in range(copies)]
    return tuple(people), parts


def _is_ready(kiosk: LivingKiosk) -> bool:
    """Whether the gate is in order and the pages are served."""
    try:
        with urlopen(f"{kiosk.address}/health", timeout=2) as answer:
            return bool(answer.status == 200) and not kiosk.lane.out_of_order
    except HTTPError:
        return False
