"""`kiosk user`: who may log in to the pages."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.cli._desk import BY, ask, wrong_reply
from kiosk.cli._options import open_places, state_option
from kiosk.core.desk_requests import AddUser, Done, EnableUser, ListUsers, ResetSecret, Role, UserAdded, Users
from kiosk.locale import gettext as _


@click.group(name="user")
def command() -> None:
    """Add and list the people who log in: volunteers by PIN, managers and technicians by passphrase.

    \b
    Example:
      kiosk user add "Li Na" --role volunteer
      kiosk user list
      kiosk user reset "Li Na"
    """


@command.command()
@state_option
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What they may do.")
@click.option("--ask", "asks", is_flag=True, help="Ask for the PIN or passphrase instead of making one up.")
def add(state: Path | None, config: Path | None, name: str, role: str, asks: bool) -> None:  # noqa: ARG001 - every command takes it
    """Adds NAME and prints their PIN or passphrase, this once.

    \b
    Example:
      kiosk user add "Li Na" --role volunteer
    """
    secret = click.prompt(_("PIN or passphrase"), hide_input=True, confirmation_prompt=True) if asks else ""
    reply = ask(open_places(state), AddUser(by=BY, name=name, role=Role(role), secret=secret))
    if not isinstance(reply, UserAdded):
        raise wrong_reply(reply)
    click.echo(f"{reply.user.id}\t{reply.user.name}\t{reply.user.role}")
    if not asks:
        click.echo(_("PIN or passphrase, shown this once: %(secret)s", secret=reply.secret))


@command.command(name="list")
@state_option
def list_(state: Path | None, config: Path | None) -> None:  # noqa: ARG001 - every command takes it
    """Everybody who may log in: id, name, role.

    \b
    Example:
      kiosk user list
    """
    reply = ask(open_places(state), ListUsers(by=BY))
    if not isinstance(reply, Users):
        raise wrong_reply(reply)
    for user in reply.users:
        click.echo(f"{user.id}\t{user.name}\t{user.role}" + ("" if user.enabled else "\t" + _("disabled")))


@command.command()
@state_option
@click.argument("name")
def reset(state: Path | None, config: Path | None, name: str) -> None:  # noqa: ARG001 - every command takes it
    """Gives NAME (or their id) a new PIN or passphrase, printed this once.

    Whoever has to wait after wrong ones waits no more.

    \b
    Example:
      kiosk user reset "Li Na"
    """
    reply = ask(open_places(state), ResetSecret(by=BY, user=name))
    if not isinstance(reply, UserAdded):
        raise wrong_reply(reply)
    click.echo(f"{reply.user.id}\t{reply.user.name}\t{reply.user.role}")
    click.echo(_("PIN or passphrase, shown this once: %(secret)s", secret=reply.secret))


@command.command()
@state_option
@click.argument("name")
def disable(state: Path | None, config: Path | None, name: str) -> None:  # noqa: ARG001 - every command takes it
    """Ends the log-ins of NAME (or their id), and takes no new ones.

    \b
    Example:
      kiosk user disable "Li Na"
    """
    _enable(state, name, enabled=False)


@command.command()
@state_option
@click.argument("name")
def enable(state: Path | None, config: Path | None, name: str) -> None:  # noqa: ARG001 - every command takes it
    """Lets NAME (or their id) log in again.

    \b
    Example:
      kiosk user enable "Li Na"
    """
    _enable(state, name, enabled=True)


def _enable(state: Path | None, name: str, *, enabled: bool) -> None:
    reply = ask(open_places(state), EnableUser(by=BY, user=name, enabled=enabled))
    if not isinstance(reply, Done):
        raise wrong_reply(reply)
