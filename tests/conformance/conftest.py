"""The public test suites, which stand beside the project and are never copied into it."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def certs() -> Path:
    """The folder of certificate suites: `../shared/data/certs`, or under KIOSK_SHARED_DATA."""
    root = Path(os.environ.get("KIOSK_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
    if not (root / "certs").is_dir():
        pytest.skip(f"no test suites at {root}; set KIOSK_SHARED_DATA to the folder that holds certs/")
    return root / "certs"
