"""The gate's end of one lane's scanner: what it saw, whether it is alive, and how many pictures it should send."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path

from kiosk.core.faults import LinkDown
from kiosk.core.hints import Hint
from kiosk.core.ports import Clock
from kiosk.services import link
from kiosk.services.devices import Watched
from kiosk.services.inbox import Inbox, ScannerLooked
from kiosk.services.messages import CameraState, Looked, PictureTaken, ScannerPush, ShowPictures

SILENT_AFTER_S = 1.5
SEND_AT_MOST_US = 100_000


class ScannerLink:
    """Listens for the scanner of a lane; a new connection replaces the old one."""

    def __init__(
        self, lane: str, path: Path, driver: str, inbox: Inbox, clock: Clock, picture: Callable[[PictureTaken], None]
    ) -> None:
        self._lane, self._inbox, self._clock, self._picture = lane, inbox, clock, picture
        self.scanner = Watched("scanner", "", clock)
        self.camera = Watched("camera", driver, clock)
        self._heard_s = clock.monotonic_s()
        self._hint: Hint | None = None
        self._hz = 0.0
        self._guard = threading.Lock()
        self._current: socket.socket | None = None
        self._server = link.Server(path, self._serve, most=4)

    def _serve(self, connection: socket.socket) -> None:
        # A scanner that reads nothing, for strangers' pictures got the better of it, must not hold up the gate's turn.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, SEND_AT_MOST_US))
        with self._guard:
            self._current = connection
            link.send(connection, ShowPictures(hz=self._hz))
        while True:
            message = link.receive(connection, ScannerPush)
            self._heard_s = self._clock.monotonic_s()
            if isinstance(message, Looked):
                self._looked(message)
            else:
                self._picture(PictureTaken(lane=self._lane, jpeg=message.jpeg))

    def _looked(self, looked: Looked) -> None:
        self.scanner.became("ok")
        without = looked.camera is CameraState.ENDED and self.camera.driver == "none"  # as it is meant to be
        state = CameraState.OK.value if without else looked.camera.value
        self.camera.became(state, looked.detail)
        self._hint = looked.hint
        self._inbox.post(ScannerLooked(self._lane, looked))

    def check(self) -> bool:
        """Whether the camera can be relied on just now; notes it when the scanner has fallen silent."""
        if self._clock.monotonic_s() - self._heard_s > SILENT_AFTER_S:
            self.scanner.became("silent")
        return self.scanner.state.ok and self.camera.state.ok

    @property
    def hint(self) -> Hint | None:
        """What would help the person before the camera; nothing while the scanner is silent."""
        return self._hint if self.scanner.state.ok else None

    def pictures(self, hz: float) -> None:
        """Asks for so many pictures a second."""
        with self._guard:
            if hz == self._hz:
                return
            self._hz = hz
            if self._current is not None:
                try:
                    link.send(self._current, ShowPictures(hz=hz))
                except LinkDown:
                    self._current = None

    def close(self) -> None:
        """Hangs up."""
        self._server.close()
