"""What lamps on GPIO lines have in common: patterns become levels on lines, in time and in a safe order.

The first moment of a pattern is set by the caller's own thread; its rhythm goes on in one thread of the driver's,
which writes every line anew each second, so that one that vanished is noticed. Whatever goes wrong, all is dark:
never green. A lamp whose gate hangs goes dark too, once the gate has begun to tell it of its turns.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import inf

from gpiozero import DigitalOutputDevice

from hardware.lamps import Lit, Look, attending, insistent
from hardware.pins import Pins, let_go, line_errors, line_fault
from kiosk.core.faults import LampFault
from kiosk.core.ports import LampPattern

BUZZER, RELAY = "buzzer", "relay"
PULSE_S = 0.5
REFRESH_S = 1.0  # a line that vanished is noticed by then
HANGS_S = 3.0  # a gate that told nothing for so long hangs; its watchdog ends it by then


class WiredLamp:
    """Shows patterns on the lines of `parts` (name → GPIO number), dark from the first moment on.

    `mix` gives the parts that make a colour; they are lit in the order of `parts` and made dark in the reverse one,
    so green comes last. Parts named `buzzer` and `relay` are told apart: the relay is on for `pulse_s` after each
    PASS and never longer. Parts in `active_low` are on at 0 V. `background=False` leaves the rhythm to the caller,
    who then calls `beat` when it is due.
    """

    def __init__(
        self,
        pins: Pins,
        parts: Mapping[str, int],
        looks: Mapping[LampPattern, Look],
        mix: Callable[[Lit], frozenset[str]],
        *,
        active_low: frozenset[str] = frozenset(),
        pulse_s: float = PULSE_S,
        monotonic_s: Callable[[], float] = time.monotonic,
        background: bool = True,
    ) -> None:
        self._pins, self._looks, self._mix, self._pulse_s = pins, looks, mix, pulse_s
        self._monotonic_s = monotonic_s
        self._errors = line_errors()
        self._changed = threading.Condition()
        self._pattern = LampPattern.OFF
        self._since_s = self._urgent_since_s = monotonic_s()
        self._told_s = inf
        self._urgency, self._quiet = 0, False
        self._trial: str | None = None
        self._broken: Exception | None = None
        self._closed = False
        self._outputs: dict[str, DigitalOutputDevice] = {}
        try:
            for part, line in parts.items():
                self._outputs[part] = self._output(part, line, part in active_low)
        except LampFault:
            self._let_go()
            raise
        atexit.register(self.close)
        self._thread = threading.Thread(target=self._beat_on, name="lamp", daemon=True)
        if background:
            self._thread.start()

    def show(self, pattern: LampPattern) -> None:
        """Shows `pattern` at once and goes on with its rhythm in the background.

        Raises LampFault, and goes dark, when a line cannot be driven or failed since the last call.
        """
        with self._changed:
            self._refuse_closed()
            broken, self._broken = self._broken, None
            self._pattern, self._since_s, self._trial = pattern, self._monotonic_s(), None
            self._tell(broken)

    def turned(self, urgency: int, quiet: bool) -> None:
        """The gate finished a turn: the volunteer is wanted so urgently (0 to 3), and so quietly.

        Raises LampFault when a line failed since the last call. From the first call on the lamp goes dark when
        none comes for `HANGS_S`; a green that was lost in that way is not lit anew.
        """
        with self._changed:
            self._refuse_closed()
            now_s = self._monotonic_s()
            woke = now_s - self._told_s > HANGS_S
            if woke and self._pattern is LampPattern.PASS:
                self._pattern = LampPattern.OFF
            self._told_s = now_s
            if woke or self._broken is not None or (urgency, quiet) != (self._urgency, self._quiet):
                if urgency != self._urgency:
                    self._urgent_since_s = now_s
                    self._since_s = now_s if self._pattern is LampPattern.ATTEND else self._since_s
                self._urgency, self._quiet = urgency, quiet
                broken, self._broken = self._broken, None
                self._tell(broken)

    @property
    def parts(self) -> tuple[str, ...]:
        """What is connected, in the order in which a check tries it."""
        return tuple(self._outputs)

    def light(self, part: str) -> None:
        """Only this part, until the next pattern. Raises LampFault."""
        with self._changed:
            self._refuse_closed()
            self._trial = part
            self._tell(None)

    def beat(self) -> float:
        """Sets what is due now; answers in how many seconds something changes (`inf`: never)."""
        with self._changed:
            return self._beat()

    def close(self) -> None:
        """Goes dark and lets go of the lines; may be called twice."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify()
        atexit.unregister(self.close)
        if self._thread.is_alive():
            self._thread.join(1.0)
        self._let_go()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise LampFault("the lamp is closed; open it again")

    def _tell(self, broken: Exception | None) -> None:
        """Sets what is due, the lock being held; raises what a line said, now or before."""
        self._beat()
        broken, self._broken = self._broken or broken, None
        self._changed.notify()
        if broken is not None:
            raise line_fault("a lamp's line cannot be driven", broken, "check the wiring") from broken

    def _output(self, part: str, line: int, active_low: bool) -> DigitalOutputDevice:
        try:
            return DigitalOutputDevice(line, active_high=not active_low, initial_value=False, pin_factory=self._pins)
        except self._errors as error:
            raise line_fault(f"{part} on GPIO{line} cannot be driven", error, "choose a free line") from error

    def _beat(self) -> float:
        """As `beat`, the lock being held. A line that fails makes all dark and is remembered for the next call."""
        on, for_s = self._due(self._monotonic_s())
        try:
            self._set(on)
        except self._errors as error:
            self._broken = error
            self._pattern, self._trial = LampPattern.OFF, None
            self._darken()
            return inf
        return for_s

    def _due(self, now_s: float) -> tuple[frozenset[str], float]:
        """The parts that are on now, and for how many seconds."""
        if self._trial is not None:
            return frozenset({self._trial}), inf
        hangs_s = self._told_s + HANGS_S - now_s
        if hangs_s < 0:
            return frozenset(), inf
        look, elapsed_s = self._look(), now_s - self._since_s
        lit, lamps_s = look.lit_at(elapsed_s)
        loud, buzzer_s = self._loud(look, now_s)
        pulse_s = self._pulse_s - elapsed_s if self._pattern is LampPattern.PASS else 0.0
        on = self._mix(lit) | ({BUZZER} if loud else set()) | ({RELAY} if pulse_s > 0 else set())
        return frozenset(on), min(lamps_s, buzzer_s, pulse_s if pulse_s > 0 else inf, hangs_s + 0.001)

    def _look(self) -> Look:
        look = self._looks[self._pattern]
        return attending(look, self._urgency) if self._pattern is LampPattern.ATTEND else look

    def _loud(self, look: Look, now_s: float) -> tuple[bool, float]:
        """Whether the buzzer sounds now, and for how long that holds. An evacuation is heard at night too."""
        own, own_s = look.beeps_at(now_s - self._since_s)
        if self._pattern is LampPattern.EVACUATE:
            return own, own_s
        if self._quiet:
            return False, inf
        more, more_s = insistent(self._urgency).beeps_at(now_s - self._urgent_since_s)
        return own or more, min(own_s, more_s)

    def _set(self, on: frozenset[str]) -> None:
        for part, output in reversed(self._outputs.items()):
            if part not in on:
                output.off()
        for part, output in self._outputs.items():
            if part in on:
                output.on()

    def _darken(self) -> None:
        """Switches off what can still be switched off, green first."""
        for output in reversed(self._outputs.values()):
            with suppress(*self._errors):
                output.off()

    def _let_go(self) -> None:
        self._darken()
        let_go(self._pins, *self._outputs.values())

    def _beat_on(self) -> None:
        with self._changed:
            while not self._closed:
                self._changed.wait(min(self._beat(), REFRESH_S))
