"""A TCP port that nobody listens on just now."""

from __future__ import annotations

import socket
from contextlib import closing


def free_port() -> int:
    """The number of that port, on this machine's own address."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
