"""Each driver alone with its device: the kiosk's own services do not run yet, or are stopped."""

from __future__ import annotations

import pytest

from tests.support.installed_kiosk import systemctl


@pytest.fixture(scope="session", autouse=True)
def alone() -> None:
    systemctl("stop", "kiosk.target")
