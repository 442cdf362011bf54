"""What each fault of a device comes to: the table of docs/faults.md, and how each fault is made on a whole gate.

`python -m tests.support.fault_table > docs/faults.md` writes the page; tests/services/test_fault_table.py holds every
row to a real gate. A fault whose row names no condition must not stop the gate; none ever makes a green by itself.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from kiosk.core.faults import LampFault
from kiosk.core.model import ConditionKind
from kiosk.locale import LANGUAGES, catalogue, words
from tests.support.mlx90614_part import OBJECT_1, word

if TYPE_CHECKING:
    from tests.support.bench_gate import BenchGate

WITHIN_S = 3.2  # of the fault: its condition is open (a device that fails for less than a second is a hiccup)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `make` and `mend` do it to a gate; `state` is the device's, where it has one of its own."""

    device: str
    name: str
    make: Callable[[BenchGate], None]
    mend: Callable[[BenchGate], None]
    state: str
    condition: ConditionKind | None
    recovery: str
    after_s: float = WITHIN_S  # how long it takes until it can be seen
    mends: bool = True  # whether the condition closes when the cause is gone


def _always(number: int, takes_s: float = 0.0) -> Callable[[BenchGate], None]:
    def make(gate: BenchGate) -> None:
        gate.part.always = number
        gate.part.takes = lambda: gate.turns_for(takes_s)

    return make


def _slow(gate: BenchGate) -> None:
    gate.part.takes = lambda: gate.turns_for(1.0)


def _damaged(byte: int, sends_pec: bool = True) -> Callable[[BenchGate], None]:
    def make(gate: BenchGate) -> None:
        count = [0]

        def flip(data: bytearray) -> None:
            count[0] += 1
            data[byte] ^= 0x40 if sends_pec or count[0] % 2 else 0

        if not sends_pec:
            gate.part.sends_pec, gate.part.plugged = False, False
            gate.runs(1.0)  # another part is plugged in, one that sends none
            gate.part.plugged = True
            gate.runs(6.0)
        gate.part.damage_all = flip

    return make


def _reads(raw: int) -> Callable[[BenchGate], None]:
    def make(gate: BenchGate) -> None:
        gate.override = {OBJECT_1: raw}

    return make


def _frozen(gate: BenchGate) -> None:
    gate.flickers = False


def _unplugged(gate: BenchGate) -> None:
    gate.part.plugged = False


def _plugged(gate: BenchGate) -> None:
    gate.part.plugged, gate.part.always, gate.part.damage_all, gate.part.sends_pec = True, 0, None, True
    gate.part.takes, gate.override, gate.flickers = lambda: None, {}, True


def _camera(state: str) -> Callable[[BenchGate], None]:
    return lambda gate: gate.camera_becomes(state)


def _lamp(code: str, said: str) -> Callable[[BenchGate], None]:
    def make(gate: BenchGate) -> None:
        gate.lamp.fault = LampFault(said, code)

    return make


def _lamp_works(gate: BenchGate) -> None:
    gate.lamp.fault = None


def _clock(by: timedelta) -> Callable[[BenchGate], None]:
    def make(gate: BenchGate) -> None:
        gate.clock.wall += by

    return make


def _nothing(_gate: BenchGate) -> None:
    """What ends by itself."""


DOWN = ConditionKind.THERMOMETER_DOWN
LINES = "shorten or twist the wires, lower the bus speed; by itself once bytes arrive whole"
SWITCH = "switch the thermometer off and on (with power=GPIO the kiosk does so after 3 s)"
BACK = "by itself within 3 s of its return; two more until it is warm"
SET_CLOCK = "set the clock, or vouch for it: kiosk clock confirm"
SINCE_1970, TEN_YEARS = timedelta(days=-20_000), timedelta(days=3653)

THERMOMETER = [
    Fault("thermometer", "does not acknowledge (nack)", _always(errno.ENXIO), _plugged, "nack", DOWN, BACK),
    Fault("thermometer", "wrong PEC", _damaged(2), _plugged, "bad_pec", DOWN, LINES),
    Fault("thermometer", "bit turned over, part with PEC", _damaged(1), _plugged, "bad_pec", DOWN, LINES),
    Fault("thermometer", "bit turned over, part without PEC", _damaged(1, False), _plugged, "bus", DOWN, LINES),
    Fault("thermometer", "error bit", _reads(0x8000 | word(36.5)), _plugged, "error_flag", DOWN, SWITCH),
    Fault("thermometer", "0xFFFF", _reads(0xFFFF), _plugged, "stuck", DOWN, "mend SDA; by itself then"),
    Fault("thermometer", "stuck value", _frozen, _plugged, "frozen", DOWN, SWITCH, after_s=63.0),
    Fault("thermometer", "bus hangs", _always(errno.ETIMEDOUT, 1.0), _plugged, "stuck", DOWN, SWITCH),
    Fault("thermometer", "arbitration lost", _always(errno.EAGAIN), _plugged, "bus", DOWN,
          "let nothing else drive the bus; by itself then"),
    Fault("thermometer", "slow bus", _slow, _plugged, "slow", DOWN, "raise the bus speed to 50 kHz; by itself then"),
    Fault("thermometer", "unplugged", _unplugged, _plugged, "nack", DOWN, BACK),
    Fault("thermometer", "returns", _plugged, _nothing, "ok", None, "measures again within 3 s, without a restart"),
]  # fmt: skip
CAMERA = [
    Fault("camera", "unplugged", _camera("unplugged"), _camera("ok"), "unplugged", ConditionKind.CAMERA_DOWN,
          "plug it in: found again by itself; codes can be typed meanwhile"),
    Fault("camera", "frozen (no new pictures)", _camera("stalled"), _camera("ok"), "stalled", ConditionKind.CAMERA_DOWN,
          "opened anew by itself; if it stays, other cable or port"),
    Fault("camera", "frozen (the same picture, to the last bit)", _camera("frozen_picture"), _camera("ok"),
          "frozen_picture", ConditionKind.CAMERA_DOWN, "unplug it and plug it in again; by itself then"),
    Fault("camera", "covered", _camera("covered"), _camera("ok"), "covered", ConditionKind.CAMERA_DOWN,
          "take off what covers it, or the light that shines into it; by itself then"),
    Fault("camera", "wet or greasy lens", _camera("blurred"), _camera("ok"), "blurred", None,
          "wipe it; by itself then. Large codes are read meanwhile"),
    Fault("camera", "dark (night, lights off)", _camera("dark"), _camera("ok"), "dark", None,
          "switch on a light; phones are read meanwhile, paper is not"),
    Fault("camera", "another size than asked", _camera("other_size"), _camera("ok"), "other_size", None,
          "write its size after the camera's name in the settings"),
]  # fmt: skip
LAMPS = [
    Fault("lamp", "line busy", _lamp("busy", "green on GPIO17 cannot be driven (GPIO busy)"), _lamp_works, "busy", None,
          "end what else uses the line; back within 3 s by itself, but never with a green that was missed"),
    Fault("lamp", "chip missing", _lamp("no_chip", "/dev/gpiochip0 cannot be opened"), _lamp_works, "no_chip", None,
          "chip=N in the settings, or plug the expander in; back within 3 s by itself"),
    Fault("lamp", "line cannot be driven", _lamp("", "a lamp's line cannot be driven"), _lamp_works, "fault", None,
          "check the wiring with kiosk lamp check; back within 3 s by itself"),
    Fault("lamp", "process killed", _nothing, _nothing, "ok", None,
          "the service starts again and makes the lamps dark first; see docs/wiring.md"),
]  # fmt: skip
CLOCK = [
    Fault("clock", "1970", _clock(SINCE_1970), _clock(-SINCE_1970), "untrusted",
          ConditionKind.CLOCK_IN_DOUBT, SET_CLOCK),
    Fault("clock", "ten years ahead", _clock(TEN_YEARS), _clock(-TEN_YEARS), "untrusted",
          ConditionKind.CLOCK_IN_DOUBT,
          "set the clock at once: each row written meanwhile keeps every earlier time in doubt; decide in the banner",
          mends=False),
    Fault("clock", "backwards by a day", _clock(timedelta(days=-1)), _clock(timedelta(days=1)), "untrusted",
          ConditionKind.CLOCK_IN_DOUBT, SET_CLOCK),
    Fault("clock", "daylight saving begins or ends", _nothing, _nothing, "", None,
          "nothing to do: inside the kiosk every time is UTC"),
]  # fmt: skip
FAULTS: Sequence[Fault] = (*THERMOMETER, *CAMERA, *LAMPS, *CLOCK)

HEAD = """# Faults of devices, and what they come to

<!-- Made by `make docs`; change tests/support/fault_table.py, not this file. -->

Each line is tried on a whole gate (`tests/services/test_fault_table.py`): the device's state within the time that the
design allows, the condition, that nobody is shown green meanwhile by the fault, and the way back. Two faults at once
are never better than either alone. What a volunteer may decide about a condition is in [the rules](rules.md).

"""
TAIL = """
- *Words*: what `/health`, the desk and `kiosk check` say, English and Chinese.
- *Verdict* is of somebody with a good code and a healthy forehead, while it lasts and nobody has decided about it.
- A lamp that cannot be driven stays dark; the screen beside it goes on saying what to do, and the row is written.
- A bit that turns over alike in both readings of a part that sends no PEC cannot be seen on the bus. `/health` says
  `double_read` of such a part; get one that sends a PEC where the wires are long.
"""


def verdict(fault: Fault) -> str:
    """What somebody in order is shown meanwhile."""
    if fault.condition is ConditionKind.CAMERA_DOWN:
        return "out of order"
    return "amber" if fault.condition else "as usual"


def markdown() -> str:
    """The page."""
    lines = ["| device | fault | state | words | condition | verdict | way back |", "|---|---|---|---|---|---|---|"]
    for fault in FAULTS:
        state = f"`{fault.state}`" if fault.state else ""
        condition = _both(words.CONDITIONS[fault.condition]) if fault.condition else ""
        said = _both(words.DEVICE_STATES[fault.state]) if fault.state else ""
        cells = (fault.device, fault.name, state, said, condition, verdict(fault), fault.recovery)
        lines.append(f"| {' | '.join(cells)} |")
    return HEAD + "\n".join(lines) + "\n" + TAIL


def _both(text: str) -> str:
    chinese = [catalogue(language).gettext(text) for language in LANGUAGES if language != "en"]
    return " · ".join([text, *chinese])


if __name__ == "__main__":
    sys.stdout.write(markdown())
