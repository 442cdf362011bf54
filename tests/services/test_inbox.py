"""The gate's inbox: one look lasts no longer than it should, whatever comes meanwhile."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from kiosk.core.ports import Button
from kiosk.services.inbox import WORTH_KEEPING, Inbox, Pressed, ScannerLooked
from kiosk.services.messages import CameraState, Looked
from tests.support.mint import NOW

TAKES_S = 0.1


@pytest.fixture
def slow_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGUSR1, lambda *_: time.sleep(2 * TAKES_S))
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.timeout(10)
@pytest.mark.usefixtures("slow_handler")
def test_a_signal_that_comes_as_the_time_runs_out_does_not_make_the_gate_wait_for_ever():
    signalling = threading.Timer(TAKES_S / 2, os.kill, (os.getpid(), signal.SIGUSR1))
    signalling.start()
    assert Inbox().take(TAKES_S) == []
    signalling.join()


def test_what_people_do_is_kept_where_looks_are_too_many():
    inbox, press = Inbox(), Pressed("main", Button.PASS, NOW)
    for _ in range(WORTH_KEEPING + 5):
        inbox.post(ScannerLooked("main", Looked(camera=CameraState.OK)))
    inbox.post(press)
    taken = inbox.take(0)
    assert len(taken) == WORTH_KEEPING + 1
    assert taken[-1] is press
