"""What a scanner makes of its camera's frames besides texts: how the camera is, its exposure, a hint for the person.

The whole frame is measured four times a second; a code's place only where one is seen. The core decides.
"""

from __future__ import annotations

from math import hypot

from hardware.measures import Gauge, Patch, patch
from hardware.scanners import centre, side
from kiosk.core import camera as health
from kiosk.core import exposure, hints
from kiosk.core.camera import Health, Measures, Sight
from kiosk.core.exposure import Light, Steering
from kiosk.core.hints import Hint, Hinting, Sighted
from kiosk.core.ports import Camera, Picture, Sensor, Sighting
from kiosk.services.messages import CameraState

MEASURES_EVERY_S = 0.25
EDGE_PX = 3.0  # a corner that is nearer than this is cut off

SAYS = {
    Sight.DARK: "it sees nothing but darkness; switch on a light, or take off what covers the lens",
    Sight.FROZEN: "it gives the same picture again and again; unplug it and plug it in again",
    Sight.COVERED: "it sees one even shade; take off what covers the lens, or a light that shines into it",
    Sight.BLURRED: "every edge has gone soft; wipe the lens",
}


class Eye:
    """One camera's. Cameras without a sensor (files) are never ill, but people before them get hints."""

    def __init__(self, camera: Camera) -> None:
        self._sensor = camera if isinstance(camera, Sensor) else None
        self._limits = self._sensor.limits() if self._sensor else None
        self._steering = self._begun()
        self._gauge = Gauge()
        self._compares = False  # the frame before was kept
        self._due_s = float("-inf")
        self._health = Health()
        self._hinting = Hinting()
        self._where: tuple[float, float] | None = None

    @property
    def hint(self) -> Hint | None:
        """What would help whoever holds up a code."""
        return self._hinting.hint

    @property
    def state(self) -> tuple[CameraState, str]:
        """How the camera is, and one line where it is not well."""
        sight = self._health.sight
        if sight is not Sight.CLEAR:
            return CameraState(sight.value), SAYS[sight]
        if self._sensor is not None and self._sensor.remark:
            return CameraState.OTHER_SIZE, self._sensor.remark
        return CameraState.OK, ""

    def look(self, picture: Picture, sightings: tuple[Sighting, ...], now_s: float) -> None:
        """One frame and what was found in it."""
        measured = patch(picture, sightings[0].corners) if sightings else None
        if self._sensor is not None:
            measures = self._measured(picture, now_s)
            self._expose(measured, measures, now_s)
        self._hint(picture, sightings, measured, now_s)

    def _measured(self, picture: Picture, now_s: float) -> Measures | None:
        """The whole frame's measures when they are due; for them two frames in a row are compared."""
        if now_s < self._due_s:
            return None
        if not self._compares:
            self._compares = True
            self._gauge.remember(picture)
            return None
        self._compares, self._due_s = False, now_s + MEASURES_EVERY_S
        measures = self._gauge.measure(picture)
        self._health = health.follow(self._health, measures, now_s)
        return measures

    # --- Exposure ---------------------------------------------------------------------------------------------

    def _begun(self) -> Steering | None:
        if self._sensor is None or self._limits is None:
            return None
        return Steering(exposure.stops_of(self._sensor.exposure(), self._limits))

    def _expose(self, code: Patch | None, frame: Measures | None, now_s: float) -> None:
        if self._steering is None or self._limits is None or self._sensor is None:
            return
        if code is not None:
            light = Light(code.white, code.burnt, of_a_code=True)
        elif frame is not None:
            light = Light(frame.middle, frame.burnt, of_a_code=False)
        else:
            return
        steering = exposure.steer(self._steering, light, self._limits, now_s)
        changed = steering.stops != self._steering.stops
        taken = not changed or self._sensor.expose(exposure.exposure_of(steering, self._limits))
        self._steering = steering if taken else None

    # --- Hints ------------------------------------------------------------------------------------------------

    def _hint(self, picture: Picture, sightings: tuple[Sighting, ...], code: Patch | None, now_s: float) -> None:
        read = any(seen.text is not None for seen in sightings)
        nearest = None if read or code is None else self._sighted(picture, sightings[0], code)
        self._where = centre(sightings[0].corners) if sightings else None
        self._hinting = hints.follow(self._hinting, read, nearest, now_s)

    def _sighted(self, picture: Picture, seen: Sighting, code: Patch) -> Sighted:
        height, width = picture.shape[:2]
        side_px = max(1.0, side(seen.corners))
        x, y = centre(seen.corners)
        inside = all(EDGE_PX <= x <= width - EDGE_PX and EDGE_PX <= y <= height - EDGE_PX for x, y in seen.corners)
        moved_px = 0.0 if self._where is None else hypot(x - self._where[0], y - self._where[1])
        return Sighted(
            side_px=side_px,
            share=side_px / height,
            cut=not inside,
            moved=moved_px / side_px,
            white=code.white,
            blind=code.blind,
            sharpness=code.sharpness,
            module_px=side_px / seen.modules if seen.modules else None,
        )


def warm_up(blank: Picture) -> None:
    """Whatever measuring loads on first use loads now, while files may still be opened."""
    gauge = Gauge()
    gauge.remember(blank)
    gauge.measure(blank)
    patch(blank, ((0, 0), (1, 0), (1, 1), (0, 1)))
