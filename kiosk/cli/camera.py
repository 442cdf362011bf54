"""`kiosk camera`: for whoever mounts the camera: how sharp it is, how large a code is, what to do next."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.faults import CameraFault, SettingsError
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.settings import Settings

if TYPE_CHECKING:
    from kiosk.core.ports import Camera, Frame, Pointer, Sighting
    from kiosk.services.eye import Eye

DENSE_PX = 2.0  # pixels a module: what the dense certificates need
EASY_PX = 3.0  # what reads at once, also in glare
FRAME_WITHIN_S = 5.0
SHARP = 0.25  # of its contrast, an edge gains from one pixel to the next


@dataclass(frozen=True, slots=True)
class Aim:
    """One measurement."""

    sharpness: float  # 0 to 1: of the code where one is seen, else of the picture
    best: float  # the highest of them so far: turn the focus until this is reached again
    code_px: float | None  # side of the nearest code
    modules: int | None
    px_per_module: float | None
    read: bool
    bright: float  # shades: the code's white, else the brightest hundredth of the picture
    exposure_us: int | None
    gain: float | None
    state: str
    hint: str


@click.group("camera")
def command() -> None:
    """Look after a lane's camera: see how it aims."""


@command.command("aim")
@state_option
@click.option("--lane", help="Which lane's; the first where it is left out.")
@click.option("--camera", "spec", metavar="DRIVER[:ARG]", help="Another one than the settings name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many lines; Ctrl-C ends it otherwise.")
def aim(
    state: Path | None, config: Path | None, lane: str | None, spec: str | None, as_json: bool, count: int | None
) -> None:
    """Hold up a code where people will, and turn mounting, focus and light until the line says that it is good.

    Four times a second: how sharp it is, how many pixels a module of the code has, how bright it is, and what to do
    next. The scanner must not run meanwhile: a camera serves one program.

    \b
    Example:
      kiosk camera aim --camera opencv:0
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: its threads would only cost memory
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    from hardware import load  # noqa: PLC0415 - see above
    from hardware.cameras import Asked, open_camera  # noqa: PLC0415

    settings = open_settings(config, open_places(state))
    asked = Asked(settings.scanner.width, settings.scanner.height, settings.scanner.fps)
    live = sys.stdout.isatty() and not as_json
    with closing(open_camera(spec or _camera(settings, lane), asked)) as camera:
        for number, found in enumerate(measured(camera, load("scanner", "cascade:live"), settings.scanner.fps)):
            text = json.dumps(asdict(found), ensure_ascii=False) if as_json else line(found)
            click.echo(f"\r\x1b[K{text}" if live else text, nl=not live)
            if count is not None and number + 1 >= count:
                break
    if live:
        click.echo()


def measured(camera: Camera, scanner: Pointer, fps: float) -> Iterator[Aim]:
    """Measurements, until the camera has no more pictures. Raises CameraFault."""
    from kiosk.services.eye import MEASURES_EVERY_S, Eye  # noqa: PLC0415 - see above

    eye, best, due_s = Eye(camera), 0.0, float("-inf")
    while True:
        began_s = time.monotonic()
        try:
            frame = camera.frame(FRAME_WITHIN_S)
        except EOFError:
            return
        if frame is None:
            raise CameraFault(_("no picture came within %(seconds)d s; check cable and power", seconds=FRAME_WITHIN_S))
        sightings = scanner.sightings(frame.picture)
        eye.look(frame.picture, sightings, frame.taken_s)
        if frame.taken_s >= due_s:
            due_s = frame.taken_s + MEASURES_EVERY_S
            found = _aim(camera, eye, frame, sightings, best)
            best = found.best
            yield found
        time.sleep(max(0.0, 1 / fps - (time.monotonic() - began_s)))


def _aim(camera: object, eye: Eye, frame: Frame, sightings: tuple[Sighting, ...], best: float) -> Aim:
    from hardware.measures import modules, patch  # noqa: PLC0415 - see above
    from hardware.scanners import side  # noqa: PLC0415
    from kiosk.core.ports import Sensor  # noqa: PLC0415

    picture = frame.picture
    height, width = picture.shape[:2]
    nearest = sightings[0] if sightings else None
    whole = ((0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height)))
    seen = patch(picture, nearest.corners if nearest else whole)
    count = modules(picture, nearest.corners) if nearest else None
    side_px = side(nearest.corners) if nearest else None
    steered = isinstance(camera, Sensor) and camera.limits() is not None
    exposure = camera.exposure() if steered and isinstance(camera, Sensor) else None
    return Aim(
        sharpness=round(min(1.0, seen.sharpness), 2),
        best=round(max(best, min(1.0, seen.sharpness)), 2),
        code_px=round(side_px, 1) if side_px else None,
        modules=count,
        px_per_module=round(side_px / count, 1) if side_px and count else None,
        read=nearest is not None and nearest.text is not None,
        bright=seen.white,
        exposure_us=exposure.time_us if exposure else None,
        gain=round(exposure.gain, 2) if exposure else None,
        state=eye.state[0].value,
        hint=_hint(eye, nearest, side_px / count if side_px and count else None, seen.sharpness),
    )


def _hint(eye: Eye, nearest: Sighting | None, px: float | None, sharpness: float) -> str:
    """What the installer does next."""
    state, hint = eye.state[0].value, eye.hint
    if state != "ok":
        return _("the camera %(state)s", state=words.say(words.DEVICE_STATES, state))
    if nearest is None:
        return _("hold up a code where people will")
    if nearest.text is None and hint is not None:
        return _(words.HINTS[hint][1])
    if sharpness < SHARP:
        return _("turn the focus until the sharpness is highest")
    if px is not None and px < DENSE_PX:
        return _("a dense code would not be read: mount it nearer, or take a longer lens")
    if px is not None and px < EASY_PX:
        return _("good; a little nearer would be better")
    return _("good") if nearest.text is not None else _("it is seen, but not read: more light, or hold it still")


def line(found: Aim) -> str:
    """The measurement in words."""
    parts = [_("sharpness %(now).0f %% (best %(best).0f %%)", now=found.sharpness * 100, best=found.best * 100)]
    if found.px_per_module is not None:
        parts.append(_("%(px).1f px a module", px=found.px_per_module))
    elif found.code_px is not None:
        parts.append(_("code of %(px).0f px", px=found.code_px))
    parts.append(_("white %(shade).0f", shade=found.bright))
    if found.exposure_us is not None and found.gain is not None:
        parts.append(_("%(ms).1f ms, gain %(gain).0f %%", ms=found.exposure_us / 1000, gain=found.gain * 100))
    return f"{' · '.join(parts)} → {found.hint}"


def _camera(settings: Settings, name: str | None) -> str:
    for lane in settings.lane:
        if name in (None, lane.name):
            return lane.camera
    known = ", ".join(lane.name for lane in settings.lane)
    raise SettingsError(_("there is no lane %(name)s; known are %(known)s", name=name, known=known))
