"""What systemd hears from a service."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.services.notify import Notifier


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """A listener on a path, as systemd's own."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


def environment(listener: socket.socket, **more: str) -> dict[str, str]:
    name = listener.getsockname()
    return {"NOTIFY_SOCKET": "@" + name[1:].decode() if isinstance(name, bytes) else name, **more}


def test_a_service_says_that_it_is_ready_how_it_is_and_that_it_stops(systemd: socket.socket) -> None:
    notifier = Notifier.from_environment(environment(systemd))
    notifier.ready()
    notifier.status("lane main:\n2 visits")
    notifier.stopping()
    notifier.close()
    notifier.close()
    heard = [systemd.recv(200) for _ in range(3)]
    assert heard == [b"READY=1", b"STATUS=lane main: 2 visits", b"STOPPING=1"]


def test_an_abstract_socket_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0kiosk-notify-{os.getpid()}".encode())
        listener.settimeout(5)
        notifier = Notifier.from_environment(environment(listener))
        notifier.ready()
        assert listener.recv(200) == b"READY=1"
        notifier.close()


@pytest.mark.parametrize("address", ["", "/nowhere/notify", "vsock:2:1234", "relative"])
def test_without_a_listener_it_is_silent(address: str) -> None:
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    notifier.ready()
    notifier.turn_done()
    notifier.stopping()


def test_a_listener_that_went_away_stops_nobody(systemd: socket.socket) -> None:
    notifier = Notifier.from_environment(environment(systemd))
    systemd.close()
    notifier.ready()
    notifier.close()


def test_the_watchdog_is_fed_four_times_per_period_however_fast_the_turns_are(systemd: socket.socket) -> None:
    clock = [0.0]
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.connect(systemd.getsockname())
    notifier = Notifier(channel, watchdog_s=1.0, monotonic_s=lambda: clock[0])
    for turn in range(100):
        clock[0] = turn / 100
        notifier.turn_done()
    notifier.close()
    systemd.setblocking(False)
    assert [systemd.recv(200) for _ in range(4)] == [b"WATCHDOG=1"] * 4
    with pytest.raises(BlockingIOError):
        systemd.recv(200)


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_period_is_read_from_the_environment(values: dict[str, str], seconds: float | None) -> None:
    assert Notifier.from_environment(values).watchdog_s() == seconds


def test_it_still_speaks_when_no_file_may_be_opened_any_more(systemd: socket.socket) -> None:
    code = (
        "import resource; from kiosk.services.notify import Notifier; n = Notifier.from_environment();"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0)); n.ready(); n.turn_done()"
    )
    more = {"WATCHDOG_USEC": "1000000", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=environment(systemd, **more), check=True, timeout=30)
    assert done.returncode == 0
    assert [systemd.recv(200), systemd.recv(200)] == [b"READY=1", b"WATCHDOG=1"]
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0
