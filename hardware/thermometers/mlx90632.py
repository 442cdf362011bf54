"""MLX90632 infrared thermometer over I2C.  Source: Melexis datasheet 3901090632.

The part: a thermopile in a package of 3 × 3 mm, mostly on a board of its own; also as a medical type (SLD-D.., ±0.2 °C
between 35 and 42 °C). It measures; the kiosk computes the temperatures from the constants in its memory (§11).

    pin (§4)      to
    SDA           GPIO2, pin 3
    SCL           GPIO3, pin 5
    VDD 3.3 V     pin 1
    GND           pin 9
    ADDR          ground: 0x3A; VDD: 0x3B

Levels are 3.3 V (types ...-100: 1.8 V on SDA and SCL, these need a translator). Pull-ups of 1.8 kΩ are on the Pi's two
lines. Up to 400 kHz, but 50 kHz is best on a Pi.

The part sends no check of its bytes: every word is read twice and must agree. It measures twice a second as delivered,
and a reading waits for a fresh one. Its EEPROM is never written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from hardware import arguments, number, whole
from hardware.thermometers import SensorCode
from hardware.thermometers._mlx90632_sums import Constants, Words, object_c, sensor_c
from hardware.thermometers._watch import Watch
from hardware.thermometers._wire import Wire
from kiosk.core.faults import SensorFault
from kiosk.core.model import Reading

ADDRESS = 0x3A  # §8.1, with its pin ADDR at ground
VERSION = 0x240B  # EEPROM, §9.3: which part it is, and how it was calibrated
SERIAL = (0x2405, 0x2406, 0x2407)  # EEPROM, §9.3: the chip's own number
CONSTANTS_32 = {  # EEPROM, §9.4: low word first
    "p_r": 0x240C, "p_g": 0x240E, "p_t": 0x2410, "p_o": 0x2412,
    "ea": 0x2424, "eb": 0x2426, "fa": 0x2428, "fb": 0x242A, "ga": 0x242C,
}  # fmt: skip
CONSTANTS_16 = {"gb": 0x242E, "ka": 0x242F, "ha": 0x2481, "hb": 0x2482}  # EEPROM, §9.4
CONTROL, COMMAND, STATUS = 0x3001, 0x3005, 0x3FFF  # registers, §9.1
CONTINUOUS, POWER_MODE, MEASUREMENT = 0b110, 0b110, 0x01F0  # of CONTROL, §9.1.2
RESET = 0x0006  # of COMMAND, §8.3
NEW_DATA, POSITION, BROWN_OUT = 0x0001, 0x007C, 0x0100  # of STATUS, §9.1.3
RAM = 0x4000  # §9.2: three words a measurement
KINDS = {0x0105: "medical", 0x0205: "consumer", 0x0505: "extended"}  # of VERSION, bit 15 apart

SENSOR_RANGE_C = (-20.0, 85.0)  # §5
OBJECT_RANGE_C = {"medical": (-20.0, 100.0), "extended": (-20.0, 200.0)}  # §5
FRESH_WITHIN_S, LOOK_EVERY_S = 1.2, 0.01  # two measurements of half a second each
RESET_S = 0.001


class Bus(Protocol):
    """16-bit registers with 16-bit addresses; OSError with the kernel's errno."""

    def read(self, address: int, register: int) -> int:
        """One word, high byte first."""

    def write(self, address: int, register: int, value: int) -> None:
        """One word, high byte first."""

    def close(self) -> None:
        """Closes the bus."""


class Mode(StrEnum):
    """Which measurements the part makes: `medical` for foreheads, `extended` for objects over 100 °C."""

    MEDICAL = "medical"
    EXTENDED = "extended"


_TYPE = {Mode.MEDICAL: 0, Mode.EXTENDED: 17}  # of CONTROL, §9.1.2


class Mlx90632:
    """Object and sensor temperature in °C of the part at `address` on the bus that `open_bus` opens."""

    name = "mlx90632"

    def __init__(
        self,
        open_bus: Callable[[], Bus],
        address: int = ADDRESS,
        *,
        mode: Mode = Mode.MEDICAL,
        emissivity: float = 1.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wire: Wire[Bus] = Wire(open_bus, f"thermometer {self.name} at {address:#x}", monotonic_s)
        self._address, self._mode, self._emissivity = address, mode, emissivity
        self._now, self._monotonic_s, self._sleep = now, monotonic_s, sleep
        self._watch = Watch()
        self._constants: Constants | None = None
        self._facts: dict[str, str] = {}
        self._notes_resets = self._was_gone = False
        self._awake_since_s = float("-inf")

    def read(self) -> Reading:
        """One reading, of a measurement made after the call: up to half a second, 0.8 s in the extended mode.

        Raises SensorFault with a SensorCode.
        """
        try:
            bus = self._wire.begin(FRESH_WITHIN_S)
            if self._constants is None:
                self._constants = self._come_to_know(bus)
            target, ambient = self._temperatures(self._fresh_words(bus), self._constants)
            now_s = self._monotonic_s()
            doubt = self._watch.doubts(target, ambient, now_s)
            if doubt is not None:
                raise self._wire.fault(doubt)
        except SensorFault as fault:
            self._failed(SensorCode(fault.code))
            raise
        if self._was_gone:
            self._was_gone, self._awake_since_s = False, now_s
        awake_s = now_s - self._awake_since_s
        return Reading(target, ambient, self._now(), awake_s=None if awake_s == float("inf") else awake_s)

    def about(self) -> Mapping[str, str]:
        """Its number and kind, and how it is set; empty until it has answered."""
        return self._facts

    def close(self) -> None:
        """Lets go of the bus; may be called twice. Later reads say ABSENT."""
        self._wire.close()

    # --- Coming to know the part ------------------------------------------------------------------------

    def _come_to_know(self, bus: Bus) -> Constants:
        """Identity, calibration, mode; whatever is not as it should be is a fault."""
        version = self._word(bus, VERSION) & 0x7FFF
        kind = KINDS.get(version)
        if kind is None:
            raise self._wire.fault(SensorCode.WRONG_PART, f"identity {version:#06x}")
        if self._mode is Mode.EXTENDED and kind != "extended":
            raise self._wire.fault(SensorCode.SETUP, f"a {kind} part has no extended mode")
        constants = self._calibration(bus)
        if not (constants.p_g and constants.ea and constants.fa > 0 and constants.ha > 0):
            raise self._wire.fault(SensorCode.SETUP, "its calibration is empty")
        self._set_going(bus)
        self._facts = {
            "id": "-".join(f"{self._word(bus, cell):04x}" for cell in SERIAL),
            "kind": kind,
            "mode": self._mode.value,
            "emissivity": f"{self._emissivity:.3f}",
            "checking": "double_read",
        }
        return constants

    def _calibration(self, bus: Bus) -> Constants:
        wide = {
            name: _signed(self._word(bus, cell) | self._word(bus, cell + 1) << 16, 32)
            for name, cell in CONSTANTS_32.items()
        }
        narrow = {name: _signed(self._word(bus, cell), 16) for name, cell in CONSTANTS_16.items()}
        return Constants(**wide, **narrow)

    def _set_going(self, bus: Bus) -> None:
        """Measuring in the mode wanted, without end; registers, not EEPROM. Notes whether it was just switched on."""
        wanted = _TYPE[self._mode] << 4 | CONTINUOUS
        control = self._word(bus, CONTROL)
        if control & (MEASUREMENT | POWER_MODE) != wanted:
            self._write(bus, COMMAND, RESET)
            self._sleep(RESET_S)
            control = self._word(bus, CONTROL) & ~(MEASUREMENT | POWER_MODE)
            self._write(bus, CONTROL, control | _TYPE[self._mode] << 4)
            self._write(bus, CONTROL, control | wanted)
            if self._word(bus, CONTROL) & (MEASUREMENT | POWER_MODE) != wanted:
                raise self._wire.fault(SensorCode.SETUP, "it does not take its mode")
        status = self._wire.tried(lambda: bus.read(self._address, STATUS))
        self._was_gone |= not status & BROWN_OUT
        self._write(bus, STATUS, status | BROWN_OUT)
        self._notes_resets = bool(self._wire.tried(lambda: bus.read(self._address, STATUS)) & BROWN_OUT)

    # --- Reading ----------------------------------------------------------------------------------------

    def _fresh_words(self, bus: Bus) -> Words:
        """The raw words of a measurement that began after now, §8.5."""
        status = self._wire.tried(lambda: bus.read(self._address, STATUS))
        if self._notes_resets and not status & BROWN_OUT:
            self._was_gone, self._constants = True, None
            raise self._wire.fault(SensorCode.BUS, "its power was lost for a moment")
        self._write(bus, STATUS, status & ~NEW_DATA)
        while not self._complete(status := self._wire.tried(lambda: bus.read(self._address, STATUS))):
            if self._wire.out_of_time():
                raise self._wire.fault(SensorCode.FROZEN, "no fresh measurement")
            self._sleep(LOOK_EVERY_S)
        if self._mode is Mode.EXTENDED:
            return self._extended(bus)
        return self._medical(bus)

    def _complete(self, status: int) -> bool:
        """Whether a measurement has just ended; in the extended mode it takes three steps, the last is 19."""
        position = (status & POSITION) >> 2
        last = (19,) if self._mode is Mode.EXTENDED else (1, 2)
        return bool(status & NEW_DATA) and position in last

    def _medical(self, bus: Bus) -> Words:
        """RAM_4, RAM_5 and RAM_7, RAM_8 averaged, §11.2.1."""
        channels = [self._ram(bus, step, word) for step in (1, 2) for word in (0, 1)]
        return Words(sum(channels) / 4, self._ram(bus, 1, 2), self._ram(bus, 2, 2))

    def _extended(self, bus: Bus) -> Words:
        """RAM_52 to RAM_59, §11.2.1: what the two gain settings of the first steps see, and the third."""
        (a, b), (c, d), (e, f) = ((self._ram(bus, step, 0), self._ram(bus, step, 1)) for step in (17, 18, 19))
        return Words((a - b - c + d) / 2 + e + f, self._ram(bus, 17, 2), self._ram(bus, 18, 2))

    def _ram(self, bus: Bus, step: int, word: int) -> int:
        return _signed(self._word(bus, RAM + 3 * step + word), 16)

    def _temperatures(self, words: Words, constants: Constants) -> tuple[float, float]:
        extended = self._mode is Mode.EXTENDED
        try:
            ambient = sensor_c(words, constants)
            reflected_c = ambient if extended else None
            target = object_c(words, constants, emissivity=self._emissivity, reflected_c=reflected_c, extended=extended)
        except ArithmeticError as error:  # dividing by zero, too
            raise self._wire.fault(SensorCode.OUT_OF_RANGE, error) from error
        for celsius, (low, high) in ((ambient, SENSOR_RANGE_C), (target, OBJECT_RANGE_C[self._mode.value])):
            if not low <= celsius <= high:
                raise self._wire.fault(SensorCode.OUT_OF_RANGE, f"{celsius:.2f} °C")
        return target, ambient

    def _word(self, bus: Bus, register: int) -> int:
        """A word that reads the same twice."""

        def twice() -> int:
            word = bus.read(self._address, register)
            if bus.read(self._address, register) != word:
                raise SensorFault(SensorCode.BUS, "two readings do not agree")
            return word

        return self._wire.tried(twice)

    def _write(self, bus: Bus, register: int, value: int) -> None:
        self._wire.tried(lambda: bus.write(self._address, register, value))

    def _failed(self, code: SensorCode) -> None:
        """After this fault another part, or the same one after a loss of power, may be there."""
        if code is SensorCode.ABSENT:
            self._wire.drop()
        if code in (SensorCode.ABSENT, SensorCode.NACK, SensorCode.FROZEN):
            self._constants, self._facts = None, {}
            self._was_gone |= code is not SensorCode.FROZEN
            self._watch.forget()


def _signed(word: int, bits: int) -> int:
    return word - (1 << bits) if word >> (bits - 1) else word


class Registers:
    """The registers behind an opened `smbus2.SMBus`."""

    def __init__(self, number: int) -> None:
        from smbus2 import SMBus, i2c_msg  # noqa: PLC0415  only Linux has it, and only I2C drivers need it

        self._message = i2c_msg
        self._bus = SMBus(number)

    def read(self, address: int, register: int) -> int:
        """One word, high byte first."""
        asked = self._message.write(address, register.to_bytes(2, "big"))
        answer = self._message.read(address, 2)
        self._bus.i2c_rdwr(asked, answer)
        return int.from_bytes(bytes(answer), "big")

    def write(self, address: int, register: int, value: int) -> None:
        """One word, high byte first."""
        told = self._message.write(address, register.to_bytes(2, "big") + value.to_bytes(2, "big"))
        self._bus.i2c_rdwr(told)

    def close(self) -> None:
        """Closes the bus."""
        self._bus.close()


def mode(text: str) -> Mode:
    """medical|extended"""
    if text not in tuple(Mode):
        raise ValueError("must be medical or extended")
    return Mode(text)


def open_device(arg: str) -> Mlx90632:
    """`mlx90632[:bus=1,address=0x3A,mode=medical,emissivity=1.0]`. The bus need not be there yet."""
    given = arguments(arg, bus=whole(0, 99), address=whole(0x03, 0x77), mode=mode, emissivity=number(0.1, 1))
    bus = given.pop("bus", 1)
    return Mlx90632(lambda: Registers(bus), **given)
