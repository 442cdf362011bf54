"""`kiosk scanner`: the process that looks at one lane's camera."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import click

from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.faults import SettingsError
from kiosk.settings import Settings


@click.command("scanner", short_help="The process that looks at a camera.")
@click.option("--lane", help="The lane's name in the settings; may be left out where there is only one.")
@click.option("--camera", help="Camera driver, DRIVER[:ARG], in place of the settings'.")
@state_option
def command(lane: str | None, camera: str | None, state: Path | None, config: Path | None) -> None:
    """Looks at a lane's camera and tells the gate what is held up. Started by `kiosk run` or systemd.

    \b
    Example:
      kiosk scanner --lane main --camera opencv:0
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word; it owns nothing
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: its threads would only cost memory
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    from hardware import load  # noqa: PLC0415 - see above
    from kiosk.services.scanner import run  # noqa: PLC0415

    at = open_places(state)
    settings = open_settings(config, at)
    name, spec = _lane(settings, lane, camera)
    run(name, spec, at.scanner_socket(name), settings.scanner, load("scanner", "cascade:live"))


def _lane(settings: Settings, name: str | None, camera: str | None) -> tuple[str, str]:
    """The lane's name and its camera's spec."""
    known = {lane.name: lane.camera for lane in settings.lane}
    if name is None and len(known) == 1:
        name = next(iter(known))
    if name is None or (name not in known and camera is None):
        raise SettingsError(f"--lane: name one of {', '.join(known)}")
    return name, camera or known[name]
