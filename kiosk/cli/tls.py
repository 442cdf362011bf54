"""`kiosk tls`: the certificate of the pages, from an authority of the kiosk's own."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import click

from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.faults import SettingsError
from kiosk.locale import gettext as _
from kiosk.settings import Places
from kiosk.store import durable
from kiosk.store.authority import Authority, Certified


@click.group(name="tls")
def command() -> None:
    """Let the pages be reached from other devices without anybody listening in.

    \b
    Example:
      kiosk tls init --name kiosk.local --name 192.168.1.7
      kiosk tls show
    """


@command.command()
@state_option
@click.option(
    "--name", "names", multiple=True, help="A host name or address by which the pages are opened; repeatable."
)
@click.option("--anew", is_flag=True, help="Replace an authority that is there; every device must be told again.")
def init(state: Path | None, config: Path | None, names: tuple[str, ...], anew: bool) -> None:
    """Makes an authority that can vouch for this kiosk's names alone, and a certificate by it.

    Without --name it is made for this machine's name, NAME.local, localhost and 127.0.0.1. The pages use it from their
    next start on, and renew it by themselves.

    \b
    Example:
      kiosk tls init --name kiosk.local --name 192.168.1.7
    """
    places = open_places(state)
    authority = Authority(places.tls)
    if authority.there and not anew:
        raise SettingsError(
            _("there is an authority already, and devices may trust it; to replace it say kiosk tls init --anew")
        )
    host = socket.gethostname().lower()
    asked = names or (host, f"{host.split('.')[0]}.local")
    every = tuple(dict.fromkeys((*asked, "localhost", "127.0.0.1", "::1")))
    kiosk = open_settings(config, places).kiosk
    made = authority.make(every, kiosk.place or kiosk.id, datetime.now(UTC))
    _give(places)
    _say(authority, made)
    click.echo(_("Install this file once on every device that opens the pages; docs/tls.md says how."))


@command.command()
@state_option
def renew(state: Path | None, config: Path | None) -> None:  # noqa: ARG001 - every command takes it
    """Makes a fresh certificate for the same names now; devices notice nothing.

    \b
    Example:
      kiosk tls renew
    """
    places = open_places(state)
    authority = Authority(places.tls)
    made = authority.renew(datetime.now(UTC))
    _give(places)
    _say(authority, made)


@command.command()
@state_option
def show(state: Path | None, config: Path | None) -> None:  # noqa: ARG001 - every command takes it
    """The names, the end, and the fingerprint by which a device tells that it got the right file.

    \b
    Example:
      kiosk tls show
    """
    authority = Authority(open_places(state).tls)
    _say(authority, authority.shown())


def _give(places: Places) -> None:
    """What root made belongs to the pages' process."""
    durable.give(places.tls, places.tls.parent)


def _say(authority: Authority, certified: Certified) -> None:
    click.echo(_("Names: %(names)s", names=", ".join(certified.names)))
    click.echo(_("Good until: %(day)s", day=certified.until.date().isoformat()))
    click.echo(_("Authority: %(file)s", file=authority.certificate))
    click.echo(_("Fingerprint: %(fingerprint)s", fingerprint=certified.fingerprint))
