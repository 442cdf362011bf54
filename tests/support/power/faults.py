"""What the disk under test does wrong, and when: the n-th operation of a kind fails, once or for a while."""

from __future__ import annotations

import errno
from collections import Counter
from dataclasses import dataclass, field

KINDS = ("create", "write", "truncate", "fsync", "fdatasync", "fsyncdir", "rename", "unlink", "mkdir")
FOR_EVER = 1 << 30


@dataclass(frozen=True, slots=True)
class Fault:
    """From the `nth` operation (1 is the next) of `kinds` on, `times` of them fail with `error`, as `EIO`."""

    error: str
    kinds: tuple[str, ...] = KINDS
    nth: int = 1
    times: int = 1
    spreads: bool = False  # after the first, operations of every kind fail
    short: bool = False  # the first write that fails is done by half instead: a disk fills in the middle

    @property
    def number(self) -> int:
        number: int = getattr(errno, self.error)
        return number


@dataclass(slots=True)
class Plan:
    """Counts operations, and says which of them fail, and when the power goes."""

    faults: tuple[Fault, ...] = ()
    cut_at: int | None = None
    seen: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    _met: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return sum(self.seen.values())

    def meet(self, kind: str) -> Fault | None:
        """The fault that this operation of `kind` meets; the operation is counted."""
        self.seen[kind] += 1
        met = None
        for index, fault in enumerate(self.faults):
            if kind in fault.kinds or (fault.spreads and self._met[index] >= fault.nth):
                self._met[index] += 1
                if met is None and fault.nth <= self._met[index] < fault.nth + fault.times:
                    met = fault
        self.failed += met is not None
        return met

    def is_first(self, fault: Fault) -> bool:
        """Whether it was met just now for the first time."""
        return self._met[self.faults.index(fault)] == fault.nth

    @property
    def cuts(self) -> bool:
        """Whether the power goes during the operation that was met just now."""
        return self.cut_at is not None and self.total >= self.cut_at
