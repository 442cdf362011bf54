"""`kiosk web`: the pages. Owns users, roster and audit; has the network, and no devices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from kiosk.cli._options import main_settings, open_places, open_settings, state_option, until_stopped
from kiosk.services.notify import Notifier
from kiosk.services.web import WebService


@click.command("web", short_help="The pages' process.")
@state_option
@click.option("--host", help="Address to listen on; overrides web.host of the settings.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; overrides web.port of the settings.")
def command(state: Path | None, config: Path | None, host: str | None, port: int | None) -> None:
    """Serves the resident's screen, the volunteer's desk and the manager's records.

    \b
    Example:
      kiosk web --host 0.0.0.0 --port 8443
    """
    at = open_places(state)
    settings = open_settings(config, at)
    web = replace(settings.web, host=host or settings.web.host, port=port or settings.web.port)
    service = WebService(
        replace(settings, web=web),
        at,
        notifier=Notifier.from_environment(),
        say=click.echo,
        main_settings=main_settings(config, at),
    )
    service.run(until_stopped())
