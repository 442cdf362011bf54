"""Gate, resolver and online service as real processes: from an opaque code to the lamp, the row and the banner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.requests import Typed
from kiosk.core.view import Face
from kiosk.settings import Places
from kiosk.store.reader import Filter, Reader
from tests.support.gates import ask, eventually, fresh_places, running, view
from tests.support.online_service import OnlineService

pytestmark = pytest.mark.timeout(90)

RULES = """
[groups.visitors]
checks = ['credential', 'attestation', 'test_age', 'venue', 'replay']
[venue]
venue_ids = ['gate']
"""
DEVICES = ("--thermometer=none", "--lamp=none", "--voice=silent", "--buttons=none")
LINK = "https://health.example.gov.cn/jkm/qrcode?t="


@pytest.fixture
def service() -> Iterator[OnlineService]:
    service = OnlineService(Ed25519PrivateKey.generate())
    yield service
    if not service.ending.is_set():
        service.close()


@pytest.fixture
def at(tmp_path: Path, service: OnlineService) -> Iterator[Places]:
    at = fresh_places(tmp_path / "state")
    at.rules.write_text(RULES)
    (at.state / "kiosk.toml").write_text(f'[resolver]\nurl = "{service.url}"\nkey = "{service.public}"\npause_s = 1\n')
    with running(("gate", *DEVICES), ("resolver",), at=at):
        eventually(lambda: view(at) and at.resolver_socket.exists())
        yield at


def shows(at: Places, token: str) -> None:
    ask(at, Typed, lane="main", text=LINK + token)


def asked_about(at: Places, service: OnlineService, token: str) -> bool:
    """Holds it up until the service was asked; the next in a queue waits a moment."""
    shows(at, token)
    return service.asked[-1]["code"] == LINK + token


def shown(at: Places) -> Face:
    return view(at).lanes[0].resident.face


def down(at: Places) -> bool:
    return "resolver_down" in [condition.condition for condition in view(at).conditions]


def test_a_code_is_green_red_or_too_old_as_its_service_says_and_one_banner_says_when_it_is_gone(at, service):
    hours = {"green": 3, "old": 60, "red": 3}
    for token, ago in hours.items():
        tested_at = (datetime.now(UTC) - timedelta(hours=ago)).isoformat()
        colour = "red" if token == "red" else "green"
        service.knows[LINK + token] = {"colour": colour, "tested_at": tested_at, "holder": {"name": f"Holder {token}"}}
    shows(at, "green")
    eventually(lambda: shown(at) is Face.PASS)
    shows(at, "old")
    eventually(lambda: shown(at) is Face.SEE_VOLUNTEER)
    assert view(at).lanes[0].current.name == "Holder old"
    shows(at, "red")
    eventually(lambda: shown(at) is Face.STOP)
    rows = [row for row in Reader(at.logbook).rows(Filter()) if row.kind == "visit"]
    assert sorted((row.outcome.value, row.issuer, *map(str, row.reasons)) for row in rows) == [
        ("check", "gov_cn_health", "test_too_old"),
        ("deny", "gov_cn_health", "code_red"),
        ("pass", "gov_cn_health"),
    ]
    assert not down(at)

    for token, document in (("noon", "3301 0219"), ("one", "33010219"), ("another", "33010227")):
        tested_at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        holder = {"name": f"Holder {token}", "document": document}
        service.knows[LINK + token] = {"colour": "green", "tested_at": tested_at, "holder": holder}
    shows(at, "noon")
    eventually(lambda: shown(at) is Face.PASS)
    shows(at, "one")  # the same document under the code of an hour later
    eventually(lambda: shown(at) is not Face.PASS)
    eventually(lambda: view(at).lanes[0].current.name == "Holder one")
    shows(at, "another")
    eventually(lambda: view(at).lanes[0].current.name == "Holder another" and shown(at) is Face.PASS)
    second = [row for row in Reader(at.logbook).rows(Filter()) if row.kind == "visit"][-2]
    assert list(map(str, second.reasons)) == ["already_passed"]

    service.acts = lambda call, _: call.reply(b'{"colour": "green"}')  # not signed
    for number in range(3):
        assert not down(at)
        eventually(partial(asked_about, at, service, f"lie {number}"))
        eventually(lambda: shown(at) is Face.SHOW_PHONE)
    eventually(lambda: down(at))
    device = next(device for device in view(at).devices if device.name == "resolver")
    assert (device.ok, device.state, device.driver) == (False, "unsigned", "127.0.0.1")

    service.acts = None
    people = (f"person {number}" for number in count())

    def probe() -> bool:
        token = next(people)
        service.knows[LINK + token] = {"colour": "green"}
        shows(at, token)
        return not down(at)

    eventually(probe)
    probe()  # whoever came while the first answer was on its way was refused
    eventually(lambda: shown(at) is Face.PASS)
