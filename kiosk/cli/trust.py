"""`kiosk trust`: whose codes this kiosk believes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from kiosk.cli._options import open_places, state_option
from kiosk.core.trust import Trust
from kiosk.locale import gettext as _
from kiosk.services import lists


@click.group(name="trust")
def command() -> None:
    """Import and show trust lists.

    \b
    Example:
      kiosk trust import trustlist.json
      kiosk trust list
    """


@command.command(name="import")
@state_option
@click.option(
    "--signed-by",
    metavar="CERTIFICATE",
    type=click.Path(path_type=Path),
    help="Of a signed list (CMS): whose signature counts, the signer's certificate or its authority's.",
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_(state: Path | None, config: Path | None, files: tuple[Path, ...], signed_by: Path | None) -> None:  # noqa: ARG001 - every command takes it
    """Put a validated copy of each FILE among the kiosk's trust lists, in the place of an older one of that name.

    \b
    Example:
      kiosk trust import trustlist.json other-compound.json
      kiosk trust import --signed-by authority.pem masterlist.ml
    """
    if len({file.name for file in files}) != len(files):
        raise click.UsageError(_("Two of the files have the same name."))
    places = open_places(state)
    anchors = lists.load([signed_by]) if signed_by else None
    for file in files:
        target, trust = lists.import_list(file, places, anchors)
        click.echo(f"{target}: {_tally(trust)}")
        for note in trust.notes:
            click.echo(f"kiosk: {note}", err=True)


@command.command(name="list")
@state_option
def list_(state: Path | None, config: Path | None) -> None:  # noqa: ARG001 - every command takes it
    """Show the imported trust lists and what they hold.

    \b
    Example:
      kiosk trust list
    """
    places = open_places(state)
    found = lists.imported(places)
    for file, trust in found:
        click.echo(f"{file.name}: {_tally(trust)}")
    if not found:
        click.echo(_("No trust list in %(folder)s; kiosk trust import FILE puts one there.", folder=places.trust))


def _tally(trust: Trust) -> str:
    """`eu_dcc: 48 signers (AT 1, BG 1, ...)`, how many are denied, how many entries were left out, the date."""
    parts = []
    for scheme in sorted({signer.scheme for signer in trust.signers}):
        issuers = Counter(s.issuer or "?" for s in trust.signers if s.scheme == scheme)
        named = ", ".join(f"{issuer} {count}" for issuer, count in sorted(issuers.items()))
        parts.append(_("%(scheme)s: %(count)s signers (%(named)s)", scheme=scheme, count=issuers.total(), named=named))
    if denied := len(trust.denied) + len(trust.denied_until) + sum(map(len, trust.revoked)):
        parts.append(_("%(count)s denied", count=denied))
    if trust.notes:
        parts.append(_("%(count)s left out", count=len(trust.notes)))
    if trust.as_of:
        parts.append(_("as of %(day)s", day=trust.as_of.date().isoformat()))
    return "; ".join(parts)
