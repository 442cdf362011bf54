"""Reads QR codes from picture files for `kiosk scan`: each picture is decoded in a sealed child process.

A picture that kills or hangs the decoder costs that child; the picture is answered with an error, and the next one
gets a new child. The parent only ever touches the files' bytes.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO, Protocol

import cv2
import msgspec
import numpy as np

from hardware.pictures import BadPicture, decode
from hardware.scanners import Found
from kiosk.core.faults import ScannerFault
from kiosk.core.ports import Picture
from kiosk.services.seal import seal

MEMORY_MB = 1024
AT_MOST_S = 20.0  # for one picture; a Pi needs about five for fifty megapixels
LARGEST_REPLY = 4 * 1024 * 1024  # bytes
COMMAND = (sys.executable, "-P", "-m", __name__)  # -P: no module is taken from the folder one stands in
_HEAD = 8


class Answer(msgspec.Struct, frozen=True):
    """What one picture came to: its texts and the step that read the first, or an error."""

    texts: tuple[str, ...] = ()
    stage: str = ""
    ms: float = 0.0
    error: str = ""


class StageScanner(Protocol):
    """A scanner that also tells which of its steps read the code."""

    def read(self, picture: Picture) -> Found:
        """What was found in a picture."""


class StillReader:
    """Asks a child process, started when needed, about one picture after the other. Use it in a `with`."""

    def __init__(self, command: Sequence[str] = COMMAND, at_most_s: float = AT_MOST_S) -> None:
        self._command = command
        self._at_most_s = at_most_s
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> StillReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, data: bytes, name: str) -> Answer:
        """What the picture file `data` holds; `name` is what an error calls it."""
        child = self._child = self._child or self._start()
        try:
            _send(child, name.encode(errors="replace"))
            _send(child, data)
            reply = self._reply(child)
        except BrokenPipeError:
            reply = None
        if reply is None:
            how = self._end()
            return Answer(error=f"{name}: the decoder {how} on this picture; it is left out")
        return msgspec.json.decode(reply, type=Answer)

    def _start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OPENCV_LOG_LEVEL": "SILENT"}
        # What the image libraries say on stderr is about the stranger's file; our own line says it better.
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
        )

    def _reply(self, child: subprocess.Popen[bytes]) -> bytes | None:
        """One line from the child; None when it died or took too long."""
        assert child.stdout is not None
        until_s = time.monotonic() + self._at_most_s
        reply = bytearray()
        while not reply.endswith(b"\n"):
            left_s = max(0.0, until_s - time.monotonic())
            if not select.select([child.stdout], [], [], left_s)[0] or len(reply) > LARGEST_REPLY:
                return None
            part = os.read(child.stdout.fileno(), 1 << 16)
            if not part:
                return None
            reply += part
        return bytes(reply)

    def _end(self) -> str:
        """Ends the child, and says in a word how it ended."""
        child, self._child = self._child, None
        if child is None:
            return "ended"
        with suppress(BrokenPipeError, AttributeError):
            child.stdin.close()  # type: ignore[union-attr] # the child ends by itself when nothing more will come
        try:
            died = child.wait(0.5) != 0
        except subprocess.TimeoutExpired:
            died = False
            child.kill()
            child.wait()
        child.stdout.close()  # type: ignore[union-attr]
        return "died" if died else "hung"


def _send(child: subprocess.Popen[bytes], data: bytes) -> None:
    assert child.stdin is not None
    child.stdin.write(len(data).to_bytes(_HEAD) + data)
    child.stdin.flush()


def serve(scanner: StageScanner, incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """The child's life: seals itself, then answers each picture with one line of JSON, until no more come."""
    cv2.setNumThreads(1)
    scanner.read(np.zeros((64, 64), np.uint8))  # whatever loads on first use loads now
    seal(MEMORY_MB)
    while (name := _receive(incoming)) is not None and (data := _receive(incoming)) is not None:
        outgoing.write(msgspec.json.encode(answer(scanner, data, name.decode(errors="replace"))) + b"\n")
        outgoing.flush()


def _receive(incoming: BinaryIO) -> bytes | None:
    head = incoming.read(_HEAD)
    return incoming.read(int.from_bytes(head)) if len(head) == _HEAD else None


def answer(scanner: StageScanner, data: bytes, name: str) -> Answer:
    """What one picture comes to. An error is one line."""
    began_s = time.perf_counter()
    try:
        found = scanner.read(decode(data, name))
    except BadPicture as problem:
        return Answer(error=str(problem))
    except (cv2.error, MemoryError, RuntimeError, ValueError, ScannerFault) as error:
        return Answer(error=f"{name}: the decoder gave up with {type(error).__name__}")
    return Answer(found.texts, found.stage, round((time.perf_counter() - began_s) * 1000, 1))


def main() -> None:
    """The child, with the scanner that the gate uses."""
    from hardware.scanners import cascade  # noqa: PLC0415 - the parent never loads the decoders

    serve(cascade.for_stills(), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
