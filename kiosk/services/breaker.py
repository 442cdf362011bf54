"""A circuit breaker: whoever does not answer several times in a row is left alone for a while, then tried with one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass
class Breaker:
    """Closed until `misses` in a row; then open for `pause_s`, after which one question is let through as a probe.

    Times are seconds of a monotonic clock. Safe to use from several threads.
    """

    misses: int
    pause_s: float
    _in_a_row: int = 0
    _opened_s: float | None = None
    _probing: bool = False
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def open(self) -> bool:
        """Whether the other side counts as down; a probe that is under way changes nothing yet."""
        return self._opened_s is not None

    def allows(self, now_s: float) -> bool:
        """Whether to ask now. After a pause this is True once, until that probe was answered or missed."""
        with self._guard:
            if self._opened_s is None:
                return True
            if self._probing or now_s - self._opened_s < self.pause_s:
                return False
            self._probing = True
            return True

    def answered(self) -> None:
        """It answered: closed, whatever was before."""
        with self._guard:
            self._in_a_row, self._opened_s, self._probing = 0, None, False

    def missed(self, now_s: float) -> None:
        """It did not. A probe that fails begins the pause anew; a late miss of an older question does not."""
        with self._guard:
            self._in_a_row += 1
            if self._probing or (self._opened_s is None and self._in_a_row >= self.misses):
                self._opened_s, self._probing = now_s, False
