"""MLX90614 infrared thermometer over SMBus.  Source: Melexis datasheet 3901090614 rev 013.

The part: one thermopile behind a lens in a TO-39 can, calibrated by its maker; it computes the temperatures itself.

    pin     function (§4)               to
    1 SCL   clock                       GPIO3, pin 5
    2 SDA   data (PWM on other parts)   GPIO2, pin 3
    3 VDD   3.3 V: types ...-B.. and    pin 1, 3.3 V; with `power=4`: GPIO4, pin 7 (the part takes 2 mA at most)
            ...-D..; a type -A.. is 5 V and does not work here
    4 VSS   ground                      pin 9

Levels are 3.3 V. Pull-ups of 1.8 kΩ are on the Pi's two lines; 100 nF between VDD and VSS at the part. The bus runs at
10 to 100 kHz (§8.4.1); 50 kHz is best on a Pi, whose I2C hardware mishandles a part that stretches the clock.

A word is believed when its PEC (packet error code, CRC-8) is right. Some parts send none: then only two readings that
agree are believed, and `about()` says so. Reading never writes to the part: emissivity and address live in an EEPROM
that a disturbed write can spoil, so writing is a command of its own (`write_emissivity`, which reads back).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from hardware import arguments, number, whole
from hardware.thermometers import SensorCode
from hardware.thermometers._power import open_power
from hardware.thermometers._watch import Watch
from hardware.thermometers._wire import Wire, code_of
from kiosk.core.faults import SensorFault
from kiosk.core.model import Reading

ADDRESS = 0x5A  # as delivered, §8.4.5; every part answers to address 0 besides
AMBIENT, OBJECT_1 = 0x06, 0x07  # RAM, §8.4.4
EMISSIVITY, CONFIG = 0x24, 0x25  # EEPROM cells 0x04 and 0x05, opcode 0x20, §8.4.5
IDENTITY = (0x3C, 0x3D, 0x3E, 0x3F)  # EEPROM cells 0x1C to 0x1F, §8.4.5
SLEEP = 0xFF  # §8.4.8
ERROR_FLAG = 0x8000  # bit 15 of a temperature word, §8.4.4
ALL_ONES = 0xFFFF  # what an open data line reads
STEP_K, ZERO_C = 0.02, -273.15  # §8.4.4: T = word · 0.02 K
AMBIENT_RANGE_C = (-40.0, 125.0)  # §1, operating temperature
OBJECT_RANGE_C = (-70.0, 380.0)  # §1, object temperature
IIR, IIR_TOO_SLOW = 0x0007, (0b001, 0b010, 0b011)  # §8.4.5: these weigh a new value by a quarter or less
FIR, FIR_LEAST = 0x0700, 0b100  # §8.4.5: fewer points are not recommended
WRITE_S = 0.02  # an EEPROM cell takes 5 ms to erase and to write, §8.4.5
WAKE_S, START_S = 0.034, 0.25  # SDA held low; until data are valid, §8.4.8 and §8.4.9

PROBES, PROBES_RIGHT = 5, 3  # so many of so many reads with a right PEC prove that the part sends one
AGREE_STEPS = 5  # two readings agree within 0.1 K
DOWN_S = 3.0  # after so long without a reading its power is cycled, where the kiosk switches it


class Bus(Protocol):
    """What is used of `smbus2.SMBus`."""

    def enable_pec(self, enable: bool = True) -> None:
        """Lets the kernel send and check the PEC of each transfer; OSError where the adapter cannot."""

    def read_word_data(self, i2c_addr: int, register: int) -> int:
        """One SMBus read-word transfer, low byte first; OSError with the kernel's errno."""

    def write_word_data(self, i2c_addr: int, register: int, value: int) -> None:
        """One SMBus write-word transfer, low byte first."""

    def write_byte(self, i2c_addr: int, value: int) -> None:
        """One SMBus send-byte transfer."""

    def close(self) -> None:
        """Closes the bus."""


class Checking(StrEnum):
    """How the words of this part are checked."""

    UNKNOWN = "unknown"
    PEC = "pec"
    DOUBLE_READ = "double_read"


class Mlx90614:
    """Object and ambient temperature in °C of the part at `address` on the bus that `open_bus` opens.

    `emissivity` is what the part must be set to; `power_cycle`, where the kiosk switches the part's power, turns it
    off and on.
    """

    name = "mlx90614"

    def __init__(
        self,
        open_bus: Callable[[], Bus],
        address: int = ADDRESS,
        *,
        emissivity: float = 1.0,
        power_cycle: Callable[[], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.checking = Checking.UNKNOWN
        self._wire: Wire[Bus] = Wire(open_bus, f"thermometer {self.name} at {address:#x}", monotonic_s)
        self._address, self._emissivity, self._power_cycle = address, emissivity, power_cycle
        self._now, self._monotonic_s, self._sleep = now, monotonic_s, sleep
        self._watch = Watch()
        self._facts: dict[str, str] = {}
        self._was_gone, self._awake_since_s = False, float("-inf")
        self._good_s = monotonic_s()

    def read(self) -> Reading:
        """One reading; takes about 1 ms at 100 kHz. Raises SensorFault with a SensorCode.

        A bus that vanished is opened again, at most once a second, and the part is probed anew.
        """
        try:
            bus = self._wire.begin()
            self._know(bus)
            ambient = self._wire.tried(lambda: self._celsius(bus, AMBIENT, AMBIENT_RANGE_C))
            target = self._wire.tried(lambda: self._celsius(bus, OBJECT_1, OBJECT_RANGE_C))
            now_s = self._monotonic_s()
            doubt = self._watch.doubts(target, ambient, now_s)
            if doubt is not None:
                raise self._wire.fault(doubt)
        except SensorFault as fault:
            self._failed(SensorCode(fault.code))
            raise
        if self._was_gone:
            self._was_gone, self._awake_since_s = False, now_s
        self._good_s = now_s
        awake_s = now_s - self._awake_since_s
        return Reading(target, ambient, self._now(), awake_s=None if awake_s == float("inf") else awake_s)

    def about(self) -> Mapping[str, str]:
        """Its identity, how its words are checked, and what it is set to; empty until it has answered."""
        return self._facts | ({"checking": self.checking.value} if self._facts else {})

    def close(self) -> None:
        """Lets go of the bus; may be called twice. Later reads say ABSENT."""
        self._wire.close()

    # --- What is only done when somebody says so --------------------------------------------------------

    def emissivity(self) -> float:
        """What the part is set to, 0 to 1. Raises SensorFault."""
        bus = self._wire.begin()
        self._probe(bus)
        return self._wire.tried(lambda: self._word(bus, EMISSIVITY)) / 0xFFFF

    def write_emissivity(self, value: float) -> None:
        """Sets the part to `value`, 0.1 to 1; it counts from the next power-on. Raises SensorFault, saying what is set.

        The cell is erased and then written (§8.4.5), with a PEC, without which the part takes nothing; then it is
        read back. Nothing else of the EEPROM is touched.
        """
        if not 0.1 <= value <= 1:
            raise ValueError("an emissivity is a number from 0.1 to 1")
        bus = self._wire.begin(budget_s=2.0)
        self._probe(bus)
        if self.checking is not Checking.PEC:
            raise self._wire.fault(SensorCode.BAD_PEC, "it is written only over a bus that checks each byte")
        for word in (0, round(value * 0xFFFF)):
            self._wire.tried(lambda word=word: bus.write_word_data(self._address, EMISSIVITY, word))  # type: ignore[misc]
            self._sleep(WRITE_S)
        held = self._wire.tried(lambda: self._word(bus, EMISSIVITY))
        if held != round(value * 0xFFFF):
            raise self._wire.fault(SensorCode.SETUP, f"{value:.3f} was written, {held / 0xFFFF:.3f} reads back")
        self._facts = {}  # looked at anew

    def sleep(self) -> None:
        """Sends the part to sleep (§8.4.8); from then on it does not answer. Raises SensorFault."""
        bus = self._wire.begin()
        self._probe(bus)
        self._wire.tried(lambda: bus.write_byte(self._address, SLEEP))

    def wake(self, hold_sda_low: Callable[[bool], None]) -> None:
        """Wakes the part: SDA is held low while SCL is high (§8.4.8), which needs the line as a GPIO.

        Linux gives user space no way to do so while its I2C driver has the lines; there the power is cycled.
        """
        hold_sda_low(True)
        self._sleep(WAKE_S)
        hold_sda_low(False)
        self._sleep(START_S)
        self._was_gone = True

    # --- Reading ----------------------------------------------------------------------------------------

    def _know(self, bus: Bus) -> None:
        """Who the part is and how it is set, once after it came: one that is set wrongly is not believed."""
        self._probe(bus)
        if self._facts:
            return
        words = {cell: self._wire.tried(lambda cell=cell: self._word(bus, cell)) for cell in (EMISSIVITY, CONFIG)}  # type: ignore[misc]
        identity = [self._wire.tried(lambda cell=cell: self._word(bus, cell)) for cell in IDENTITY]  # type: ignore[misc]
        held, config = words[EMISSIVITY] / 0xFFFF, words[CONFIG]
        if config in (0, ALL_ONES):
            raise self._wire.fault(SensorCode.STUCK, "its memory reads nothing")
        if abs(held - self._emissivity) > 0.001:
            raise self._wire.fault(SensorCode.SETUP, f"emissivity {held:.3f}, not {self._emissivity:.3f}")
        if config & IIR in IIR_TOO_SLOW or (config & FIR) >> 8 < FIR_LEAST:
            raise self._wire.fault(SensorCode.SETUP, f"filter {config:#06x}: too slow for one person after another")
        self._facts = {
            "id": "-".join(f"{word:04x}" for word in identity),
            "emissivity": f"{held:.3f}",
            "configuration": f"{config:#06x}",
        }

    def _probe(self, bus: Bus) -> None:
        """Whether this part sends a PEC: most of several reads must verify; none at all means it sends none."""
        if self.checking is not Checking.UNKNOWN:
            return
        try:
            bus.enable_pec(True)
        except OSError:
            self.checking = Checking.DOUBLE_READ  # the adapter cannot check it
            return
        right = damaged = 0
        while right + damaged < PROBES and right < PROBES_RIGHT:
            try:
                bus.read_word_data(self._address, AMBIENT)
                right += 1
            except OSError as error:
                if code_of(error) is not SensorCode.BAD_PEC:
                    raise self._wire.fault(code_of(error), error) from error
                damaged += 1
            if self._wire.out_of_time():
                break
        if right >= PROBES_RIGHT:
            self.checking = Checking.PEC
        elif damaged < PROBES:
            raise self._wire.fault(SensorCode.BAD_PEC)  # neither clean nor without PEC: asked again at the next read
        else:
            bus.enable_pec(False)
            self.checking = Checking.DOUBLE_READ

    def _celsius(self, bus: Bus, register: int, span_c: tuple[float, float]) -> float:
        return celsius(self._word(bus, register), span_c)

    def _word(self, bus: Bus, register: int) -> int:
        word = bus.read_word_data(self._address, register)
        if self.checking is Checking.DOUBLE_READ:
            again = bus.read_word_data(self._address, register)
            if abs(again - word) > AGREE_STEPS:
                raise SensorFault(SensorCode.BUS, "two readings do not agree")
        return word

    def _failed(self, code: SensorCode) -> None:
        """After this fault another part may come back: it is probed again. Damaged bytes never weaken the check."""
        if code is SensorCode.ABSENT:
            self._wire.drop()
        if code in (SensorCode.ABSENT, SensorCode.NACK):
            self.checking, self._facts, self._was_gone = Checking.UNKNOWN, {}, True
            self._watch.forget()
        now_s = self._monotonic_s()
        if self._power_cycle is not None and now_s - self._good_s >= DOWN_S:
            self._power_cycle()
            self._good_s, self._was_gone = now_s, True
            self._watch.forget()


def celsius(word: int, span_c: tuple[float, float]) -> float:
    """The datasheet's formula, for words that can be a temperature of that span. Raises SensorFault."""
    if word in (0, ALL_ONES):
        raise SensorFault(SensorCode.STUCK, "every bit reads the same")
    if word & ERROR_FLAG:
        raise SensorFault(SensorCode.ERROR_FLAG, "bit 15 is set")
    value = word * STEP_K + ZERO_C
    if not span_c[0] <= value <= span_c[1]:
        raise SensorFault(SensorCode.OUT_OF_RANGE, f"{value:.2f} °C")
    return value


def open_device(arg: str) -> Mlx90614:
    """`mlx90614[:bus=1,address=0x5A,emissivity=1.0,power=GPIO]`. The bus need not be there yet."""
    given = arguments(arg, bus=whole(0, 99), address=whole(0x03, 0x77), emissivity=number(0.1, 1), power=whole(0, 27))
    bus_number = given.get("bus", 1)

    def open_bus() -> Bus:
        from smbus2 import SMBus  # noqa: PLC0415  only Linux has it, and only I2C drivers need it

        bus: Bus = SMBus(bus_number)
        return bus

    return Mlx90614(
        open_bus,
        given.get("address", ADDRESS),
        emissivity=given.get("emissivity", 1.0),
        power_cycle=open_power(given["power"]) if "power" in given else None,
    )
