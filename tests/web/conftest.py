"""The pages over a scripted gate and a real desk, and browsers (of Werkzeug's) in every role."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from kiosk.core.view import GateView
from kiosk.settings import Places, Settings, places
from kiosk.store import users
from kiosk.store.desk import Desk, Role
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from web import create_app
from web.gate import Gate

PIN, PASSPHRASE = "294713", "correct horse battery"
ROSTER = "name,building,unit,room,phone\n王小明,3,2,501,13800001234\n王丽,3,2,502,\n欧阳娜娜,12,1,1203,13912345678\n"


@dataclass
class Clock:
    """A time that tests move."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def at(tmp_path: Path) -> Places:
    return places(tmp_path)


@pytest.fixture
def stub(at: Places) -> Iterator[GateStub]:
    with closing(GateStub(at.gate_socket)) as stub:
        yield stub


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of full strength take 0.1 s each; the store's own tests have those."""
    monkeypatch.setattr(users, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def desk(at: Places, clock: Clock) -> Iterator[Desk]:
    with closing(Desk.open(at.desk, now=clock.now)) as desk:
        desk.users.add("manager", Role.MANAGER, PASSPHRASE)
        desk.users.add("Anna", Role.VOLUNTEER, PIN)
        desk.users.add("tech", Role.TECHNICIAN, PASSPHRASE)
        desk.roster.apply(ROSTER.encode(), ZoneInfo("Asia/Shanghai"))
        yield desk


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def gate(at: Places, stub: GateStub) -> Iterator[Gate]:
    with closing(Gate(at.gate_socket)) as gate:
        gate.start()
        yield gate


@pytest.fixture
def app(settings: Settings, at: Places, desk: Desk, gate: Gate, clock: Clock) -> Flask:
    made = create_app(
        settings, at, desk, gate, secret=b"s" * 32, now=clock.now, config={"TESTING": True, "RATELIMIT_ENABLED": False}
    )
    until(lambda: gate.view is not None)
    return made


def until(happened: Callable[[], bool], within_s: float = 5.0) -> None:
    """Waits for another thread. Fails when it never happens."""
    deadline = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def show(stub: GateStub, gate: Gate, view: GateView) -> None:
    """Has the gate show `view`, and waits until the pages know it."""
    stub.show(view)
    until(lambda: (known := gate.view) is not None and known.lanes == view.lanes)


class Visitor:
    """A browser without scripts: it knows the token of the page that it sees."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str, **headers: str):
        headers = {"Accept": "text/html", "Accept-Language": "en", **headers}
        if host := headers.pop("Host", ""):
            return self.client.get(address, headers=headers, base_url=f"http://{host}")
        return self.client.get(address, headers=headers)

    def page(self, address: str, **headers: str) -> str:
        return self.get(address, **headers).get_data(as_text=True)

    def token(self, address: str = "/login") -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.page(address))
        assert found, f"{address} carries no token"
        return found[1]

    def post(self, address: str, data: dict[str, str] | None = None, *, token_of: str = "/settings", **headers: str):
        token = self.token(token_of)
        return self.client.post(
            address,
            data={"csrf_token": token, **(data or {})},
            headers={"Accept": "text/html", "Accept-Language": "en", **headers},
        )

    def log_in(self, name: str, secret: str, onward: str = "/login"):
        return self.post(onward, {"name": name, "secret": secret}, token_of="/login")


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def volunteer(app: Flask) -> Visitor:
    visitor = Visitor(app.test_client())
    assert visitor.log_in("Anna", PIN).status_code == 303
    return visitor


@pytest.fixture
def manager(app: Flask) -> Visitor:
    visitor = Visitor(app.test_client())
    assert visitor.log_in("manager", PASSPHRASE).status_code == 303
    return visitor


__all__ = ["gate_stub"]
