"""The clock is set wrongly while the gate runs: nobody is shown green until it is right again.

These come last: a row that is written years ahead keeps every earlier time in doubt for good.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.requests import Typed
from kiosk.services.street import Mint
from tests.support.gates import ask
from tests.support.installed_kiosk import AT, conditions, device, gate, keep_the_clock, soon
from tests.support.kernel_devices import HEALTHY_C, HeaderLines, ThermometerPart

pytestmark = pytest.mark.timeout(120)

GREEN = 17


@pytest.fixture
def clock() -> Iterator[None]:
    """Afterwards the guest's clock is right again, and kept."""
    right_s, elapsed_s = time.time(), time.monotonic()
    yield
    time.clock_settime(time.CLOCK_REALTIME, right_s + time.monotonic() - elapsed_s)
    keep_the_clock()


@pytest.mark.parametrize(
    "to",
    [
        pytest.param(lambda now: datetime(1970, 1, 2, tzinfo=UTC), id="1970"),
        pytest.param(lambda now: now - timedelta(days=1), id="a day back"),
        pytest.param(lambda now: now + timedelta(days=3653), id="ten years ahead"),
    ],
)
def test_a_wrong_clock_is_named_within_two_seconds_and_shows_nobody_green(
    kiosk: Mint, clock: None, part: ThermometerPart, header: HeaderLines, to
) -> None:
    soon(lambda: gate().lanes[0].current is None and not header.lit(GREEN))
    code = kiosk.local_pass("Sun Li")
    time.clock_settime(time.CLOCK_REALTIME, to(datetime.now(UTC)).timestamp())
    soon(lambda: device("clock") == "untrusted" and "clock_in_doubt" in conditions(), within_s=2)
    ask(AT, Typed, lane="main", text=code)
    part.measures(HEALTHY_C)
    soon(lambda: gate().lanes[0].current is not None, within_s=5)
    soon(lambda: gate().lanes[0].current.outcome is not None, within_s=10)
    assert not header.lit(GREEN)
