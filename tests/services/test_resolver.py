"""The online service, asked by the real resolver process: right, slow, absent and lying each have one outcome."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.marks import Colour
from kiosk.core.model import Kind
from kiosk.services import link
from kiosk.services.clock import SystemClock
from kiosk.services.messages import AskAbout, Resolved
from kiosk.services.online_service import LARGEST, TIMEOUT_S, Miss
from kiosk.services.resolver import Resolver
from kiosk.settings import Places, ResolverSection
from tests.support.clocks import HandClock
from tests.support.gates import end, eventually, fresh_places, start
from tests.support.online_service import OnlineService

SOON = datetime.now(UTC) + timedelta(hours=1)
AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
GREEN = {
    "colour": "green",
    "tested_at": AGO.isoformat(),
    "holder": {"name": "王小明", "birth_date": "1980-02-29", "document": "330102198002290011"},
    "valid_until": SOON.isoformat(),
}


@dataclass
class Asked:
    """A service, the resolver process that asks it, and what the process has printed."""

    service: OnlineService
    at: Places
    printed: Path
    codes: int = 0

    def about(self, text: str = "", kind: Kind = Kind.HEALTH) -> Resolved:
        """The answer about a code; about one never asked for before where none is given."""
        self.codes += 1
        text = text or f"code {self.codes}"
        self.service.knows.setdefault(text, GREEN)
        question = AskAbout(visit="v", key="k", service="city", kind=kind, text=text)
        return link.ask(self.at.resolver_socket, question, Resolved, timeout_s=5)

    def miss(self) -> str:
        """Why there was no answer, and nothing else came with it."""
        resolved = self.about()
        assert resolved == Resolved(visit="v", key="k", miss=resolved.miss)
        return resolved.miss


def running(folder: Path, service: OnlineService) -> Iterator[Asked]:
    at = fresh_places(folder / "state")
    config, printed = folder / "kiosk.toml", folder / "printed"
    config.write_text(f'[resolver]\nurl = "{service.url}"\nkey = "{service.public}"\n')
    with printed.open("wb") as out:
        process = start("resolver", "--config", str(config), at=at, out=out)
        asked = Asked(service, at, printed)
        eventually(at.resolver_socket.exists)
        yield asked
        end(process)
        service.close()


@pytest.fixture(scope="module")
def plain_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    yield from running(tmp_path_factory.mktemp("plain"), OnlineService())


@pytest.fixture(scope="module")
def signed_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    yield from running(tmp_path_factory.mktemp("signed"), OnlineService(Ed25519PrivateKey.generate()))


@pytest.fixture
def asked(plain_: Asked) -> Asked:
    plain_.service.honest()
    return plain_


@pytest.fixture
def signed(signed_: Asked) -> Asked:
    signed_.service.honest()
    return signed_


# --- An honest service ------------------------------------------------------------------------------------


def test_what_the_service_says_arrives_whole(asked):
    assert asked.about() == Resolved(
        visit="v", key="k", colour=Colour.GREEN, tested_at=AGO, valid_until=SOON, name="王小明",
        birth_date="1980-02-29", document="330102198002290011",
    )  # fmt: skip


@pytest.mark.parametrize("colour", Colour)
def test_each_colour_arrives(asked, colour):
    asked.service.lies = lambda answer: {**answer, "colour": colour.value}
    assert asked.about().colour is colour


def test_a_code_that_the_service_does_not_know_is_an_answer_and_no_miss(asked):
    asked.service.lies = lambda answer: {**answer, "colour": "unknown"}
    found = asked.about()
    assert (found.miss, found.colour, found.tested_at) == ("", None, None)


def test_a_venue_code_has_a_place(asked):
    asked.service.lies = lambda answer: {"venue": {"id": "south-gate", "name": "南门"}, "nonce": answer["nonce"]}
    found = asked.about(kind=Kind.VENUE)
    assert (found.venue_id, found.venue_name, found.miss) == ("south-gate", "南门", "")
    assert asked.service.asked[-1]["kind"] == "venue"


def test_the_question_is_the_contract_s(asked):
    asked.about("the code")
    (question,) = asked.service.asked
    assert {**question, "nonce": ""} == {
        "contract": 1, "code": "the code", "kind": "health", "pattern": "city", "nonce": "",
    }  # fmt: skip
    assert len(question["nonce"]) == 32


def test_nothing_of_a_code_or_a_person_is_in_an_address_or_printed(asked):
    asked.about("https://secret.example.gov.cn/jkm/qrcode?t=SECRET")
    asked.service.acts = lambda call, _: call.reply(b"{SECRET")
    asked.about("another SECRET")
    assert asked.service.addresses == ["POST /resolve HTTP/1.1"] * 2
    printed = asked.printed.read_text()
    assert "SECRET" not in printed
    assert "王小明" not in printed


def test_a_code_is_asked_about_once_and_a_miss_is_asked_again(asked):
    asked.service.acts = lambda call, _: call.reply(b"", status=500)
    assert asked.about("again").miss == Miss.REFUSED
    asked.service.acts = None
    assert asked.about("again").colour is asked.about("again").colour is Colour.GREEN
    assert len(asked.service.asked) == 2


def test_a_name_with_control_characters_is_made_safe(asked):
    asked.service.lies = lambda answer: {**answer, "holder": {"name": "王\u202e小\x1b[2J明"}}
    assert asked.about().name == "王小[2J明"


# --- Slow and absent --------------------------------------------------------------------------------------


def test_a_slow_service_is_given_up_in_its_time(asked):
    asked.service.acts = lambda call, _: asked.service.ending.wait(3) and None
    began_s = time.monotonic()
    assert asked.miss() == Miss.SLOW
    assert TIMEOUT_S - 0.05 < time.monotonic() - began_s < 2 * TIMEOUT_S


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"])
def test_an_endless_drip_is_given_up_in_its_time(asked, head):
    def drip(call, _):
        call.wfile.write(head)
        for _ in range(60):
            call.wfile.write(b" ")
            call.wfile.flush()
            asked.service.ending.wait(0.05)

    asked.service.acts = drip
    began_s = time.monotonic()
    assert asked.miss() == Miss.SLOW
    assert time.monotonic() - began_s < 2 * TIMEOUT_S


def test_a_service_that_hangs_up_is_absent(asked):
    asked.service.acts = lambda call, _: call.connection.close()
    assert asked.miss() == Miss.ABSENT


def test_a_service_that_hangs_up_in_the_middle_is_absent(asked):
    asked.service.acts = lambda call, _: call.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
    assert asked.miss() == Miss.ABSENT


def test_nobody_at_the_address_is_absent():
    resolver = Resolver(ResolverSection(url="http://127.0.0.1:9/none"), SystemClock())
    assert resolver.resolve(AskAbout(visit="v", key="k", service="s", text="t")).miss == Miss.ABSENT


# --- Lying ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"{" * 50_000,
        b'{"colour": "blue"}',
        b'{"colour": "GREEN"}',
        b'{"colour": ["green"]}',
        b'{"colour": true}',
        b'{"colour": "green", "colour": "red"}',
        b'{"colour": "green", "tested_at": 1700000000}',
        b'{"colour": "green", "tested_at": "yesterday"}',
        b'{"colour": "green", "tested_at": "2026-11-21T07:00:00"}',
        b'{"colour": "green", "valid_until": "for ever"}',
        b'{"colour": "green", "holder": "Wang"}',
        b'{"colour": "green", "holder": {"name": 7}}',
        b'{"colour": "green", "holder": {"name": "' + b"x" * 300 + b'"}}',
        b'{"colour": "green", "venue": {"id": ""}}',
    ],
)
def test_what_is_not_the_contract_s_is_not_understood(asked, body):
    asked.service.acts = lambda call, _: call.reply(body)
    assert asked.miss() == Miss.NOT_UNDERSTOOD


def test_what_is_no_http_is_not_understood(asked):
    asked.service.acts = lambda call, _: call.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    assert asked.miss() == Miss.NOT_UNDERSTOOD


def test_a_huge_answer_is_refused_before_it_is_read_whole(asked):
    asked.service.acts = lambda call, _: call.reply(b'{"colour": "green"}' + b" " * LARGEST)
    assert asked.miss() == Miss.TOO_LARGE


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_to_anybody(asked, status):
    other = OnlineService()
    try:
        asked.service.acts = lambda call, _: call.reply(b"", status=status, Location=other.url)
        assert asked.miss() == Miss.REDIRECTED
        assert other.asked == []
    finally:
        other.close()


@pytest.mark.parametrize("status", [201, 204, 400, 404, 429, 500, 503])
def test_any_other_status_is_a_refusal(asked, status):
    asked.service.acts = lambda call, _: call.reply(b"" if status == 204 else b'{"colour": "green"}', status=status)
    assert asked.miss() == Miss.REFUSED


def test_a_test_that_is_still_to_come_is_not_believed(asked):
    later = datetime.now(UTC) + timedelta(minutes=10)
    asked.service.lies = lambda answer: {**answer, "tested_at": later.isoformat()}
    assert asked.miss() == Miss.FUTURE


def test_an_answer_about_another_code_or_to_another_question_is_not_believed_unsigned_either(asked):
    asked.service.lies = lambda answer: {**answer, "code_sha256": "0" * 64}
    assert asked.miss() == Miss.OTHER_CODE
    asked.service.lies = lambda answer: {**answer, "nonce": "0" * 32}
    assert asked.miss() == Miss.STALE


# --- Signed answers ---------------------------------------------------------------------------------------


def test_a_signed_answer_is_believed(signed):
    assert signed.about().colour is Colour.GREEN


def test_an_unsigned_answer_is_refused_where_a_key_is_set(signed):
    signed.service.acts = lambda call, question: call.reply(signed.service.answer(question))
    assert signed.miss() == Miss.UNSIGNED


@pytest.mark.parametrize("signature", ["AAAA", "not base64", "é"])
def test_a_wrong_signature_is_refused(signed, signature):
    signed.service.acts = lambda call, question: call.reply(
        signed.service.answer(question), signature.encode("utf-8").decode("latin-1")
    )
    assert signed.miss() == Miss.WRONG_SIGNATURE


def test_an_answer_changed_on_its_way_is_refused(signed):
    def change(call, question):
        body = signed.service.answer(question)
        call.reply(body.replace(b"green", b"red"), signed.service.signature(body))

    signed.service.acts = change
    assert signed.miss() == Miss.WRONG_SIGNATURE


def test_an_answer_replayed_for_another_code_is_refused(signed):
    held: list[tuple[bytes, str]] = []

    def replay(call, question):
        body = signed.service.answer(question)
        held.append((body, signed.service.signature(body)))
        call.reply(*held[0])

    signed.service.acts = replay
    assert signed.about("somebody green").colour is Colour.GREEN
    signed.service.knows["somebody red"] = {"colour": "red"}
    assert signed.about("somebody red").miss == Miss.OTHER_CODE


def test_a_stale_answer_replayed_for_the_same_code_is_refused():
    clock, service = HandClock(), OnlineService(Ed25519PrivateKey.generate())
    service.knows["t"] = {"colour": "green"}
    resolver = Resolver(ResolverSection(url=service.url, key=service.public), clock)
    question = AskAbout(visit="v", key="k", service="s", text="t")
    held: list[tuple[bytes, str]] = []

    def replay(call, asked):
        body = service.answer(asked)
        held.append((body, service.signature(body)))
        call.reply(*held[0])

    service.acts = replay
    try:
        assert resolver.resolve(question).colour is Colour.GREEN
        clock.mono += 61
        service.knows["t"] = {"colour": "red"}
        assert resolver.resolve(question).miss == Miss.STALE
    finally:
        service.close()


@pytest.mark.parametrize("left_out", ["code_sha256", "nonce"])
def test_a_signed_answer_that_is_bound_to_nothing_is_refused(signed, left_out):
    signed.service.lies = lambda answer: {name: value for name, value in answer.items() if name != left_out}
    assert signed.miss() in (Miss.OTHER_CODE, Miss.STALE)


# --- Memory -----------------------------------------------------------------------------------------------


def test_answers_are_forgotten_after_a_minute():
    clock, service = HandClock(), OnlineService()
    service.knows["t"] = {"colour": "green"}
    resolver = Resolver(ResolverSection(url=service.url), clock)
    try:
        resolver.resolve(AskAbout(visit="v", key="k", service="s", text="t"))
        clock.mono += 59
        resolver.tidy()
        assert len(resolver._kept) == 1
        clock.mono += 2
        resolver.tidy()
        assert not resolver._kept
    finally:
        service.close()
