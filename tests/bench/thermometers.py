"""The thermometer: time of a good measurement, what polling costs, and who believes a reading that was corrupted.

Ours, adafruit-circuitpython-mlx90614 and PyMLX90614 read the same modelled part over the same modelled wire.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count, cycle
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from hardware.thermometers.mlx90614 import AMBIENT, CONFIG, EMISSIVITY, Mlx90614
from kiosk.core.faults import SensorFault
from kiosk.core.forehead import Forehead, follow
from kiosk.core.rules import TemperatureRules
from kiosk.services import devices
from kiosk.services.clock import SystemClock
from kiosk.services.devices import ThermometerWorker
from kiosk.services.inbox import Inbox, ThermometerRead
from tests.support.figures import CannotMeasure, Figure, at_most
from tests.support.mlx90614_part import AS_DELIVERED, OBJECT_1, FakeSMBus, Part, word

PEERS = Path(__file__).parents[2] / ".venv" / "peers"
CORRUPTED, SKIN_C, ROOM_C = 10_000, 34.5, 22.0
WORD_S = 48 / 50_000  # one word with its PEC at 50 kHz
Read = Callable[[], float]


def measure(smoke: bool) -> Iterable[Figure]:
    """Sums of a modelled wire; only the cost of polling depends on the machine."""
    yield at_most("stepping up to a good measurement", _good_measurement_s(), "s", 1.0)
    yield at_most("polling a thermometer", _polling_share(1.0 if smoke else 8.0), "% of a core", 2)
    number = 200 if smoke else CORRUPTED
    yield _believed("ours", number, _ours, aim=0)
    yield _believed("ours, of a part without PEC and damaged alike twice,", number, _ours, sends_pec=False)
    if not PEERS.is_dir():
        raise CannotMeasure("the other drivers are not installed; make bench installs them")
    sys.path.append(str(PEERS))
    for name, make in (("adafruit-circuitpython-mlx90614", _adafruit), ("PyMLX90614", _pymlx)):
        yield _believed(name, number, make)


# --- A good measurement -------------------------------------------------------------------------------------


def _good_measurement_s() -> float:
    """From the moment at which a forehead is there to its measurement, as the gate's worker polls."""
    now = [0.0]
    part = Part()
    part.takes = lambda: now.__setitem__(0, now[0] + WORD_S)
    inbox, clock, flicker = Inbox(), SystemClock(), cycle((0, 1, -1, 2, -2))
    driver = Mlx90614(lambda: FakeSMBus(part), now=clock.now, monotonic_s=lambda: now[0])
    worker = ThermometerWorker("main", "none", inbox, clock)
    worker._device = driver
    head, rules, stepped_up_s = Forehead(), TemperatureRules(), 0.0
    for turn in count():
        if turn == 20:
            stepped_up_s = now[0]
        part.ram[OBJECT_1] = word(SKIN_C if turn >= 20 else ROOM_C) + next(flicker)
        pause_s = worker.turn()
        for message in inbox.take(0):
            if isinstance(message, ThermometerRead):
                head = follow(head, (message.reading,), rules)
        if head.measurement is not None:
            return now[0] - stepped_up_s + devices.READING_EVERY_S / 2  # half a pause until it is first looked at
        now[0] += pause_s
    raise AssertionError("there is always another turn")


# --- What polling costs -------------------------------------------------------------------------------------


class _Kernel:
    """A bus that answers at once, so that only our side of it is measured."""

    def __init__(self) -> None:
        self._flicker = cycle((0, 1, -1, 2, -2))

    def enable_pec(self, enable: bool = True) -> None:
        """Does nothing."""

    def read_word_data(self, i2c_addr: int, register: int) -> int:
        words = {
            AMBIENT: word(ROOM_C),
            OBJECT_1: word(SKIN_C),
        } | AS_DELIVERED  # somebody is there: polled twice as often
        return words[register] + (next(self._flicker) if register not in (EMISSIVITY, CONFIG) else 0)

    def close(self) -> None:
        """Does nothing."""


def _polling_share(seconds: float) -> float:
    inbox = Inbox()
    worker = ThermometerWorker("main", "none", inbox, SystemClock())
    worker._device = Mlx90614(_Kernel)  # type: ignore[arg-type]
    began, began_s = time.process_time(), time.monotonic()
    worker.start()
    while time.monotonic() - began_s < seconds:
        inbox.take(1.0)
    share = 100 * (time.process_time() - began) / (time.monotonic() - began_s)
    worker.close()
    return share


# --- Corrupted readings -------------------------------------------------------------------------------------


def _believed(
    name: str, number: int, make: Callable[[Part], Read], *, sends_pec: bool = True, aim: int | None = None
) -> Figure:
    """How many of so many corrupted readings a driver gives out as a temperature that was never there."""
    believed = 0
    for corrupt in _corruptions(number):
        part = Part(sends_pec=sends_pec)
        read = make(part)
        corrupt(part)
        try:
            value = read()
        except (SensorFault, OSError):
            continue
        believed += abs(value - SKIN_C) > 0.05
    title = f"corrupted readings that {name} believes, of {number}"
    return at_most(title, believed, "", aim) if aim is not None else Figure(title, believed)


def _corruptions(number: int) -> Iterator[Callable[[Part], None]]:
    """The same mixture for everybody: bits turned over on the wire, the part's error bit, an open line."""
    chance = random.Random(90614)
    for _ in range(number):
        kind = chance.choice(("bit", "burst", "error bit", "open line"))
        first, length = chance.randrange(16), chance.randrange(1, 8)
        flips = 1 << first if kind == "bit" else (((1 << length) | 1) << min(first, 23 - length)) & 0xFFFFFF

        def corrupt(part: Part, kind: str = kind, flips: int = flips) -> None:
            if kind == "error bit":
                part.ram[OBJECT_1] |= 0x8000
            elif kind == "open line":
                part.damage_all = lambda data: data.__setitem__(slice(0, 3), b"\xff\xff\xff")
            else:
                part.damage_all = lambda data: _turn_over(data, flips)

        yield corrupt


def _turn_over(data: bytearray, flips: int) -> None:
    for place in range(3):
        data[place] ^= flips >> 8 * place & 0xFF


def _ours(part: Part) -> Read:
    driver = Mlx90614(lambda: FakeSMBus(part), monotonic_s=lambda: 0.0)  # a machine that is never too slow
    driver.read()  # it came to know the part before the trouble began
    return lambda: driver.read().object_c


def _adafruit(part: Part) -> Read:
    _circuitpython()
    import adafruit_mlx90614  # type: ignore[import-not-found]

    driver = adafruit_mlx90614.MLX90614(_Busio(part))
    return lambda: float(driver.object_temperature)


def _pymlx(part: Part) -> Read:
    from mlx90614 import MLX90614  # type: ignore[import-not-found]

    driver = MLX90614(FakeSMBus(part))
    driver.comm_sleep_amount = 0
    return lambda: float(driver.get_obj_temp())


def _circuitpython() -> None:
    """The few words of CircuitPython that the driver needs and that its board library would bring."""
    for name, words in {
        "micropython": {"const": lambda value: value},
        "busio": {"I2C": object, "SPI": object},
        "circuitpython_typing": {"ReadableBuffer": object, "WriteableBuffer": object},
    }.items():
        module = ModuleType(name)
        vars(module).update(words)
        sys.modules.setdefault(name, module)


class _Busio(SimpleNamespace):
    """What the driver uses of CircuitPython's `busio.I2C`, on the same wire; that knows no PEC."""

    def __init__(self, part: Part) -> None:
        super().__init__(part=part)

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None:
        """Nobody else is there."""

    def writeto(self, _address: int, _buffer: bytes, **_span: int) -> None:
        """The part is there."""

    def writeto_then_readfrom(self, _address: int, out: bytes, into: bytearray, **_span: Any) -> None:
        into[:2] = self.part.answer(out[0])[:2]
