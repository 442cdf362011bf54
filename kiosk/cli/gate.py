"""`kiosk gate`: lanes, thermometers, lamps, voice, buttons, decisions. Owns the logbook."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.cli._options import device_options, open_places, open_settings, state_option, until_stopped, with_devices
from kiosk.services.gate import GateService
from kiosk.services.notify import Notifier
from kiosk.services.roster import GateRoster


@click.command("gate", short_help="The gate's process.")
@state_option
@device_options
@click.option("--trust", type=click.Path(path_type=Path), multiple=True, help="More trust lists, files or folders.")
def command(state: Path | None, config: Path | None, trust: tuple[Path, ...], **devices: str | None) -> None:
    """Runs the gate: it decides, writes the logbook and lights the lamp. It has no network.

    \b
    Example:
      kiosk gate --thermometer mlx90614:bus=1 --lamp leds:green=17,amber=27,red=22
    """
    at = open_places(state)
    settings = with_devices(open_settings(config, at), devices)
    gate = GateService(settings, at, GateRoster(at.desk), trust=trust, notifier=Notifier.from_environment())
    gate.run(until_stopped())
