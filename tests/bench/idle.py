"""What an idle gate costs: CPU with and without the screen's picture, and the memory of each process."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import cv2
from pyzbar import pyzbar

from kiosk.core.faults import LinkDown
from kiosk.services import link
from kiosk.services.messages import Follow, GatePush
from kiosk.settings import Places
from tests.support.figures import Figure, at_most
from tests.support.gates import eventually, fresh_places, running, use_of, view, wall

FPS = 10


def measure(smoke: bool) -> Iterable[Figure]:
    """Nobody comes: textured 1280×720 frames without a code at ten a second, a thermometer that sees the room."""
    watched_s = 4 if smoke else 20
    with tempfile.TemporaryDirectory() as folder:
        at = fresh_places(Path(folder))
        stills = Path(folder) / "stills"
        stills.mkdir()
        for number in range(4):
            cv2.imwrite(str(stills / f"{number}.bmp"), cv2.cvtColor(wall(noise=number), cv2.COLOR_GRAY2BGR))
        devices = ("--thermometer=simulated", "--lamp=none", "--voice=silent", "--buttons=none")
        commands = (
            ("gate", *devices),
            ("scanner", "--lane", "main", f"--camera=stills:{stills},frames=1,loop=yes"),
            ("web", "--port", "18431"),
        )
        with running(*commands, at=at) as processes:
            eventually(lambda: [d.name for d in view(at).devices if d.name == "scanner" and d.ok])
            eventually(at.desk_socket.exists)
            pids = dict(zip(("gate", "scanner", "web"), (p.pid for p in processes), strict=True))
            time.sleep(2)
            without = _shares(pids, watched_s)
            with _screen(at):
                time.sleep(1)
                with_picture = _shares(pids, watched_s)
            memory = {name: use_of(pid).memory_mb for name, pid in pids.items()}
        plain = _plain_share(stills)
    yield at_most("idle gate, picture off: gate + scanner", without["gate"] + without["scanner"], "% of a core", 8)
    for name, share in without.items():
        yield Figure(f"  {name}", share, "% of a core")
    yield Figure("idle gate, picture on: gate + scanner", with_picture["gate"] + with_picture["scanner"], "% of a core")
    yield Figure("plain pyzbar loop at 10 frames/s", plain, "% of a core")
    for name, megabytes in memory.items():
        yield Figure(f"memory of {name} (proportional)", megabytes, "MiB")


def _shares(pids: dict[str, int], seconds: float) -> dict[str, float]:
    before = {name: use_of(pid).cpu_s for name, pid in pids.items()}
    began_s = time.monotonic()
    time.sleep(seconds)
    took_s = time.monotonic() - began_s
    return {name: 100 * (use_of(pid).cpu_s - before[name]) / took_s for name, pid in pids.items()}


class _screen:  # noqa: N801 - a context manager
    """A page that shows the picture, as far as the gate can tell."""

    def __init__(self, at: Places) -> None:
        self._connection = link.connect(at.gate_socket, timeout_s=None)
        link.send(self._connection, Follow(pictures=True))
        self._thread = threading.Thread(target=self._follow)

    def _follow(self) -> None:
        with suppress(LinkDown):
            while True:
                link.receive(self._connection, GatePush)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._connection.shutdown(2)
        self._thread.join()
        self._connection.close()


def _plain_share(stills: Path) -> float:
    """CPU of decoding the same empty frames with pyzbar alone, as a share of a core at ten a second."""
    frames = [cv2.imread(str(file)) for file in sorted(stills.iterdir())]
    began_s = time.process_time()
    for frame in frames * 3:
        pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return 100 * FPS * (time.process_time() - began_s) / (len(frames) * 3)
