"""`kiosk resolver`: asks the configured online service about opaque codes."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.cli._options import open_places, open_settings, state_option, until_stopped
from kiosk.services import resolver
from kiosk.services.clock import SystemClock
from kiosk.services.notify import Notifier


@click.command("resolver", short_help="The process that asks an online service.")
@state_option
@click.option("--url", help="Address of the service; overrides resolver.url of the settings.")
def command(state: Path | None, config: Path | None, url: str | None) -> None:
    """Answers the gate's questions about opaque health codes. Without a service, volunteers attest what they see.

    \b
    Example:
      kiosk resolver --url https://codes.example.org/resolve
    """
    at = open_places(state)
    settings = open_settings(config, at)
    if url:
        settings = resolver.at_address(settings, url)
    resolver.run(settings, at, SystemClock(), Notifier.from_environment(), until_stopped())
