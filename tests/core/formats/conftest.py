"""One street of throw-away keys for all tests of formats."""

import pytest

from tests.support import mint


@pytest.fixture(scope="package")
def street() -> mint.Street:
    return mint.street()
