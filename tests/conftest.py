"""What every test starts from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kiosk import locale


@pytest.fixture(autouse=True)
def language_put_back() -> Iterator[None]:
    """No test leaves its language to the next: pages answer in their visitor's, in the thread that asked for them."""
    yield
    locale.use(None)
