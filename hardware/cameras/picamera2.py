"""The Pi's own camera through picamera2, which Raspberry Pi OS brings; imported only where it is asked for.

Source: The Picamera2 Library (Raspberry Pi Ltd): configurations in chapter 4, controls in chapter 5 and appendix C,
arrays in chapter 6, pixel formats in appendix A.
"""

from __future__ import annotations

from importlib import import_module
from math import log2
from typing import Any, Protocol

from hardware import arguments, flag, whole
from hardware.cameras import Asked
from hardware.cameras._framing import crop, framing, rotation
from hardware.cameras._live import LiveCamera, NoControls
from kiosk.core.exposure import Exposure, Limits
from kiosk.core.faults import CameraFault, SettingsError
from kiosk.core.ports import Picture

BGR = "RGB888"  # picamera2's name for pixels in the order of OpenCV (appendix A)
BUFFERS = 2  # of the camera's: each more is a frame of delay


class Picamera(Protocol):
    """The part of picamera2.Picamera2 that is used."""

    camera_controls: dict[str, tuple[Any, Any, Any]]  # least, most, default

    def create_video_configuration(self, **wanted: Any) -> Any:
        """A configuration for frames that come one after the other."""

    def configure(self, configuration: Any) -> None:
        """Sets it up."""

    def start(self) -> None:
        """Frames come from now on."""

    def capture_array(self, name: str = "main") -> Picture:
        """The next frame."""

    def set_controls(self, controls: dict[str, Any]) -> None:
        """Asks for settings, some frames from now."""

    def close(self) -> None:
        """Stops it and lets go of the camera."""


class Frames:
    """A Picamera2 as a source of pictures."""

    def __init__(self, camera: Picamera) -> None:
        self._camera = camera

    def read(self) -> tuple[bool, Picture]:
        """The next frame. Raises what picamera2 does when the camera is gone."""
        return True, self._camera.capture_array("main")

    def release(self) -> None:
        """Lets go of the camera."""
        self._camera.close()


class PicameraControls:
    """Exposure time in microseconds and analogue gain as a factor (appendix C)."""

    def __init__(self, camera: Picamera) -> None:
        self._camera = camera
        self._exposure = Exposure(10_000, 0.0)
        known = camera.camera_controls
        self._steered = "ExposureTime" in known and "AnalogueGain" in known
        if self._steered:
            low_us, high_us, _ = known["ExposureTime"]
            self._least_gain, self._most_gain = max(1.0, known["AnalogueGain"][0]), known["AnalogueGain"][1]
            stops = log2(self._most_gain / self._least_gain)
            shortest_us = max(100, int(low_us))
            self._limits = Limits(shortest_us, max(shortest_us, int(high_us or 0)), stops)
            self._steered = self.expose(self._exposure)

    def limits(self) -> Limits | None:
        """What can be set."""
        return self._limits if self._steered else None

    def exposure(self) -> Exposure:
        """What was asked for last."""
        return self._exposure

    def expose(self, exposure: Exposure) -> bool:
        """Asks for it, with the camera's own automatic off."""
        gain = self._least_gain * (self._most_gain / self._least_gain) ** exposure.gain
        try:
            self._camera.set_controls({"AeEnable": False, "ExposureTime": exposure.time_us, "AnalogueGain": gain})
        except RuntimeError:  # it lacks one of them after all
            self._steered = False
            return False
        self._exposure = exposure
        return True

    def close(self) -> None:
        """The camera is closed by whoever opened it."""


def open_device(arg: str, asked: Asked | None = None) -> LiveCamera:
    """`picamera2` or `picamera2:INDEX`, then as for `opencv`: `,width=,height=,fps=,auto=,rotate=,crop=`.

    Raises CameraFault where there is no picamera2, no such camera, or somebody else has it.
    """
    asked = asked or Asked()
    index, _, rest = arg.partition(",") if arg[:1].isdecimal() or not arg else ("0", "", arg)
    if index and not (index.isascii() and index.isdecimal()):
        raise SettingsError("name a camera by its number, as in picamera2:0")
    options = arguments(
        rest,
        width=whole(16, 8192),
        height=whole(16, 8192),
        fps=whole(1, 240),
        auto=flag,
        rotate=rotation,
        crop=crop,
    )
    size = options.get("width", asked.width), options.get("height", asked.height)
    name = f"picamera2:{index or 0}"
    try:
        module = import_module("picamera2")
    except ModuleNotFoundError as error:
        raise CameraFault("the package python3-picamera2 of Raspberry Pi OS is missing; apt install it") from error
    try:
        camera: Picamera = module.Picamera2(int(index or 0))
    except (IndexError, RuntimeError) as error:  # none of that number; in use by another program
        raise CameraFault(
            f"camera {name} cannot be opened ({error}); check its ribbon, end what else uses it"
        ) from error
    try:
        rate = float(options.get("fps", max(asked.fps, 15)))
        camera.configure(
            camera.create_video_configuration(
                main={"size": size, "format": BGR}, controls={"FrameRate": rate}, buffer_count=BUFFERS
            )
        )
        camera.start()
    except RuntimeError as error:
        camera.close()
        raise CameraFault(f"camera {name} cannot be started ({error}); ask it for another size") from error
    controls = NoControls() if options.get("auto", False) else PicameraControls(camera)
    return LiveCamera(Frames(camera), name, size=size, framing=framing(options), controls=controls)
