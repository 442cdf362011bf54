"""The pages' listening server: whoever connects and says nothing costs no thread, and keeps nobody waiting.

cheroot makes the TLS handshake in the one thread that accepts connections, and gives each new connection at once to a
worker, which waits for its first word. Here a new connection is watched beside the idle ones until it says something,
and it is a worker that makes the handshake.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

from cheroot import errors
from cheroot.server import HTTPConnection
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

HANDSHAKE_S = 5.0  # from a client's first word to its last; over a weak radio it takes one


class Adapter(BuiltinSSLAdapter):
    """TLS whose handshake is left to `Connection`."""

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """The connection before its handshake, of which requests have nothing to be told yet. Raises FatalSSLAlert."""
        try:
            sock.getpeername()  # who is gone already: ssl would leave the socket to the garbage collector
            return self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), {}
        except OSError as error:
            sock.close()
            raise errors.FatalSSLAlert(*error.args) from error


class Connection(HTTPConnection):
    """One connection; where it is under TLS, its first turn is the handshake, and the requests follow."""

    def communicate(self) -> bool:
        """One turn of a worker: whether the connection is to be kept."""
        if self.server.ssl_adapter is not None and not self.ssl_env:
            if not self._shakes_hands():
                return False
            if not self.socket.pending():
                return True
        return bool(super().communicate())  # type: ignore[no-untyped-call]  # cheroot has no types here

    def _shakes_hands(self) -> bool:
        try:
            self.socket.settimeout(HANDSHAKE_S)
            self.socket.do_handshake()
            self.socket.settimeout(self.server.timeout)
        except OSError:  # they hung up, are too slow, or speak something else: they are hung up on
            return False
        self.ssl_env = self.server.ssl_adapter.get_environ(self.socket)
        return True


class Listener(Server):
    """The server of the pages."""

    ConnectionClass = Connection
    keep_alive_conn_limit = 64  # connections that wait, those of which nothing was heard yet among them

    def process_conn(self, conn: Connection) -> None:
        """Hands a connection to a worker; one of which nothing was heard yet is watched first."""
        if conn.last_used is None:
            self.put_conn(conn)
        else:
            super().process_conn(conn)
