"""An MLX90614 on a bench: the modelled part, its bus, a clock that the test turns, and the driver."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from typing import Any

import pytest

from hardware.thermometers import SensorCode
from hardware.thermometers.mlx90614 import Mlx90614
from kiosk.core.faults import SensorFault
from tests.support.mlx90614_part import AMBIENT, OBJECT_1, FakeSMBus, Part, word

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


class Bench:
    """A part, its bus, a clock that the test turns, and the driver."""

    def __init__(self, adapter_has_pec: bool = True, **part: object) -> None:
        self.part = Part(**part)  # type: ignore[arg-type]
        self.clock_s = 100.0
        self.bus_there = True
        self.opened = 0
        self.adapter_has_pec = adapter_has_pec
        self.slept: list[float] = []
        self.driver = self.make()

    def make(self, **more: Any) -> Mlx90614:
        return Mlx90614(
            self.open_bus, now=lambda: NOW, monotonic_s=lambda: self.clock_s, sleep=self.slept.append, **more
        )

    def holds(self, object_c: float, ambient_c: float = 22.0) -> None:
        self.part.ram |= {OBJECT_1: word(object_c), AMBIENT: word(ambient_c)}

    def open_bus(self) -> FakeSMBus:
        self.opened += 1
        if not self.bus_there:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/dev/i2c-1")
        return FakeSMBus(self.part, self.adapter_has_pec)

    def fails_with(self) -> SensorCode:
        with pytest.raises(SensorFault) as caught:
            self.driver.read()
        return SensorCode(caught.value.code)
