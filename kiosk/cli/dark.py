"""`kiosk dark`: every lamp off, whoever lit it. systemd says it each time the gate has ended."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hardware import load
from kiosk.cli._options import open_settings, state_option, state_places
from kiosk.core.faults import LampFault


@click.command("dark", short_help="Make every lamp dark.")
@state_option
def command(state: Path | None, config: Path | None) -> None:
    """Makes every lamp of the settings dark and lets go of it.

    A gate that was killed leaves its lamps as they were: systemd says this after every end of it, before it starts
    the next one. While the gate runs, its lamps are its own and this is refused.

    \b
    Example:
      kiosk dark
    """
    lit = False
    for lane in open_settings(config, state_places(state)).lane:
        try:
            load("lamp", lane.lamp).close()
        except LampFault as fault:
            click.echo(f"kiosk dark: {lane.name}: {fault}", err=True)
            lit = True
    sys.exit(lit)
