"""A driver as settings name it, `DRIVER:key=value,key=value`: what others than the driver itself have to know of it."""

from __future__ import annotations

from dataclasses import dataclass

NO_LINES = frozenset({"chip", "bus", "address", "device", "near_cm"})  # keys whose numbers are no GPIO, as all in _s
ON_I2C = "mlx"  # the thermometers whose driver talks to the bus itself are of Melexis


@dataclass(frozen=True, slots=True)
class Spec:
    """A driver's name and what it is given; nothing is checked here, the driver does that when it is opened."""

    driver: str
    given: dict[str, str]

    @classmethod
    def of(cls, spec: str) -> Spec:
        """`leds:green=17,red=22`"""
        driver, _colon, arg = spec.partition(":")
        return cls(driver, dict(part.strip().split("=", 1) for part in arg.split(",") if "=" in part))

    @property
    def bus(self) -> str:
        """The number of the I2C bus that it talks to; empty where it talks to none, or the kernel does."""
        return self.given.get("bus", "1") if self.driver.startswith(ON_I2C) else ""

    @property
    def lines(self) -> dict[str, str]:
        """The GPIO lines that it is given, by what they are for."""
        found = self.given.items()
        return {key: text for key, text in found if text.isdecimal() and key not in NO_LINES and not key.endswith("_s")}
