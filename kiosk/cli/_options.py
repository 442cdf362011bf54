"""The options that every command takes, and what they come to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from kiosk.core.faults import KioskError
from kiosk.locale import gettext as _
from kiosk.services.stopping import Signals, Stopping
from kiosk.settings import Places, Settings, load_with, places
from kiosk.store import restore

F = TypeVar("F", bound=Callable[..., Any])

INSTALLED_STATE = Path("/var/lib/kiosk")
INSTALLED_RUNTIME = Path("/run/kiosk")
INSTALLED_CONFIG = Path("/etc/kiosk/kiosk.toml")


def state_option(command: F) -> F:
    """`--state DIR` and `--config FILE`, as parameters `state` and `config`."""
    command = click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="KIOSK_STATE",
        help="Folder of databases and keys; var/ in a checkout, /var/lib/kiosk when installed.",
    )(command)
    return click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="KIOSK_CONFIG",
        help="Settings file (TOML).",
    )(command)


def open_places(state: Path | None) -> Places:
    """Where this kiosk keeps what: `state` if given, else `var/` in a checkout, else the installed folder.

    Raises KioskError for a state in the middle of a restore.
    """
    at = state_places(state)
    if restore.interrupted(at.state):
        raise KioskError(_("%(state)s: a restore was cut short here; say kiosk restore --resume", state=at.state))
    return at


def state_places(state: Path | None) -> Places:
    """The same, whatever is there."""
    if state is not None:
        runtime = os.environ.get("KIOSK_RUNTIME")
        return places(state, Path(runtime) if runtime else None)
    checkout = Path(__file__).parents[2]
    if (checkout / "pyproject.toml").exists():
        return places(checkout / "var")
    return places(INSTALLED_STATE, INSTALLED_RUNTIME)


def open_settings(config: Path | None, at: Places) -> Settings:
    """The settings of `config` if given, else of `kiosk.toml` in the state folder or /etc, else the defaults.

    Over them comes what the pages wrote; where that is wrong, `refused` says so, and it does not count.
    """
    return load_with(main_settings(config, at), at.written_settings)


def main_settings(config: Path | None, at: Places) -> Path | None:
    """The file of settings that an administrator writes; None where there is none."""
    if config is not None:
        return config
    return next((path for path in (at.state / "kiosk.toml", INSTALLED_CONFIG) if path.exists()), None)


_DEVICES = {
    "camera": "Camera driver, as `opencv:0`, `stills:PATH`, `video:FILE`, `simulated`.",
    "thermometer": "Thermometer driver, as `mlx90614:bus=1`, `mlx90632:bus=1`, `iio`, `simulated`, `none`.",
    "lamp": "Lamp driver, as `leds:green=17,amber=27,red=22`, `console`, `none`.",
    "voice": "Voice driver, as `espeak`, `recorded:FOLDER`, `silent`.",
    "buttons": "Buttons driver, as `gpio:pass=5,deny=6,again=13,call=19,evacuate=26`, `none`.",
    "hand_scanner": "Hand scanner driver, as `evdev:name=TEXT`, `evdev:id=VVVV:PPPP`, `none`.",
}


def device_options(command: F) -> F:
    """`--camera`, `--thermometer`, `--lamp`, `--voice`, `--buttons`, `--hand-scanner`: devices of the first lane."""
    for kind, says in reversed(_DEVICES.items()):
        command = click.option(f"--{kind.replace('_', '-')}", metavar="DRIVER[:ARG]", help=says)(command)
    return command


def with_devices(settings: Settings, devices: Mapping[str, str | None]) -> Settings:
    """The settings with other devices in the first lane, where an option named one."""
    given = {kind: spec for kind, spec in devices.items() if spec is not None}
    first = replace(settings.lane[0], **given)  # type: ignore[arg-type]
    return replace(settings, lane=(first, *settings.lane[1:]))


def until_stopped() -> Stopping:
    """What SIGTERM and SIGINT set, so that a service ends cleanly."""
    return Signals()
