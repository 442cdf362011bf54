"""Tells systemd how a service is doing: ready, alive, in which state, stopping.

The protocol is one datagram a message to the socket that `NOTIFY_SOCKET` names.  Source: sd_notify(3).
The socket is opened and connected once, so that it still works after RLIMIT_NOFILE was set to 0.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping


class Notifier:
    """Speaks to systemd; says nothing, silently, where no systemd listens."""

    def __init__(
        self,
        channel: socket.socket | None,
        watchdog_s: float | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channel = channel
        self._watchdog_s = watchdog_s
        self._monotonic_s = monotonic_s
        self._fed_s = float("-inf")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Notifier:
        """The notifier of this process; a silent one when `NOTIFY_SOCKET` is unset or nobody listens there."""
        values = os.environ if environment is None else environment
        return cls(_connect(values.get("NOTIFY_SOCKET", "")), _watchdog_s(values))

    def watchdog_s(self) -> float | None:
        """After how many seconds of silence systemd kills this process; None where it never does."""
        return self._watchdog_s

    def ready(self) -> None:
        """Start-up is over: what waits for this service may go on."""
        self._send("READY=1")

    def turn_done(self) -> None:
        """Every worker finished a turn in time. Call it each turn: it is sent four times per watchdog period."""
        now_s = self._monotonic_s()
        if self._watchdog_s is None or now_s - self._fed_s < self._watchdog_s / 4:
            return
        self._fed_s = now_s
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send("STATUS=" + " ".join(text.split()))

    def stopping(self) -> None:
        """The service is ending on purpose."""
        self._send("STOPPING=1")

    def close(self) -> None:
        """Lets go of the socket; may be called twice."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _send(self, message: str) -> None:
        if self._channel is None:
            return
        try:
            self._channel.send(message.encode(), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except OSError:
            return  # systemd restarts, or its queue is full: the gate must not stop for that


def _connect(address: str) -> socket.socket | None:
    if address[:1] not in ("/", "@"):
        return None
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        channel.connect("\0" + address[1:] if address[0] == "@" else address)
    except OSError:
        channel.close()
        return None
    return channel


def _watchdog_s(values: Mapping[str, str]) -> float | None:
    """`WATCHDOG_USEC` in seconds, unless `WATCHDOG_PID` says that it is meant for another process."""
    microseconds, pid = values.get("WATCHDOG_USEC", ""), values.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or int(microseconds) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(microseconds) / 1e6
