"""`kiosk token`: which programs may ask the API, and for what."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.cli._desk import BY, ask, wrong_reply
from kiosk.cli._options import open_places, state_option
from kiosk.core.desk_requests import AddToken, Done, ListTokens, RevokeToken, Scope, TokenAdded, Tokens
from kiosk.locale import gettext as _


@click.group(name="token")
def command() -> None:
    """Add, list and revoke the tokens by which programs ask the API (docs/api.md).

    \b
    Example:
      kiosk token add "Street office" --scope reports --scope log --days 30
      kiosk token list
    """


@command.command()
@state_option
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What it may ask for; repeatable.",
)
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it is good.")
def add(state: Path | None, config: Path | None, name: str, scopes: tuple[str, ...], days: int) -> None:  # noqa: ARG001 - every command takes it
    """Makes a token called NAME and prints its secret, this once.

    \b
    Example:
      kiosk token add "Street office" --scope reports --days 30
    """
    asked = AddToken(by=BY, name=name, scopes=tuple(map(Scope, scopes)), days=days)
    reply = ask(open_places(state), asked)
    if not isinstance(reply, TokenAdded):
        raise wrong_reply(reply)
    click.echo(f"{reply.token.id}\t{reply.token.name}\t{' '.join(reply.token.scopes)}")
    click.echo(_("Token, shown this once: %(secret)s", secret=reply.secret))


@command.command(name="list")
@state_option
def list_(state: Path | None, config: Path | None) -> None:  # noqa: ARG001 - every command takes it
    """Every token that is still good: id, name, scopes, until when, the day of its last use.

    \b
    Example:
      kiosk token list
    """
    reply = ask(open_places(state), ListTokens(by=BY))
    if not isinstance(reply, Tokens):
        raise wrong_reply(reply)
    for token in reply.tokens:
        used = token.used.isoformat() if token.used else "-"
        click.echo(f"{token.id}\t{token.name}\t{' '.join(token.scopes)}\t{token.until.date().isoformat()}\t{used}")


@command.command()
@state_option
@click.argument("token_id", metavar="ID")
def revoke(state: Path | None, config: Path | None, token_id: str) -> None:  # noqa: ARG001 - every command takes it
    """Ends the token of that ID at once.

    \b
    Example:
      kiosk token revoke t-1a2b3c4d
    """
    reply = ask(open_places(state), RevokeToken(by=BY, token=token_id))
    if not isinstance(reply, Done):
        raise wrong_reply(reply)
