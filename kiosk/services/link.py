"""The sockets between processes: length-prefixed JSON values over Unix sockets.

One message is four bytes of length, big-endian, and that many bytes of JSON. Values are typed on both
ends (msgspec), so a wrong message is refused where it arrives. The owner of a database listens; others ask.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kiosk.core.faults import LinkDown

LARGEST = 16 * 1024 * 1024  # bytes of one message: a roster of 50,000 people fits
ACCEPT_AGAIN_S = 0.1
_HEAD = 4

T = TypeVar("T")


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """A name for `path` that fits into the 108 bytes of a socket address, however deep the folder lies."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def listen(path: Path, mode: int = 0o660) -> socket.socket:
    """A socket that listens at `path`; one left over from a killed owner is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        path.unlink()
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _address(path) as address:
        server.bind(address)
    path.chmod(mode)
    server.listen(64)
    return server


def connect(path: Path, timeout_s: float | None = 5.0) -> socket.socket:
    """A connection to whoever listens at `path`. Raises LinkDown."""
    try:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError as error:
        raise LinkDown(f"no connection to {path} can be made ({error.strerror})") from error
    client.settimeout(timeout_s)
    try:
        with _address(path) as address:
            client.connect(address)
    except OSError as error:
        client.close()
        raise LinkDown(f"nobody answers at {path}; is the service running?") from error
    return client


def send(link: socket.socket, value: Any) -> None:
    """Sends one value. Raises LinkDown."""
    data = msgspec.json.encode(value)
    try:
        link.sendall(len(data).to_bytes(_HEAD, "big") + data)
    except OSError as error:
        raise LinkDown("the other process hung up") from error


def receive(link: socket.socket, kind: Any) -> Any:
    """One value of `kind` (a type or a union). Raises LinkDown when the other end is gone, silent or talks nonsense."""
    data = receive_bytes(link)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise LinkDown(f"the other process sent a message that is not understood: {error}") from error


def receive_bytes(link: socket.socket) -> bytes:
    """The bytes of one message. Raises LinkDown."""
    length = int.from_bytes(_exactly(link, _HEAD), "big")
    if length > LARGEST:
        raise LinkDown(f"the other process announced {length} bytes; at most {LARGEST} are taken")
    return _exactly(link, length)


def _exactly(link: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        try:
            part = link.recv(min(count - len(data), 1 << 20))
        except TimeoutError as error:
            raise LinkDown("the other process does not answer in time") from error
        except OSError as error:
            raise LinkDown("the other process hung up") from error
        if not part:
            raise LinkDown("the other process hung up")
        data += part
    return bytes(data)


def ask(path: Path, request: Any, reply: type[T], timeout_s: float = 5.0) -> T:
    """Sends one request to the owner that listens at `path` and gives its reply. Raises LinkDown."""
    with connect(path, timeout_s) as link:
        send(link, request)
        answer: T = receive(link, reply)
        return answer


class Server:
    """Accepts connections at `path` and hands each to `serve` in a thread of its own, until closed."""

    def __init__(self, path: Path, serve: Callable[[socket.socket], None], *, most: int = 64) -> None:
        self._serve = serve
        self._path = path
        self._listening = listen(path)
        self._places = threading.BoundedSemaphore(most)
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._accept, name=f"link {path.name}", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while not self._closed:
            try:
                link, _ = self._listening.accept()
            except OSError:
                if self._closed:
                    return
                time.sleep(ACCEPT_AGAIN_S)  # no file descriptor is left, or they hung up at once: others will come
                continue
            if not self._places.acquire(blocking=False):
                link.close()
                continue
            with self._guard:
                self._open.add(link)
            thread = threading.Thread(target=self._talk, args=(link,), name=f"link {self._path.name}", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no thread is left: they have to ask again, but the next are heard
                self._hang_up(link)

    def _talk(self, link: socket.socket) -> None:
        try:
            self._serve(link)
        except LinkDown:
            pass  # the other end is gone: nothing is owed to it
        finally:
            self._hang_up(link)

    def _hang_up(self, link: socket.socket) -> None:
        with self._guard:
            self._open.discard(link)
        link.close()
        self._places.release()

    def close(self) -> None:
        """Stops listening and hangs up on everybody."""
        self._closed = True
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._guard:
            left = list(self._open)
        for link in left:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        with suppress(FileNotFoundError):
            self._path.unlink()


def serve_requests(link: socket.socket, kind: Any, answer: Callable[[Any], Any]) -> None:
    """Answers the requests of one connection, one after the other, until the other end hangs up."""
    while True:
        send(link, answer(receive(link, kind)))
