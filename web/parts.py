"""What the pages work with, wired once by `create_app`: settings, gate, desk, logbook, clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from flask import current_app

from kiosk.settings import Places, Settings
from kiosk.store.desk import Desk
from kiosk.store.records import Records
from web.desk_queue import ReviewQueue
from web.gate import Gate
from web.rendered import Rendered
from web.streams import Streams

KEY = "kiosk"  # under which `current_app.extensions` keeps them


PROBE_EVERY_S = 10.0


class Probe:
    """Whether the desk's database takes changes, tried now and then: a try writes, and storage wears."""

    def __init__(self, desk: Desk, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._monotonic_s = monotonic_s
        self._at_s = float("-inf")
        self._works = False

    def works(self) -> bool:
        """What the last try said, if that was good and not long ago; else what a new one says."""
        now_s = self._monotonic_s()
        if not self._works or now_s - self._at_s > PROBE_EVERY_S:
            self._works, self._at_s = self._desk.works(), now_s
        return self._works


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one running web."""

    settings: Settings
    places: Places
    gate: Gate
    desk: Desk
    logbook: Records
    streams: Streams
    rendered: Rendered
    probe: Probe
    now: Callable[[], datetime]
    queue: ReviewQueue
    card: Callable[[str, datetime], str] | None = None  # the name on a pass of ours, where one can be read
    main_settings: Path | None = None  # the administrator's file, over which the pages write
    venue: Callable[[datetime], str] | None = None  # the fresh check-in code of a moment, where the screen shows one


def parts() -> Parts:
    """Those of the application that answers this request."""
    return cast("Parts", current_app.extensions[KEY])
