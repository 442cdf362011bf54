"""The online service: right, slow, absent or lying, each has a defined outcome."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from kiosk.core.faults import SettingsError
from kiosk.core.model import Kind, OnlineCode, Outcome, Presented, Source
from kiosk.services import link
from kiosk.services.clock import SystemClock
from kiosk.services.inbox import Inbox
from kiosk.services.messages import AskAbout, Resolved
from kiosk.services.resolver import Resolver
from kiosk.services.resolver_link import ResolverLink
from kiosk.settings import places
from tests.support.lanes import MORNING


class Service:
    """A reference of the contract, told by a test what to say."""

    def __init__(self) -> None:
        self.says: bytes = b'{"colour": "green"}'
        self.wait = threading.Event()
        self.wait.set()
        self.asked: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.asked.append(json.loads(body)["code"])
                service.wait.wait(3)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(service.says)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/resolve"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.wait.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def service():
    service = Service()
    yield service
    service.close()


def question(text="token"):
    return AskAbout(visit="v", key="k", service="s", text=text)


@pytest.mark.parametrize(
    ("colour", "outcome"), [("green", Outcome.PASS), ("yellow", Outcome.CHECK), ("red", Outcome.DENY)]
)
def test_each_colour_has_its_outcome(service, colour, outcome):
    service.says = json.dumps({"colour": colour}).encode()
    assert Resolver(service.url, SystemClock()).resolve(question()).outcome is outcome


def test_a_code_is_asked_about_once_a_minute(service):
    resolver = Resolver(service.url, SystemClock())
    resolver.resolve(question())
    resolver.resolve(question())
    assert service.asked == ["token"]


@pytest.mark.parametrize("nonsense", [b"", b"[]", b'{"colour": "blue"}', b'{"color": "green"}', b"\xff", b"{" * 100000])
def test_a_lying_service_says_nothing(service, nonsense):
    service.says = nonsense
    assert Resolver(service.url, SystemClock()).resolve(question()).outcome is None


def test_a_slow_service_is_given_up(service):
    service.wait.clear()
    assert Resolver(service.url, SystemClock()).resolve(question()).outcome is None
    service.wait.set()


def test_an_absent_service_says_nothing():
    assert Resolver("http://127.0.0.1:9/none", SystemClock()).resolve(question()).outcome is None


def test_an_address_that_is_none_is_refused():
    with pytest.raises(SettingsError, match=r"resolver\.url"):
        Resolver("file:///etc/passwd", SystemClock())


def test_the_gate_asks_in_the_background_and_knows_when_nobody_answers(tmp_path):
    at = places(tmp_path)
    at.runtime.mkdir()
    inbox = Inbox()
    asking = ResolverLink(at, inbox)
    presented = Presented(OnlineCode("online_code", Kind.HEALTH, "s"), "k", MORNING, Source.CAMERA)
    asking.remember(presented, "token")
    asking.ask("v", "k")
    (answered,) = inbox.take(3)
    assert answered.resolved.outcome is None
    assert asking.down
    server = link.Server(
        at.resolver_socket,
        lambda connection: link.serve_requests(
            connection, AskAbout, lambda q: Resolved(visit=q.visit, key=q.key, outcome=Outcome.PASS)
        ),
    )
    asking.remember(presented, "token")
    asking.ask("v", "k")
    (answered,) = inbox.take(3)
    assert answered.resolved.outcome is Outcome.PASS
    assert not asking.down
    asking.close()
    server.close()
