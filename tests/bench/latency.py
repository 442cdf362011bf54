"""From a camera's frame to the lamp with the row on disk, beside a plain loop of pyzbar."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from pyzbar import pyzbar

from hardware.lamps.simulated import SimulatedLamp
from kiosk.core.ports import LampPattern
from kiosk.services import lane_devices
from kiosk.services.gate import GateService
from kiosk.services.inbox import Message, ScannerLooked
from kiosk.services.notify import Notifier
from kiosk.services.roster import GateRoster
from kiosk.services.street import Mint
from kiosk.settings import Lane, Places, Settings
from tests.support.figures import Figure, at_most
from tests.support.gates import end, eventually, frame_with, fresh_places, start

FRAMES = 6  # for which a code is shown: a disk that is slow for half a second loses nobody
RULES = """
[groups.visitors]
checks = ["credential", "identity", "test_age", "replay"]
[show]
least_s = 0
"""  # the temperature was taken while the person came: what is measured is the code's way;
# and these come faster than people, so no result needs to stand for a moment


class StampedLamp(SimulatedLamp):
    """Remembers when each green was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.greens_s: list[float] = []

    def show(self, pattern: LampPattern) -> None:
        super().show(pattern)
        if pattern is LampPattern.PASS:
            self.greens_s.append(time.monotonic())


def measure(smoke: bool) -> Iterable[Figure]:
    """Dense certificates, one after the other, each shown for six frames at ten frames a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = queue(folder, 10 if smoke else 150)
        ours = to_the_lamp(fresh_places(folder), folder, len(texts))
        plain = _plain(folder / "stills", folder / "plain.db")
    yield Figure("characters of a certificate", float(np.median([len(text) for text in texts])))
    yield Figure("frame → lamp with row on disk, median", float(np.median(ours)) * 1000, "ms")
    yield at_most("frame → lamp with row on disk, p99", float(np.percentile(ours, 99)) * 1000, "ms", 100)
    yield Figure("plain pyzbar loop, not verified, row on disk, median", float(np.median(plain)) * 1000, "ms")
    yield Figure("plain pyzbar loop, not verified, row on disk, p99", float(np.percentile(plain, 99)) * 1000, "ms")


def queue(folder: Path, count: int) -> list[str]:
    """The certificates of so many people; their pictures are in `stills`, whom to believe in `lists`."""
    mint = Mint.fresh(datetime.now(UTC))
    texts = [mint.dcc(f"Person {number}", "Some") for number in range(count)]
    stills = folder / "stills"
    stills.mkdir()
    for number, text in enumerate(texts):
        cv2.imwrite(str(stills / f"{number:04}.png"), frame_with(text, module_px=4))
    mint.publish(folder / "lists")
    return texts


def to_the_lamp(at: Places, folder: Path, count: int) -> list[float]:
    """Seconds from each certificate's first frame to its green lamp; the scanner is a process of its own."""
    at.rules.write_text(RULES)
    lamp = StampedLamp()
    loaded, lane_devices.load = (
        lane_devices.load,
        lambda kind, spec, **more: (
            lamp if kind == "lamp" else loaded(kind, spec, **more)  # type: ignore[assignment]
        ),
    )
    try:
        lane = Lane(thermometer="simulated", lamp="simulated", voice="silent", buttons="none")
        settings = replace(Settings(), lane=(lane,))
        gate = GateService(settings, at, GateRoster(at.desk), trust=(folder / "lists",), notifier=Notifier(None))
    finally:
        lane_devices.load = loaded
    first_s: dict[str, float] = {}
    post = gate._inbox.post

    def stamped(message: Message) -> None:
        if isinstance(message, ScannerLooked) and message.looked.texts:
            first_s.setdefault(message.looked.texts[0], message.looked.taken_s)
        post(message)

    gate._inbox.post = stamped  # type: ignore[method-assign]
    stopping = threading.Event()
    turning = threading.Thread(target=gate.run, args=(stopping,))
    turning.start()
    scanner = start("scanner", "--lane", "main", "--camera", f"stills:{folder / 'stills'},frames={FRAMES}", at=at)
    try:
        eventually(lambda: len(lamp.greens_s) >= count, within_s=30 + count)
    finally:
        end(scanner)
        stopping.set()
        turning.join()
    return [green - taken for taken, green in zip(first_s.values(), lamp.greens_s, strict=False)]


def _plain(stills: Path, database: Path) -> list[float]:
    """What most gates do: pyzbar on the whole frame (QR only), a row with sqlite3's defaults, no signature verified."""
    rows = sqlite3.connect(database)
    rows.execute("CREATE TABLE log (at TEXT, text TEXT)")
    took = []
    for file in sorted(stills.iterdir()):
        frame = cv2.imread(str(file))
        began_s = time.monotonic()
        for found in pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE]):
            rows.execute("INSERT INTO log VALUES (?, ?)", (datetime.now(UTC).isoformat(), found.data.decode()))
            rows.commit()
        took.append(time.monotonic() - began_s)
    rows.close()
    return took
