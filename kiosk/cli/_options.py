"""The options that every command takes, and what they come to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kiosk.settings import Places, Settings, load, places

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
    """Where this kiosk keeps what: `state` if given, else `var/` in a checkout, else the installed folder."""
    if state is not None:
        runtime = os.environ.get("KIOSK_RUNTIME")
        return places(state, Path(runtime) if runtime else None)
    checkout = Path(__file__).parents[2]
    if (checkout / "pyproject.toml").exists():
        return places(checkout / "var")
    return places(INSTALLED_STATE, INSTALLED_RUNTIME)


def open_settings(config: Path | None, at: Places) -> Settings:
    """The settings of `config` if given, else of `kiosk.toml` in the state folder or /etc, else the defaults."""
    if config is not None:
        return load(config)
    for candidate in (at.state / "kiosk.toml", INSTALLED_CONFIG):
        if candidate.exists():
            return load(candidate)
    return Settings()
