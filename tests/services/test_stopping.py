"""A service hears that it should end, wherever in its waiting the signal finds it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from kiosk.services.stopping import Signals

# A thread sends one signal a round while the main thread goes in and out of waiting as fast as it can.
ROUNDS = 300
CHILD = f"""
import os, queue, random, signal, threading, time
from kiosk.services.stopping import Signals

chance, begun, rounds = random.Random(1), queue.SimpleQueue(), {ROUNDS}

def tells():
    while (number := begun.get()) is not None:
        time.sleep(chance.random() / 2000)
        os.kill(os.getpid(), number)

threading.Thread(target=tells, daemon=True).start()
for round in range(rounds):
    stopping = Signals()
    begun.put(signal.SIGTERM if round % 2 else signal.SIGINT)
    while not stopping.wait(0 if round % 3 else 60):
        pass
print("heard", rounds)
"""


def test_hundreds_of_signals_are_heard_wherever_they_find_the_waiting():
    said = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=20, check=False)
    assert (said.stdout, said.stderr) == (f"heard {ROUNDS}\n", "")


@pytest.fixture
def stopping():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield Signals()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_nothing_came_after_the_time_that_was_given(stopping):
    began = time.monotonic()
    assert not stopping.wait(0.02)
    assert time.monotonic() - began >= 0.02
    assert not stopping.is_set()


def test_once_told_it_stays_told_and_never_waits_again(stopping):
    for _ in range(3):
        os.kill(os.getpid(), signal.SIGTERM)
    assert [stopping.wait(60) for _ in range(3)] == [True] * 3
    assert stopping.is_set()
