"""A made-up /sys/bus/iio with one of the kernel's infrared thermometers in it, as Linux 6.1 shows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support.mlx90614_part import word

OFFSET, SCALE = "-13657.500000", "20"  # of the kernel's mlx90614: kelvin, and 0.02 K a count, in m°C


@dataclass
class Tree:
    """The folder of devices, and the hand that warms what the thermometer sees."""

    devices: Path
    part: str = "mlx90614"
    number: int = 0

    @property
    def device(self) -> Path:
        return self.devices / f"iio:device{self.number}"

    def plug(self, object_c: float = 34.5, ambient_c: float = 22.0) -> None:
        self.device.mkdir(parents=True, exist_ok=True)
        (self.device / "name").write_text(f"{self.part}\n")
        (self.device / "in_temp_object_calibemissivity").write_text("1.000000000\n")
        self.hold(object_c, ambient_c)

    def hold(self, object_c: float, ambient_c: float = 22.0) -> None:
        for what, celsius in (("object", object_c), ("ambient", ambient_c)):
            if self.part == "mlx90614":
                (self.device / f"in_temp_{what}_raw").write_text(f"{word(celsius)}\n")
                (self.device / "in_temp_offset").write_text(f"{OFFSET}\n")
                (self.device / "in_temp_scale").write_text(f"{SCALE}\n")
            else:
                (self.device / f"in_temp_{what}_input").write_text(f"{round(celsius * 1000)}\n")

    def unplug(self) -> None:
        for file in self.device.iterdir():
            file.unlink()
        self.device.rmdir()
