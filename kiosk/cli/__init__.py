"""The `kiosk` command: one module per command beside this file, loaded only when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from kiosk.core.faults import KioskError


class Commands(click.Group):
    """Finds `kiosk NAME` in `kiosk/cli/NAME.py`, where it is called `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the modules beside this one."""
        return sorted(path.stem.rstrip("_") for path in Path(__file__).parent.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        stem = cmd_name if (Path(__file__).parent / f"{cmd_name}.py").exists() else f"{cmd_name}_"
        command: click.Command = import_module(f"{__name__}.{stem}").command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="checkpoint-kiosk")
def kiosk() -> None:
    """A checkpoint kiosk: reads QR codes, measures temperature, lights a lamp, keeps the log.

    \b
    Example:
      kiosk run                 everything on this machine, simulated where a device is missing
      kiosk check               what is connected, and whether it works
    """


def main() -> None:
    """Runs a command; a fault is one line on stderr and exit 1, a wrong use exit 2."""
    try:
        kiosk()
    except KioskError as error:
        click.echo(f"kiosk: {error}", err=True)
        sys.exit(1)
