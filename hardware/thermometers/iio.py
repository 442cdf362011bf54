"""Thermometers that the kernel itself drives.  Source: Linux, Documentation/ABI/testing/sysfs-bus-iio.

The part: an MLX90614 or MLX90632 that a device tree overlay gave to the kernel's own driver; wiring as in
`mlx90614.py` and `mlx90632.py`. On a Pi, in /boot/firmware/config.txt:

    dtoverlay=i2c-sensor,mlx90614        (then the kiosk's own driver finds the address taken)

    file                              what it holds
    name                              "mlx90614" or "mlx90632"
    in_temp_object_raw, _ambient_raw  counts: m°C = (raw + in_temp_offset) · in_temp_scale   (mlx90614)
    in_temp_object_input, ...         m°C                                                    (mlx90632)
    in_temp_object_calibemissivity    0 to 1

The kernel's driver checks the error flag, not the PEC: so every value is read twice and must agree. Where the kernel
offers the choice, `mlx90614` of this folder is the better driver; this one serves where something else owns the bus.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from hardware import arguments, number, whole
from hardware.thermometers import SensorCode
from hardware.thermometers._watch import Watch
from hardware.thermometers._wire import fault_of, tried
from kiosk.core.faults import SensorFault
from kiosk.core.model import Reading

DEVICES = Path("/sys/bus/iio/devices")
NAMES = ("mlx90614", "mlx90632")
AGREE_C = {"mlx90614": 0.1, "mlx90632": 0.5}  # the latter measures anew for each question
AMBIENT_RANGE_C, OBJECT_RANGE_C = (-40.0, 125.0), (-70.0, 380.0)  # the wider of the two parts


class Iio:
    """Object and ambient temperature in °C as the kernel's driver gives them."""

    name = "iio"

    def __init__(
        self,
        devices: Path = DEVICES,
        device: int | None = None,
        *,
        emissivity: float = 1.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._devices, self._device, self._emissivity = devices, device, emissivity
        self._now, self._monotonic_s = now, monotonic_s
        self._watch = Watch()
        self._found: Path | None = None
        self._part = ""
        self._facts: dict[str, str] = {}
        self._closed = self._was_gone = False
        self._awake_since_s = float("-inf")

    def read(self) -> Reading:
        """One reading. Raises SensorFault with a SensorCode; a device that vanished is looked for anew."""
        try:
            where = self._find()
            target = self._celsius(where, "object", OBJECT_RANGE_C)
            ambient = self._celsius(where, "ambient", AMBIENT_RANGE_C)
            now_s = self._monotonic_s()
            doubt = self._watch.doubts(target, ambient, now_s)
            if doubt is not None:
                raise self._fault(doubt)
        except SensorFault as fault:
            if fault.code in (SensorCode.ABSENT, SensorCode.NACK):
                self._found, self._facts, self._was_gone = None, {}, True
                self._watch.forget()
            raise
        if self._was_gone:
            self._was_gone, self._awake_since_s = False, now_s
        awake_s = now_s - self._awake_since_s
        return Reading(target, ambient, self._now(), awake_s=None if awake_s == float("inf") else awake_s)

    def about(self) -> Mapping[str, str]:
        """Which device of the kernel's it is, and how it is set; empty until it was found."""
        return self._facts

    def close(self) -> None:
        """Looks no more; may be called twice. Later reads say ABSENT."""
        self._closed, self._found = True, None

    def _find(self) -> Path:
        if self._closed:
            raise self._fault(SensorCode.ABSENT)
        if self._found is not None:
            return self._found
        pattern = "iio:device*" if self._device is None else f"iio:device{self._device}"
        for where in sorted(self._devices.glob(pattern)):
            name = _text(where / "name")
            if name in NAMES:
                self._part = name
                self._check_setup(where)
                self._found = where
                return where
            if self._device is not None:
                raise self._fault(SensorCode.WRONG_PART, f"{where.name} is {name or 'nothing'}")
        raise self._fault(
            SensorCode.ABSENT, f"there is no {' or '.join(NAMES)} under {self._devices}; check the overlay"
        )

    def _check_setup(self, where: Path) -> None:
        file = where / "in_temp_object_calibemissivity"
        held = _text(file)
        if held:
            emissivity = tried(lambda: _number(file), self._fault)
            if abs(emissivity - self._emissivity) > 0.001:
                raise self._fault(SensorCode.SETUP, f"emissivity {emissivity:.3f}, not {self._emissivity:.3f}")
        self._facts = {"id": f"{where.name} {self._part}", "emissivity": held, "checking": "double_read"}

    def _celsius(self, where: Path, what: str, span_c: tuple[float, float]) -> float:
        def twice() -> float:
            value, again = self._value(where, what), self._value(where, what)
            if abs(value - again) > AGREE_C[self._part]:
                raise SensorFault(SensorCode.BUS, "two readings do not agree")
            if not span_c[0] <= again <= span_c[1]:
                raise SensorFault(SensorCode.OUT_OF_RANGE, f"{again:.2f} °C")
            return again

        return tried(twice, self._fault)

    def _value(self, where: Path, what: str) -> float:
        processed = where / f"in_temp_{what}_input"
        if processed.exists():
            return _number(processed) / 1000
        raw = _number(where / f"in_temp_{what}_raw")
        if raw in (0, 0xFFFF):
            raise SensorFault(SensorCode.STUCK, "every bit reads the same")
        return (raw + _number(where / "in_temp_offset")) * _number(where / "in_temp_scale") / 1000

    def _fault(self, code: SensorCode, cause: Exception | str | None = None) -> SensorFault:
        """EIO is what the kernel's driver makes of the part's error flag."""
        if getattr(cause, "errno", None) == errno.EIO:
            code = SensorCode.ERROR_FLAG
        return fault_of(f"thermometer {self.name}", code, cause)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _number(file: Path) -> float:
    text = file.read_text(encoding="ascii", errors="replace").strip()
    try:
        return float(text)
    except ValueError:
        raise SensorFault(SensorCode.BUS, f"{file.name} holds {text[:20]!r}") from None


def open_device(arg: str) -> Iio:
    """`iio[:device=0,emissivity=1.0]`: the first MLX906xx that the kernel drives, or that device."""
    given = arguments(arg, device=whole(0, 99), emissivity=number(0.1, 1))
    return Iio(**given)
