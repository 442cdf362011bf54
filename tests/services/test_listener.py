"""The pages' listening server: nobody who is silent or slow keeps others waiting, under TLS and without."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, request

from kiosk.services import listener
from kiosk.services.listener import Listener
from kiosk.services.web import SPARE_THREADS, make_server
from kiosk.settings import WebSection
from kiosk.store.authority import Authority
from tests.support.ports import free_port

PATIENCE_S = 10.0
STREAMS = 1
WORKERS = STREAMS + SPARE_THREADS
AT_ONCE_S = 1.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(Path(tmp_path_factory.mktemp("tls")))
    made.make(("localhost",), "x", datetime.now(UTC))
    return made


def served(web: WebSection) -> Iterator[WebSection]:
    app = Flask("pages")
    app.add_url_rule("/", view_func=lambda: f"{request.scheme} {request.environ.get('SSL_PROTOCOL', '')}")
    server: Listener = make_server(app, web)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield web
    server.stop()
    thread.join(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def tls(authority: Authority) -> Iterator[WebSection]:
    given = {"tls_cert": str(authority.chain), "tls_key": str(authority.key)}
    yield from served(WebSection(port=free_port(), streams=STREAMS, **given))


@pytest.fixture(scope="module")
def bare() -> Iterator[WebSection]:
    yield from served(WebSection(port=free_port(), streams=STREAMS))


def stranger(web: WebSection, says: bytes = b"") -> socket.socket:
    connected = socket.create_connection(("127.0.0.1", web.port), timeout=PATIENCE_S)
    connected.sendall(says)
    return connected


def visitor(web: WebSection) -> http.client.HTTPConnection:
    if not web.tls_cert:
        return http.client.HTTPConnection("localhost", web.port, timeout=PATIENCE_S)
    context = ssl.create_default_context(cafile=web.tls_cert)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection("localhost", web.port, timeout=PATIENCE_S, context=context)


def asks(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", "/")
    return connection.getresponse().read().decode()


@pytest.mark.parametrize("kind", ["tls", "bare"])
def test_more_silent_clients_than_workers_keep_nobody_waiting(kind: str, request: pytest.FixtureRequest):
    web = request.getfixturevalue(kind)
    with ExitStack() as silent:
        for _ in range(WORKERS + 4):
            silent.enter_context(closing(stranger(web)))
        began = time.monotonic()
        with closing(visitor(web)) as page:
            assert asks(page).startswith("http")
        assert time.monotonic() - began < AT_ONCE_S


def test_clients_that_begin_a_handshake_and_fall_silent_keep_nobody_waiting(tls: WebSection):
    with ExitStack() as silent:
        for _ in range(WORKERS - 3):
            silent.enter_context(closing(stranger(tls, b"\x16\x03\x01\x02\x00\x01")))
        began = time.monotonic()
        with closing(visitor(tls)) as page:
            assert asks(page) == "https TLSv1.3"
        assert time.monotonic() - began < AT_ONCE_S


def test_a_handshake_that_does_not_go_on_is_hung_up_on(tls: WebSection, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listener, "HANDSHAKE_S", 0.05)
    with closing(stranger(tls, b"\x16\x03\x01\x02\x00\x01")) as slow:
        assert slow.recv(1) == b""


@pytest.mark.parametrize("says", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 100, bytes(range(256)) * 40])
def test_who_does_not_speak_tls_to_the_tls_port_is_hung_up_on_without_a_word(
    tls: WebSection, says: bytes, capfd: pytest.CaptureFixture[str]
):
    with closing(stranger(tls, says)) as other, closing(visitor(tls)) as page:
        try:
            heard = other.recv(100)
        except ConnectionResetError:
            heard = b""
        assert len(heard) < 10  # an alert of TLS at most
        assert asks(page) == "https TLSv1.3"
    assert capfd.readouterr().err == ""


def test_who_breaks_off_before_the_handshake_harms_nobody(tls: WebSection):
    for says in (b"", b"\x16\x03\x01"):
        with closing(stranger(tls, says)) as gone:
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # as a radio that broke off
    with closing(visitor(tls)) as page:
        assert asks(page) == "https TLSv1.3"


def test_one_connection_serves_many_requests(tls: WebSection, bare: WebSection):
    for web, said in ((tls, "https TLSv1.3"), (bare, "http ")):
        with closing(visitor(web)) as page:
            page.connect()
            first = page.sock
            assert [asks(page) for _ in range(5)] == [said] * 5
            assert page.sock is first


def test_an_older_browser_is_answered_too(tls: WebSection):
    context = ssl._create_unverified_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with closing(http.client.HTTPSConnection("localhost", tls.port, timeout=PATIENCE_S, context=context)) as page:
        assert [asks(page) for _ in range(2)] == ["https TLSv1.2"] * 2


def test_many_visitors_at_once_are_all_answered(tls: WebSection):
    pages = [visitor(tls) for _ in range(3 * WORKERS)]
    for page in pages:
        page.connect()
    assert {asks(page) for page in pages} == {"https TLSv1.3"}
    for page in pages:
        page.close()
