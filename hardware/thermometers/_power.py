"""The power of a thermometer that is fed by a GPIO line: the one way in which a program can free a hanging part."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gpiozero import OutputDevice

from hardware import pins as gpio
from hardware.thermometers import SensorCode
from kiosk.core.faults import LampFault, SensorFault, SettingsError

OFF_S, START_S = 0.1, 0.25  # its capacitor empties; until the part's data are valid


def open_power(
    line: int, pins: gpio.Pins | None = None, sleep: Callable[[float], None] = time.sleep
) -> Callable[[], None]:
    """Feeds the part from now on; what comes back turns it off and on. Raises SettingsError where the line is taken.

    A line gives 16 mA, such a part takes 2. Turning it off and on raises SensorFault ABSENT where the line is gone.
    """
    try:
        feed: Any = OutputDevice(line, initial_value=True, pin_factory=pins or gpio.open_pins(None))
    except LampFault as error:
        raise SettingsError(f"power={line}: {error}") from error
    except gpio.line_errors() as error:
        raise SettingsError(f"power={line}: GPIO{line} cannot be driven ({error})") from error

    def cycle() -> None:
        try:
            feed.off()
            sleep(OFF_S)
            feed.on()
        except gpio.line_errors() as error:
            said = f"the thermometer's power, GPIO{line}, cannot be switched ({error}); check the header"
            raise SensorFault(SensorCode.ABSENT, said) from error
        sleep(START_S)

    return cycle
