"""The gate's end of the resolver: it asks in the background, understands, and knows when to stop asking."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.core.marks import Colour
from kiosk.core.model import Credential, Kind, OnlineCode, Presented, Source, Test, TestResult, VenueCode
from kiosk.locale import words
from kiosk.services import link
from kiosk.services.inbox import Inbox
from kiosk.services.messages import AskAbout, Resolved
from kiosk.services.online_service import Miss
from kiosk.services.resolver_link import ResolverLink, said
from kiosk.settings import ResolverSection, places
from tests.support.clocks import HandClock
from tests.support.lanes import MORNING

SOON = datetime.now(UTC) + timedelta(hours=1)
AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
CODE = OnlineCode("online_code", Kind.HEALTH, "city")
PLACE = replace(CODE, kind=Kind.VENUE)


class Gate:
    """The gate's end of a resolver that says what a test tells it to."""

    def __init__(self, folder: Path) -> None:
        self.at = places(folder)
        self.at.runtime.mkdir()
        self.says: Resolved = Resolved(visit="v", key="k", colour=Colour.GREEN)
        self.questions: list[AskAbout] = []
        self.clock, self.inbox = HandClock(), Inbox()
        section = ResolverSection(url="https://codes.example.org/", misses=3, pause_s=15)
        self.link = ResolverLink(self.at, self.inbox, section, self.clock)
        self.server: link.Server | None = None

    def serve(self) -> None:
        def answer(question: AskAbout) -> Resolved:
            self.questions.append(question)
            return self.says

        self.server = link.Server(
            self.at.resolver_socket, lambda connection: link.serve_requests(connection, AskAbout, answer)
        )

    def asks(self, read: OnlineCode = CODE) -> Credential | VenueCode | None:
        self.link.remember(Presented(read, "k", MORNING, Source.CAMERA), "token")
        self.link.ask("v", "k")
        (answered,) = self.inbox.take(3)
        return answered.read

    def passes(self, seconds: float) -> None:
        self.clock.mono += seconds

    def close(self) -> None:
        self.link.close()
        if self.server is not None:
            self.server.close()


@pytest.fixture
def gate(tmp_path):
    gate = Gate(tmp_path)
    yield gate
    gate.close()


def test_an_answer_is_a_credential_that_every_check_understands(gate):
    gate.serve()
    gate.says = Resolved(visit="v", key="k", colour=Colour.GREEN, tested_at=AGO, valid_until=SOON, name="王小明")
    found = gate.asks()
    assert isinstance(found, Credential)
    assert (found.format, found.issuer, found.colour, found.valid_until) == ("online_code", "city", Colour.GREEN, SOON)
    assert found.holder.name == "王小明"
    assert found.tests == (Test(TestResult.NEGATIVE, AGO),)


def test_a_place_is_a_venue_code_and_a_code_without_one_is_nothing(gate):
    gate.serve()
    gate.says = Resolved(visit="v", key="k", venue_id="south-gate", venue_name="南门")
    assert gate.asks(PLACE) == VenueCode("online_code", "city", "south-gate", "南门", signed=True)
    gate.says = Resolved(visit="v", key="k", colour=Colour.GREEN)
    assert gate.asks(PLACE) is None


def test_a_code_without_a_colour_is_nothing():
    question = AskAbout(visit="v", key="k", service="s", text="t")
    assert said(question, Resolved(visit="v", key="k")) is None


def test_one_miss_is_not_down_and_three_are_until_a_probe_succeeds(gate):
    for _ in range(2):
        assert gate.asks() is None
        assert not gate.link.down
        assert gate.link.view().ok
    assert gate.asks() is None
    assert gate.link.down
    assert (gate.link.view().state, gate.link.view().driver) == ("silent", "codes.example.org")
    gate.serve()
    assert gate.asks() is None
    assert gate.questions == []  # it is left alone
    gate.passes(16)
    assert gate.asks() is not None
    assert not gate.link.down
    assert gate.link.view().ok


def test_a_probe_that_fails_keeps_it_down_for_another_pause(gate):
    for _ in range(3):
        gate.asks()
    gate.passes(16)
    gate.asks()
    gate.serve()
    gate.passes(10)
    assert gate.asks() is None
    assert gate.questions == []
    assert gate.link.down


def test_a_lying_service_is_named_by_its_lie(gate):
    gate.serve()
    gate.says = Resolved(visit="v", key="k", miss=Miss.WRONG_SIGNATURE.value)
    for _ in range(3):
        assert gate.asks() is None
    assert gate.link.view().state == "wrong_signature"


def test_codes_that_the_service_does_not_know_do_not_bring_it_down(gate):
    gate.serve()
    gate.says = Resolved(visit="v", key="k")
    for _ in range(5):
        assert gate.asks() is None
    assert not gate.link.down


def test_a_slow_answer_holds_up_no_other_lane(gate):
    release, slow = threading.Event(), threading.Event()

    def answer(question: AskAbout) -> Resolved:
        if question.text == "slow":
            slow.set()
            release.wait(5)
        return Resolved(visit=question.visit, key=question.key, colour=Colour.GREEN)

    gate.server = link.Server(gate.at.resolver_socket, lambda line: link.serve_requests(line, AskAbout, answer))
    for lane in ("slow", "quick"):
        gate.link.remember(Presented(CODE, lane, MORNING, Source.CAMERA), lane)
        gate.link.ask(lane, lane)
        assert slow.wait(3)
    (answered,) = gate.inbox.take(0.9)
    assert answered.visit == "quick"
    release.set()


def test_every_way_to_miss_has_words():
    assert [miss for miss in Miss if miss.value not in words.DEVICE_STATES] == []
