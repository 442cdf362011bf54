"""The web's process as it really runs: it answers, greets its first manager, and is gone soon after it is told to."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from flask import Flask

from kiosk.core.faults import SettingsError
from kiosk.services.notify import Notifier
from kiosk.services.web import WebService, answers, cookie_key, make_server, renew, under_own_authority
from kiosk.settings import Settings, WebSection, places
from kiosk.store.authority import Authority
from kiosk.store.desk import Desk
from tests.support.gate_stub import GateStub
from tests.support.ports import free_port
from web.gate import Gate

PATIENCE_S = 30.0


@contextmanager
def running(
    state: Path, port: int, *more: str, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-c", "from kiosk.cli import main; main()", "web"]
    process = subprocess.Popen(
        [*command, "--state", str(state), "--port", str(port), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LANG": "C.UTF-8", **(environment or {})},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def get(port: int, address: str, **headers: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", address, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def ready(process: subprocess.Popen, port: int) -> dict:
    """What /health says as soon as it says anything."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            status, body = get(port, "/health")
        except OSError:
            time.sleep(0.05)
        else:
            assert status == 200
            return json.loads(body)
    raise AssertionError(process.communicate())


def test_a_fresh_kiosk_tells_its_first_managers_passphrase_once(tmp_path: Path):
    port = free_port()
    with running(tmp_path, port) as process:
        health = ready(process, port)
        assert (health["web"], health["gate"]) == ("ok", "silent")
        process.send_signal(signal.SIGTERM)
        said, complaint = process.communicate(timeout=10)
    assert "First log-in, shown this once: manager  " in said
    assert (complaint, process.returncode) == ("", 0)
    with running(tmp_path, port) as process:
        ready(process, port)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=10) == ("", "")


def test_it_ends_within_two_seconds_although_pages_follow_the_gate(tmp_path: Path):
    took_s: list[float] = []
    while min(took_s, default=9.0) >= 2.0 and len(took_s) < 3:  # others may work on this machine too
        took_s.append(_ends_s(tmp_path))
    assert min(took_s) < 2.0


def _ends_s(state: Path) -> float:
    """Seconds that the end of a service takes which five pages follow."""
    port, at = free_port(), places(state)
    with closing(GateStub(at.gate_socket)), running(state, port) as process:
        ready(process, port)
        streams = [http.client.HTTPConnection("127.0.0.1", port, timeout=5) for _ in range(5)]
        for stream in streams:
            stream.request("GET", "/screen/events")
            assert stream.getresponse().read(5) == b"retry"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
        took_s = time.monotonic() - began
        assert process.returncode == 0
        for stream in streams:
            stream.close()
    return took_s


def test_with_every_stream_taken_other_pages_still_answer(tmp_path: Path):
    port, at = free_port(), places(tmp_path)
    (tmp_path / "kiosk.toml").write_text("[web]\nstreams = 3\n")
    with closing(GateStub(at.gate_socket)), running(tmp_path, port) as process:
        ready(process, port)
        streams = [http.client.HTTPConnection("127.0.0.1", port, timeout=5) for _ in range(3)]
        for stream in streams:
            stream.request("GET", "/screen/events")
            stream.getresponse().read(5)
        status, _ = get(port, "/screen/events")
        assert status == 503
        assert get(port, "/login", Accept="text/html")[0] == 200
        for stream in streams:
            stream.close()


def test_systemd_hears_that_it_is_ready_and_alive(tmp_path: Path):
    port = free_port()
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE_S)
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "4000000"}
        with running(tmp_path / "state", port, environment=told) as process:
            assert systemd.recv(100) == b"READY=1"
            assert get(port, "/health")[0] == 200
            assert systemd.recv(100) == b"WATCHDOG=1"
            process.send_signal(signal.SIGTERM)
            while systemd.recv(100) != b"STOPPING=1":
                pass


@pytest.mark.parametrize("follows", [True, False])
def test_the_watchdog_is_fed_only_while_somebody_listens_to_the_gate(tmp_path: Path, monkeypatch, follows: bool):
    if not follows:
        monkeypatch.setattr(Gate, "_follow", lambda gate: None)
    fed = Fed()
    settings = replace(Settings(), web=WebSection(port=free_port()))
    WebService(settings, places(tmp_path), notifier=fed, say=lambda _: None).run(Looks(2))
    assert fed.turns == (2 if follows else 0)


class Fed(Notifier):
    """Counts how often the watchdog is fed."""

    def __init__(self) -> None:
        super().__init__(None)
        self.turns = 0

    def turn_done(self) -> None:
        self.turns += 1


class Looks:
    """Stops a service after so many looks, of which none waits."""

    def __init__(self, count: int) -> None:
        self._left = count

    def is_set(self) -> bool:
        return self._left < 0

    def wait(self, timeout: float) -> bool:
        self._left -= 1
        return self.is_set()


def test_a_clock_that_woke_up_years_ahead_does_not_delete_who_looked(tmp_path: Path):
    at = places(tmp_path)
    with closing(Desk.open(at.desk, now=lambda: datetime(2020, 1, 1, tzinfo=UTC))) as desk:
        desk.audit.write("log_in", by="li")
    settings = replace(Settings(), web=WebSection(port=free_port()))
    with closing(GateStub(at.gate_socket)):  # which says nothing of a clock
        WebService(settings, at, notifier=Notifier(None), say=lambda _: None).run(Looks(2))
    with closing(Desk.open(at.desk)) as desk:
        assert "log_in" in [act.what for act in desk.audit.page()]


def test_a_port_in_use_is_one_clear_line(tmp_path: Path):
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running(tmp_path, port) as process:
            said, complaint = process.communicate(timeout=PATIENCE_S)
    assert (said, process.returncode) == ("", 1)
    assert complaint.startswith(f"kiosk: 127.0.0.1 port {port} cannot be used")
    assert complaint.count("\n") == 1


def test_a_second_web_is_refused_in_one_line(tmp_path: Path):
    port = free_port()
    with running(tmp_path, port) as first:
        ready(first, port)
        with running(tmp_path, free_port()) as second:
            said, complaint = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 1
    assert said == ""
    assert "another process owns it" in complaint
    assert complaint.count("\n") == 1


def test_an_address_that_is_not_ours_is_one_clear_line(tmp_path: Path):
    with running(tmp_path, 8099, "--host", "192.0.2.1") as process:
        _, complaint = process.communicate(timeout=PATIENCE_S)
    assert complaint.startswith("kiosk: 192.0.2.1 port 8099 cannot be used (Cannot assign requested address)")
    assert complaint.count("\n") == 1


def test_the_cookie_key_is_kept_and_private(tmp_path: Path):
    at = places(tmp_path)
    key = cookie_key(at)
    assert (len(key), cookie_key(at)) == (32, key)
    assert at.desk.with_name("cookie.key").stat().st_mode & 0o777 == 0o600


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path):
    broken = tmp_path / "cert.pem"
    broken.write_text("no certificate")
    with pytest.raises(SettingsError, match=r"web\.tls_cert: .*cert\.pem cannot be used"):
        make_server(None, WebSection(port=free_port(), tls_cert=str(broken), tls_key=str(broken)))  # type: ignore[arg-type]


def test_pages_are_served_under_tls_where_a_certificate_is_given(tmp_path: Path):
    given, port = Authority(tmp_path / "given"), free_port()
    given.make(("localhost",), "x", datetime.now(UTC))
    (tmp_path / "kiosk.toml").write_text(f'[web]\ntls_cert = "{given.chain}"\ntls_key = "{given.key}"\n')
    with running(tmp_path, port) as process:
        answered_by_tls(process, port, given)


def test_pages_are_served_under_the_kiosks_own_authority_once_it_is_made(tmp_path: Path):
    own, port = Authority(places(tmp_path).tls), free_port()
    own.make(("localhost",), "x", datetime.now(UTC))
    with running(tmp_path, port) as process:
        answered_by_tls(process, port, own)
        login = requests.get(f"https://localhost:{port}/login", verify=str(own.certificate), timeout=PATIENCE_S)
    cookie = login.headers["Set-Cookie"]
    assert cookie.startswith("__Host-kiosk=")
    assert "Secure" in cookie
    assert "max-age" in login.headers["Strict-Transport-Security"]


def test_a_certificate_that_ends_soon_is_renewed_while_the_pages_are_served(tmp_path: Path):
    own, port = Authority(places(tmp_path).tls), free_port()
    own.make(("localhost",), "x", datetime.now(UTC) - timedelta(days=380))
    settings = under_own_authority(Settings(web=WebSection(port=port)), own)
    server = make_server(Flask("x"), settings.web)
    serving = threading.Thread(target=server.serve, daemon=True)
    serving.start()
    try:
        before = ssl.get_server_certificate(("localhost", port), timeout=PATIENCE_S)
        renew(server, own)
        after = ssl.get_server_certificate(("localhost", port), timeout=PATIENCE_S)
        renew(server, own)
        assert ssl.get_server_certificate(("localhost", port), timeout=PATIENCE_S) == after != before
    finally:
        server.stop()


def answered_by_tls(process: subprocess.Popen, port: int, authority: Authority) -> None:
    section = WebSection(port=port, tls_cert=str(authority.chain), tls_key=str(authority.key))
    deadline = time.monotonic() + PATIENCE_S
    while not answers(section):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
