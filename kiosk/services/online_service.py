"""One question to the online service, within its time, and why an answer was not believed: docs/resolver.md.

The code travels in the body, never in an address; nothing of it is printed or written down.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import ipaddress
import secrets
import socket
import ssl
from base64 import b64decode
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.core.codecs import Rejected, strict_json
from kiosk.core.faults import SettingsError
from kiosk.core.ports import Clock
from kiosk.settings import ResolverSection

CONTRACT = 1
TIMEOUT_S = 0.8  # for everything: name, connection, question, answer
LARGEST = 64 * 1024  # bytes of an answer
SIGNATURE = "Kiosk-Signature"  # base64 of an Ed25519 signature over SIGNED_AS and the body
SIGNED_AS = b"kiosk-answer-1\n"
CLOCKS_MAY_DIFFER = timedelta(minutes=5)

Short = Annotated[str, msgspec.Meta(max_length=200)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Miss(StrEnum):
    """Why there is no answer to believe."""

    ABSENT = "absent"  # nobody there, or they hung up
    SLOW = "slow"
    REFUSED = "refused_request"  # an HTTP status other than 200
    REDIRECTED = "redirected"  # sent elsewhere: nobody is asked whom the settings do not name
    TOO_LARGE = "too_large"
    UNSIGNED = "unsigned"
    WRONG_SIGNATURE = "wrong_signature"
    NOT_UNDERSTOOD = "not_understood"
    OTHER_CODE = "other_code"  # an answer about another code
    STALE = "stale_answer"  # an answer to another question about this code
    FUTURE = "future_test"


class SaidHolder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the code is about."""

    name: Short = ""
    birth_date: Annotated[str, msgspec.Meta(pattern=r"^(\d{4}(-\d\d){0,2})?$")] = ""
    document: Short = ""


class SaidVenue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which place the code is of."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    name: Short = ""


class ServiceAnswer(msgspec.Struct, frozen=True):
    """What the online service says of a code. "unknown": it has looked, and does not know it."""

    colour: Literal["green", "yellow", "red", "unknown"] = "unknown"
    tested_at: Moment | None = None
    holder: SaidHolder = SaidHolder()
    valid_until: Moment | None = None
    venue: SaidVenue | None = None
    code_sha256: str = ""
    nonce: str = ""


class NotBelieved(Exception):
    """There was no answer, or none to believe."""

    def __init__(self, miss: Miss) -> None:
        super().__init__(miss.value)
        self.miss = miss


@dataclass(frozen=True)
class Service:
    """Where the service is, and by which key its answers are known."""

    host: str
    port: int
    path: str
    tls: ssl.SSLContext | None
    key: Ed25519PublicKey | None

    def ask(self, code: str, kind: str, pattern: str, clock: Clock) -> ServiceAnswer:
        """What it says of `code`, a `kind` ("health" or "venue") that `pattern` recognised. Raises NotBelieved."""
        nonce = secrets.token_hex(16)
        question = {"contract": CONTRACT, "code": code, "kind": kind, "pattern": pattern, "nonce": nonce}
        body, signature = self._post(msgspec.json.encode(question), clock)
        if self.key is not None:
            _verify(self.key, body, signature)
        answer = _understood(body)
        digest = hashlib.sha256(code.encode()).hexdigest()
        if answer.code_sha256 != digest and (answer.code_sha256 or self.key):
            raise NotBelieved(Miss.OTHER_CODE)
        if answer.nonce != nonce and (answer.nonce or self.key):
            raise NotBelieved(Miss.STALE)
        if answer.tested_at is not None and answer.tested_at > clock.now() + CLOCKS_MAY_DIFFER:
            raise NotBelieved(Miss.FUTURE)
        return answer

    def reach(self, clock: Clock) -> None:
        """Connects, proves the certificate, and hangs up without a question. Raises OSError."""
        ends_s = clock.monotonic_s() + TIMEOUT_S
        self._connected(lambda: max(0.01, ends_s - clock.monotonic_s())).close()

    def _post(self, question: bytes, clock: Clock) -> tuple[bytes, str]:
        """Body and signature of the answer. No redirect is followed, no proxy asked."""
        ends_s = clock.monotonic_s() + TIMEOUT_S

        def left_s() -> float:
            left = ends_s - clock.monotonic_s()
            if left <= 0:
                raise TimeoutError
            return left

        try:
            with closing(self._connected(left_s)) as line:
                return self._answer(_Hurried(line, left_s), question)
        except TimeoutError:
            raise NotBelieved(Miss.SLOW) from None
        except http.client.IncompleteRead:
            raise NotBelieved(Miss.ABSENT) from None
        except http.client.HTTPException as error:
            absent = isinstance(error, ConnectionError)
            raise NotBelieved(Miss.ABSENT if absent else Miss.NOT_UNDERSTOOD) from None
        except OSError:
            raise NotBelieved(Miss.ABSENT) from None

    def _answer(self, line: _Hurried, question: bytes) -> tuple[bytes, str]:
        connection = http.client.HTTPConnection(self.host, self.port)
        connection.sock = line
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        connection.request("POST", self.path, question, headers)
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise NotBelieved(Miss.REDIRECTED if 300 <= answer.status < 400 else Miss.REFUSED)
        body = answer.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise NotBelieved(Miss.TOO_LARGE)
        if answer.length:  # less came than was announced
            raise NotBelieved(Miss.ABSENT)
        return body, answer.headers.get(SIGNATURE, "")

    def _connected(self, left_s: Callable[[], float]) -> socket.socket:
        with ExitStack() as undone:
            line = undone.enter_context(socket.create_connection((self.host, self.port), timeout=left_s()))
            line.settimeout(left_s())
            made = self.tls.wrap_socket(line, server_hostname=self.host) if self.tls else line
            undone.pop_all()
        return made


class _Hurried:
    """A connection as http.client uses one, every read and write of which ends when the time is up."""

    def __init__(self, line: socket.socket, left_s: Callable[[], float]) -> None:
        self._line, self._left_s = line, left_s

    def sendall(self, data: bytes) -> None:
        self._line.settimeout(self._left_s())
        self._line.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Bytes(self._line, self._left_s))

    def close(self) -> None:
        """The answer is still to be read when http.client says this; `_post` closes the connection itself."""


class _Bytes(io.RawIOBase):
    def __init__(self, line: socket.socket, left_s: Callable[[], float]) -> None:
        self._line, self._left_s = line, left_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._line.settimeout(self._left_s())
        return self._line.recv_into(buffer)


def service(section: ResolverSection) -> Service:
    """The service of the settings. Raises SettingsError with key and reason."""
    try:
        parts = urlsplit(section.url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise SettingsError(f"resolver.url: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise SettingsError("resolver.url: write an https address, as https://codes.example.org/resolve")
    if parts.username or parts.fragment:
        raise SettingsError("resolver.url: leave out user, password and fragment; answers are known by resolver.key")
    if parts.scheme == "http" and not _is_near(host):
        raise SettingsError("resolver.url: write https; http goes only to this machine and to private addresses")
    tls = _trusting(section.ca_file) if parts.scheme == "https" else None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Service(host, port or (443 if tls else 80), path, tls, _key(section.key))


def _trusting(ca_file: str) -> ssl.SSLContext:
    """Whose certificates count: those of that file alone, or those that the system trusts."""
    if ca_file and not Path(ca_file).is_absolute():
        raise SettingsError(f"resolver.ca_file: {ca_file}: write the full path")
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError as error:
        raise SettingsError(f"resolver.ca_file: {ca_file}: holds no certificate in PEM") from error
    except OSError as error:
        raise SettingsError(f"resolver.ca_file: {ca_file}: {error.strerror}") from error


def _key(text: str) -> Ed25519PublicKey | None:
    if not text:
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(b64decode(text, validate=True))
    except ValueError as error:
        raise SettingsError("resolver.key: write the 32 bytes of an Ed25519 public key in base64") from error


def _is_near(host: str) -> bool:
    """Whether nobody beyond this site carries what is said in clear."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_private


def _verify(key: Ed25519PublicKey, body: bytes, signature: str) -> None:
    if not signature:
        raise NotBelieved(Miss.UNSIGNED)
    try:
        key.verify(b64decode(signature, validate=True), SIGNED_AS + body)
    except (InvalidSignature, ValueError):
        raise NotBelieved(Miss.WRONG_SIGNATURE) from None


def _understood(body: bytes) -> ServiceAnswer:
    try:
        answer: ServiceAnswer = msgspec.convert(strict_json.decode(body), ServiceAnswer)
    except (Rejected, msgspec.ValidationError):
        raise NotBelieved(Miss.NOT_UNDERSTOOD) from None
    return answer
