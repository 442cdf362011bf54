"""A distance sensor that the kernel drives, as the VL53L0X.  Source: Linux, Documentation/ABI/testing/sysfs-bus-iio.

The part: a VL53L0X laser distance sensor on the I2C bus of the thermometer, at 0x29.

    line of      goes to                                level
    VIN          3.3 V, pin 1
    SDA, SCL     GPIO2, pin 3; GPIO3, pin 5             3.3 V; the Pi's own 1.8 kΩ pull-ups
    GND          GND

A device tree overlay that names `st,vl53l0x` gives it to the kernel's own driver, which then holds the address.

    file                    what it holds
    name                    "vl53l0x"
    in_distance_raw         counts (VL53L0X: mm)
    in_distance_scale       metres a count; 0.001 where it is not told
"""

from __future__ import annotations

from pathlib import Path

from hardware import arguments, number, whole
from kiosk.core.faults import SensorFault
from kiosk.core.ports import Front

DEVICES = Path("/sys/bus/iio/devices")
NEAR_CM = 60.0
REACH_CM = 200.0  # VL53L0X datasheet, first page: nothing further is measured


class IioPresence:
    """The distance that the first such device of the kernel's measures, or `device` of them."""

    def __init__(self, devices: Path = DEVICES, device: int | None = None, *, near_cm: float = NEAR_CM) -> None:
        self._devices, self._device, self._near_cm = devices, device, near_cm
        self._closed = False

    def look(self) -> Front | None:
        """What is in front. Raises SensorFault while no device measures; one that returns is found anew."""
        if self._closed:
            raise SensorFault("absent", "the presence sensor is closed; open it again")
        pattern = "iio:device*" if self._device is None else f"iio:device{self._device}"
        file = next((each / "in_distance_raw" for each in sorted(self._devices.glob(pattern)) if _measures(each)), None)
        if file is None:
            raise SensorFault("absent", f"there is no distance sensor under {self._devices}; check the overlay")
        try:
            raw, scale_m = float(file.read_text()), _scale_m(file.with_name("in_distance_scale"))
        except (OSError, ValueError) as error:
            raise SensorFault("nack", f"{file.parent.name} does not measure ({error}); check its wires") from error
        distance_cm = 100 * raw * scale_m
        if distance_cm <= 0:
            raise SensorFault("out_of_range", f"{file.parent.name} measures {distance_cm:.0f} cm; check its window")
        return Front(distance_cm <= self._near_cm, min(REACH_CM, round(distance_cm, 1)))

    def close(self) -> None:
        """Looks no more; may be called twice."""
        self._closed = True


def _measures(device: Path) -> bool:
    return (device / "in_distance_raw").exists()


def _scale_m(file: Path) -> float:
    return float(file.read_text()) if file.exists() else 0.001


def open_device(arg: str) -> IioPresence:
    """`iio[:device=0,near_cm=60]`: the first distance sensor that the kernel drives, or that device."""
    given = arguments(arg, device=whole(0, 99), near_cm=number(5, REACH_CM))
    return IioPresence(**given)
