"""`kiosk trust`: whose codes this kiosk believes."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from kiosk.cli._options import open_places, state_option
from kiosk.core import believed, formats, rules
from kiosk.core.country_rules import RuleBook
from kiosk.core.faults import SettingsError
from kiosk.core.trust import Trust
from kiosk.core.trust.imported import of_no_issuer, open_purposes
from kiosk.locale import gettext as _
from kiosk.locale import lists as list_words
from kiosk.settings import Places
from kiosk.store import list_import, lists, rule_files
from kiosk.store.list_import import Candidate, Said

MOST_ISSUERS = 40  # of one list that are shown by name


@click.group(name="trust")
def command() -> None:
    """Import and show trust lists and country rules.

    \b
    Example:
      kiosk trust import trustlist.json
      kiosk trust list
    """


@command.command(name="import")
@state_option
@click.option(
    "--for",
    "purpose",
    type=click.Choice(list_words.PURPOSES),
    help="The one format that these keys may sign, where the file does not say it.",
)
@click.option("--issuer", default="", metavar="NAME", help="Whose keys these are, where the file does not say it.")
@click.option(
    "--signed-by",
    metavar="CERTIFICATE",
    type=click.Path(path_type=Path),
    help="Of a signed list: whose signature counts, the signer's certificate or key or its authority's; kept with it.",
)
@click.option("--older", is_flag=True, help="Go back to a list or rules older than those in force.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_(
    state: Path | None,
    config: Path | None,  # noqa: ARG001 - every command takes it
    purpose: str | None,
    issuer: str,
    signed_by: Path | None,
    older: bool,
    files: tuple[Path, ...],
) -> None:
    """Put a validated copy of each FILE among the kiosk's trust lists or country rules, in the place of that name.

    A folder of certificates, or of country rules, becomes one list. What is broken, or older than what is in force,
    changes nothing. Keys that do not say what they are for are asked about on a terminal.

    \b
    Example:
      kiosk trust import trustlist.json other-compound.json
      kiosk trust import --for ramzor --issuer IL ramzor.pem
      kiosk trust import --signed-by authority.pem masterlist.ml
      kiosk trust import rules/AT
    """
    if len({file.name for file in files}) != len(files):
        raise click.UsageError(_("Two of the files have the same name."))
    places = open_places(state)
    anchors = lists.content(signed_by) if signed_by else b""
    for file in files:
        said = _asked(file, places, Said(purpose or "", issuer, anchors, older))
        _told(list_import.import_list(file, places, said))


def _asked(file: Path, places: Places, said: Said) -> Said:
    """What the person at a terminal adds to what was said: what keys are for, and whose they are."""
    if not _at_a_terminal():
        return said
    found = list_import.examine(file, places, said).found
    if isinstance(found, Trust) and not said.purpose and (open_ := open_purposes(found)):
        question = _("%(file)s does not say what its keys are for. Format", file=file.name)
        said = replace(said, purpose=click.prompt(question, type=click.Choice(open_), err=True))
    if isinstance(found, Trust) and not said.issuer and of_no_issuer(found):
        question = _("%(file)s does not say whose keys these are. Address of their issuer", file=file.name)
        said = replace(said, issuer=click.prompt(question, err=True))
    return said


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _told(brought: Candidate) -> None:
    if isinstance(brought.found, RuleBook):
        click.echo(f"{brought.target}: {_rules(brought.found)}")
        notes = brought.notes
    else:
        click.echo(f"{brought.target}: {'; '.join(_holds(brought.found))}")
        open_ = (f"{brought.target.name}: {words}" for words in _left_open(brought.found))
        notes = (*brought.found.notes, *open_)
    for note in notes:
        click.echo(f"kiosk: {note}", err=True)


def _left_open(found: Trust) -> Iterator[str]:
    """What a list leaves open, and how to close it."""
    if schemes := open_purposes(found):
        yield _(
            "its keys are believed for %(formats)s; say --for FORMAT to bind them to one", formats=", ".join(schemes)
        )
    if of_no_issuer(found):
        yield _("its keys count for whatever issuer they sign as; say --issuer ADDRESS to bind them")


@command.command(name="list")
@state_option
def list_(state: Path | None, config: Path | None) -> None:  # noqa: ARG001 - every command takes it
    """Show the imported trust lists and country rules: whose they are, what for, how long, how old.

    Exits 1 when one of them cannot be used.

    \b
    Example:
      kiosk trust list
    """
    places, now = open_places(state), datetime.now(UTC)
    stale = timedelta(hours=_stale_h(places))
    found = lists.imported(places)
    for file, trust in found:
        if isinstance(trust, SettingsError):
            click.echo(_("%(file)s: cannot be used: %(why)s", file=file.name, why=_why(trust, file)))
            continue
        click.echo(f"{file.name}: {'; '.join((*_holds(trust), *_age(trust, now, stale)))}")
        for line in (*_schemes(trust, now), *_left_open(trust)):
            click.echo(f"  {line}")
    broken = _show_rules(places) or any(isinstance(trust, SettingsError) for _file, trust in found)
    if not found:
        click.echo(_("No trust list in %(folder)s; kiosk trust import FILE puts one there.", folder=places.trust))
    sys.exit(1 if broken else 0)


@command.command(name="remove")
@state_option
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
def remove(state: Path | None, config: Path | None, names: tuple[str, ...]) -> None:  # noqa: ARG001 - every command takes it
    """Take lists or country rules away, by the names that `kiosk trust list` shows.

    \b
    Example:
      kiosk trust remove trustlist.json
    """
    places = open_places(state)
    known = [*(file for file, _found in lists.imported(places)), *rule_files.files(places.country_rules)]
    for name in names:
        files = [file for file in known if file.name == name]
        if not files:
            raise SettingsError(_("%(name)s: no such list; kiosk trust list shows them", name=name))
        for file in files:
            lists.take_away(file)


def _show_rules(places: Places) -> bool:
    """Shows the country rules; whether they are broken."""
    try:
        book = rule_files.load(places.country_rules)
    except SettingsError as error:
        click.echo(_("country rules: cannot be used: %(why)s", why=error))
        return True
    if book.rules:
        click.echo(f"country-rules: {_rules(book)}")
    return False


def _rules(book: RuleBook) -> str:
    """`AT 12, DE 8 rules, valid 2021-07-05 to 2030-06-01; 3 value sets`."""
    countries = believed.of_countries(book)
    parts = []
    if countries:
        named = ", ".join(f"{each.country} {each.count}" for each in countries)
        first, last = min(each.valid_from for each in countries), max(each.valid_until for each in countries)
        parts.append(
            _(
                "%(count)s rules (%(named)s), valid %(first)s to %(last)s",
                count=len(book.rules), named=named, first=first.date().isoformat(), last=last.date().isoformat(),
            )
        )  # fmt: skip
    if book.value_sets:
        parts.append(_("%(count)s value sets", count=len(book.value_sets)))
    return "; ".join(parts)


def _stale_h(places: Places) -> float:
    """After how many hours a list is stale, by the kiosk's own rules where it has any."""
    if not places.rules.exists():
        return rules.Rules().conditions.trust_stale_h
    return rules.parse(places.rules.read_bytes(), str(places.rules)).conditions.trust_stale_h


def _why(error: SettingsError, file: Path) -> str:
    return str(error).removeprefix(f"{file.name}: ").removeprefix(f"{file}: ")


def _holds(trust: Trust) -> Iterator[str]:
    """`eu_dcc: 48 signers (AT 1, BG 1, ...)`, how many are denied, how many entries were left out."""
    for scheme in sorted({signer.scheme for signer in trust.signers}):
        issuers = Counter(s.issuer or "?" for s in trust.signers if s.scheme == scheme)
        parts = [f"{issuer} {count}" for issuer, count in sorted(issuers.items())]
        if len(parts) > MOST_ISSUERS:
            parts[MOST_ISSUERS:] = [_("%(count)d more", count=len(parts) - MOST_ISSUERS)]
        named = ", ".join(parts)
        yield _("%(scheme)s: %(count)s signers (%(named)s)", scheme=scheme, count=issuers.total(), named=named)
    if denied := believed.denied(trust):
        yield _("%(count)s denied", count=denied)
    if trust.flagged:
        yield _("%(count)s places flagged", count=len(trust.flagged))
    if trust.contexts:
        yield _("%(count)s contexts", count=len(trust.contexts))
    if trust.notes:
        yield _("%(count)s left out", count=len(trust.notes))


def _age(trust: Trust, now: datetime, stale: timedelta) -> Iterator[str]:
    if trust.as_of is None:
        return
    day, old = trust.as_of.date().isoformat(), max(timedelta(), now - trust.as_of)
    if old > stale:
        yield _("as of %(day)s: STALE, %(days)s days old; import a newer one", day=day, days=old.days)
    else:
        yield _("as of %(day)s", day=day)


def _schemes(trust: Trust, now: datetime) -> Iterator[str]:
    """For each format what its signers may sign and how long their certificates hold."""
    kinds = {found.name: found.kind.value for found in formats.all_formats()}
    for keys in believed.by_format(trust, now):
        parts = [f"{keys.scheme} ({kinds.get(keys.scheme, '?')})", *list_words.usages(keys)]
        if keys.first_end and keys.last_end:
            days = {"first": keys.first_end.date().isoformat(), "last": keys.last_end.date().isoformat()}
            same = days["first"] == days["last"]
            parts.append(_("until %(last)s", **days) if same else _("until %(first)s to %(last)s", **days))
        if keys.expired:
            parts.append(_("%(count)s expired", count=keys.expired))
        if keys.authorities:
            parts.append(_("%(count)s authorities", count=keys.authorities))
        yield ": ".join((parts[0], "; ".join(parts[1:]))) if parts[1:] else parts[0]
