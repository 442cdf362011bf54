"""A kiosk's clock that a test turns by hand."""

from datetime import UTC, datetime

from kiosk.services.clock import SystemClock


class HandClock(SystemClock):
    """A clock that a test turns."""

    def __init__(self) -> None:
        super().__init__(kernel=lambda: None)
        self.wall, self.mono = datetime(2026, 11, 21, 7, 30, tzinfo=UTC), 100.0

    def now(self) -> datetime:
        return self.wall

    def monotonic_s(self) -> float:
        return self.mono
