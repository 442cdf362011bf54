"""The scanner's process: looks at a lane's camera and tells the gate every text it sees, and that it is alive.

It owns nothing. Once its camera is open it gives up files, sockets and children (`seal.py`), for it decodes what
strangers hold up; whoever started it starts it anew when it dies or falls silent.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from hardware.cameras import Asked, open_camera
from hardware.pictures import BadPicture, fit
from kiosk.core.faults import CameraFault, LinkDown, ScannerFault
from kiosk.core.ports import Camera, Frame, Picture, Pointer, Sighting
from kiosk.services import link
from kiosk.services.eye import Eye, warm_up
from kiosk.services.messages import CameraState, Looked, PictureTaken, ScannerPush, ShowPictures
from kiosk.services.notify import Notifier
from kiosk.services.seal import seal
from kiosk.settings import ScannerSection

SILENT_AT_MOST_S = 0.2  # a turn waits at most twice so long; half a second of silence is taken for a hang
STALLED_AFTER_S = 1.0  # without a new frame
CONNECT_AGAIN_S = 0.2
OPEN_AGAIN_S = 1.0
SEND_AT_MOST_S = 2  # a gate that takes nothing for so long is gone
SHOWN_WIDTH, SHOWN_QUALITY = 480, 60  # of the pictures for the pages

DECODERS_THROW = (cv2.error, MemoryError, RuntimeError, ValueError, ScannerFault)


class Gate:
    """The connection to the gate: sends what was seen, and knows how many pictures a second the pages want."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(None)  # Python's timeouts need poll(), which the seal forbids; the kernel's do not
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_AT_MOST_S, 0))
        self._connection = connection
        self.pictures_hz = 0.0
        self.gone = threading.Event()
        threading.Thread(target=self._listen, name="gate's wishes", daemon=True).start()

    def send(self, message: ScannerPush) -> None:
        """Sends one message. Raises LinkDown."""
        if self.gone.is_set():
            raise LinkDown("the gate hung up")
        link.send(self._connection, message)

    def _listen(self) -> None:
        try:
            while True:
                wish: ShowPictures = link.receive(self._connection, ShowPictures)
                self.pictures_hz = wish.hz
        except LinkDown:
            self.gone.set()


class Watch:
    """Looks at one camera, turn by turn: gathers a frame, decodes it, tells the gate."""

    def __init__(
        self,
        lane: str,
        camera: Camera,
        scanner: Pointer,
        gate: Gate,
        settings: ScannerSection,
        monotonic_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._lane = lane
        self._camera = camera
        self._scanner = scanner
        self._gate = gate
        self._period_s = 1 / settings.fps
        self._wait_s = min(SILENT_AT_MOST_S, settings.stall_s / 4)
        self._monotonic_s = monotonic_s
        self._sleep = sleep
        self._due_s = monotonic_s()
        self._seen_s: float | None = None  # when the last frame came
        self._eye = Eye(camera)
        self._picture_due_s = float("-inf")
        self._began_s = monotonic_s()

    def turn(self) -> None:
        """One frame, or a sign of life. Raises CameraFault when the camera is lost, LinkDown when the gate is."""
        wait_s = self._due_s - self._monotonic_s()
        if wait_s > 0:
            self._sleep(min(wait_s, self._wait_s))
        if self._monotonic_s() < self._due_s:
            self._gate.send(Looked(camera=self._state()))
            return
        self._due_s = max(self._due_s + self._period_s, self._monotonic_s())  # frames that were missed stay missed
        try:
            frame = self._camera.frame(self._wait_s)
        except EOFError:
            self._gate.send(Looked(camera=CameraState.ENDED))
        except BadPicture as problem:
            self._seen_s = self._monotonic_s()
            self._gate.send(Looked(camera=CameraState.OK, detail=str(problem)))
        except CameraFault as fault:
            self._gate.send(Looked(camera=CameraState.UNPLUGGED, detail=str(fault)))
            raise
        else:
            self._tell(frame)

    def _tell(self, frame: Frame | None) -> None:
        if frame is None:
            self._gate.send(Looked(camera=self._state()))
            return
        self._seen_s = self._monotonic_s()
        sightings, skipped = self._decode(frame.picture)
        decode_ms = (self._monotonic_s() - self._seen_s) * 1000
        texts = tuple(seen.text for seen in sightings if seen.text is not None)
        state, detail = self._eye.state
        self._gate.send(
            Looked(
                camera=state,
                texts=texts,
                taken_s=frame.taken_s,
                label=frame.label,
                decode_ms=round(decode_ms, 2),
                detail=skipped or detail,
                hint=self._eye.hint,
            )
        )
        self._eye.look(frame.picture, sightings, self._seen_s)  # after the texts: nobody waits for it
        self._show(frame.picture)

    def _decode(self, picture: Picture) -> tuple[tuple[Sighting, ...], str]:
        """The codes in `picture` and, where a decoder gave up on it, one line that says so."""
        try:
            return self._scanner.sightings(picture), ""
        except DECODERS_THROW as error:
            return (), f"a frame was skipped: the decoder gave up with {type(error).__name__}"

    def _show(self, picture: Picture) -> None:
        hz = self._gate.pictures_hz
        now_s = self._monotonic_s()
        if hz <= 0 or now_s < self._picture_due_s:
            return
        self._picture_due_s = max(self._picture_due_s + 1 / hz, now_s)
        self._gate.send(PictureTaken(lane=self._lane, jpeg=small_jpeg(picture)))

    def _state(self) -> CameraState:
        since_s = self._began_s if self._seen_s is None else self._seen_s
        if self._monotonic_s() - since_s < max(STALLED_AFTER_S, 2 * self._period_s):
            return CameraState.STARTING if self._seen_s is None else CameraState.OK
        return CameraState.STALLED


def small_jpeg(picture: Picture) -> bytes:
    """What the pages show of a frame: about 480x270."""
    _, jpeg = cv2.imencode(".jpg", fit(picture, SHOWN_WIDTH), (cv2.IMWRITE_JPEG_QUALITY, SHOWN_QUALITY))
    return jpeg.tobytes()


def connect(path: Path, notifier: Notifier) -> Gate:
    """The connection to the gate, waiting until it listens at `path`."""
    while True:
        try:
            return Gate(link.connect(path))
        except LinkDown as down:
            notifier.status(f"waiting for the gate: {down}")
            notifier.turn_done()
            time.sleep(CONNECT_AGAIN_S)


def open_when_there(spec: str, settings: ScannerSection, gate: Gate, notifier: Notifier) -> Camera:
    """The open camera; until it can be opened the gate is told that there is none. Raises LinkDown, SettingsError.

    The first attempt comes before the watchdog counts, for a slow camera takes seconds to open.
    """
    asked = Asked(settings.width, settings.height, settings.fps)
    gate.send(Looked(camera=CameraState.STARTING))
    while True:
        try:
            return open_camera(spec, asked)
        except CameraFault as fault:
            notifier.ready()
            notifier.status(str(fault))
            again_s = time.monotonic() + OPEN_AGAIN_S
            while time.monotonic() < again_s:
                gate.send(Looked(camera=CameraState.UNPLUGGED, detail=str(fault)))
                notifier.turn_done()
                time.sleep(min(SILENT_AT_MOST_S, settings.stall_s / 4))


def run(lane: str, camera_spec: str, path: Path, settings: ScannerSection, scanner: Pointer) -> None:
    """The whole life of the process: connect, open, seal, watch.

    Raises LinkDown when the gate hangs up, CameraFault when the camera is lost: whoever supervises starts it anew.
    """
    cv2.setNumThreads(1)
    notifier = Notifier.from_environment()
    gate = connect(path, notifier)
    camera = open_when_there(camera_spec, settings, gate, notifier)
    blank = np.zeros((64, 64, 3), np.uint8)  # of no camera's shape, so that nothing is learnt from it
    scanner.texts(blank)  # whatever loads on first use loads now
    warm_up(blank)
    small_jpeg(blank)
    seal(settings.memory_mb)
    notifier.ready()
    notifier.status("looking")
    watch = Watch(lane, camera, scanner, gate, settings)
    while True:
        watch.turn()
        notifier.turn_done()
