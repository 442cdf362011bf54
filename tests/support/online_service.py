"""A reference of the resolver's contract (docs/resolver.md): it answers as a service should, or as a test tells it to.

service = OnlineService()
service.knows["TOKEN"] = {"colour": "green", "tested_at": "2026-11-21T07:00:00Z"}
service.lies = lambda answer: {**answer, "colour": "blue"}   # or `service.acts`, for what no JSON can say
service.close()
"""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.services.online_service import SIGNATURE, SIGNED_AS

Answer = dict[str, Any]


class Call(BaseHTTPRequestHandler):
    """One question of a kiosk."""

    server: _Server

    def do_POST(self) -> None:
        """Answers it, or does with it what the test wants."""
        service = self.server.service
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service.asked.append(question)
        service.addresses.append(self.requestline)
        if service.acts is not None:
            service.acts(self, question)
        else:
            body = service.answer(question)
            self.reply(body, service.signature(body))

    def reply(self, body: bytes, signature: str = "", status: int = 200, **headers: str) -> None:
        """Sends a whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if signature:
            self.send_header(SIGNATURE, signature)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """A service keeps no list of who was asked about."""


class _Server(ThreadingHTTPServer):
    service: OnlineService
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A kiosk that hung up in the middle is nothing to tell of."""


class OnlineService:
    """A service at `url` that knows some codes and signs with `key` where it has one."""

    def __init__(self, key: Ed25519PrivateKey | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.key = key
        self.knows: dict[str, Answer] = {}
        self.lies: Callable[[Answer], object] = lambda answer: answer
        self.acts: Callable[[Call, Answer], None] | None = None
        self.asked: list[Answer] = []
        self.addresses: list[str] = []
        self.ending = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Call)
        self._server.service = self
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}/resolve"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def answer(self, question: Answer) -> bytes:
        """What is known of the code, bound to this very question."""
        known = self.knows.get(question["code"], {"colour": "unknown"})
        digest = hashlib.sha256(question["code"].encode()).hexdigest()
        return json.dumps(self.lies({**known, "code_sha256": digest, "nonce": question["nonce"]})).encode()

    def signature(self, body: bytes) -> str:
        """Of the answer's bytes; empty without a key."""
        return b64encode(self.key.sign(SIGNED_AS + body)).decode() if self.key else ""

    @property
    def public(self) -> str:
        """The key for the settings."""
        return b64encode(self.key.public_key().public_bytes_raw()).decode() if self.key else ""

    def honest(self) -> None:
        """As at the beginning, but for what it knows."""
        self.lies, self.acts = lambda answer: answer, None
        self.asked.clear()
        self.addresses.clear()

    def close(self) -> None:
        """Ends it, and every call that still hangs."""
        self.ending.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
