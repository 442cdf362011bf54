"""`kiosk log verify`, `head` and `key`: that the log, or a file made of it, is what was written."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.cli import _gate
from kiosk.cli._log_rows import progress
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core.entry import code
from kiosk.core.faults import KioskError, LogbookBroken
from kiosk.core.requests import SignHead
from kiosk.locale import gettext as _
from kiosk.settings import Places
from kiosk.store import crew, heads, manifest
from kiosk.store import verify as chain
from kiosk.store.flaws import Broken, Flaw
from kiosk.store.reader import Reader

_ALONE = 100_000  # rows that are verified before other processes have started


@click.command()
@state_option
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--head", "kept", multiple=True, help="A head that you kept: its file, or a code as 1234:ABCD-2EFG.")
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), help="The gate's public key, as of kiosk log key."
)
@click.option("--canonical", is_flag=True, help="Also write every row anew to compare its form; takes longer.")
def verify(
    state: Path | None,
    config: Path | None,  # noqa: ARG001 - every command takes it
    file: Path | None,
    kept: tuple[str, ...],
    key: Path | None,
    canonical: bool,
) -> None:
    """Checks that every row is what was written, or that an exported FILE is; exits 1 and names what is not.

    Signed heads in the log show rows that were written anew. A head kept elsewhere also shows an older copy.

    \b
    Example:
      kiosk log verify --head 48210:ABCD-2EFG
      kiosk log verify november.csv --key gate.pem
    """
    public = _public_key(key)
    if file is not None:
        _verify_file(file, public)
        return
    places = open_places(state)
    asked = chain.Asked(tuple(heads.given(each) for each in kept), public, canonical)
    found: chain.Verified | None = None
    rows = Reader.open(places.logbook).head()[0]
    with progress(_("rows"), rows) as step:
        for verified in chain.check(places.logbook, asked, processes=crew.spare() if rows > _ALONE else 1):
            step(verified.rows - (found.rows if found else 0))
            found = verified
    assert found is not None
    if found.broken:
        raise LogbookBroken(_said(found.broken))
    numbers = {"rows": found.rows, "forgotten": found.forgotten, "head": found.head.hex()}
    click.echo(_("%(rows)d rows hold, %(forgotten)d of them forgotten as written; head %(head)s", **numbers))
    if found.signed is not None:
        told = {"heads": found.heads, "seq": found.signed.head.seq, "code": code(found.signed.head.hash)}
        click.echo(_("%(heads)d signed heads hold; the newest is %(seq)d:%(code)s", **told))


def _verify_file(file: Path, public: bytes | None) -> None:
    try:
        told, head = manifest.check(file, public)
    except OSError as error:
        raise KioskError(f"{error.filename}: {error.strerror}") from error
    click.echo(
        _(
            "%(file)s holds: %(rows)d rows, %(first)d to %(last)d, made %(made)s by %(by)s; log at %(code)s",
            file=file,
            rows=told.rows,
            first=told.seqs[0],
            last=told.seqs[1],
            made=told.made,
            by=told.by,
            code=f"{head.head.seq}:{code(head.head.hash)}",
        )
    )
    if told.expires:
        click.echo(_("It holds names of people and has to be deleted by %(day)s.", day=told.expires))
    if public is None:
        click.echo(_("Whose signature it is shows only with --key: its key is %(key)s.", key=heads.key_id(head.key)))


def _public_key(key: Path | None) -> bytes | None:
    if key is None:
        return None
    try:
        return heads.from_pem(key.read_bytes(), str(key))
    except OSError as error:
        raise KioskError(f"{key}: {error.strerror}") from error


@click.command()
@state_option
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Also as a signed file, to be kept elsewhere."
)
def head(state: Path | None, config: Path | None, out: Path | None) -> None:
    """Signs what the log has come to and shows it as a short code: note it, or keep the file, outside the kiosk.

    \b
    Example:
      kiosk log head --out /media/usb/head.json
    """
    places = open_places(state)
    found = _gate.done(_gate.ask(places, open_settings(config, places), SignHead))
    if out is not None:
        _write(out, str(found["head"]).encode())
    click.echo(f"{found['seq']}:{found['code']}")


@click.command()
@state_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File; standard output without it.")
def key(state: Path | None, config: Path | None, out: Path | None) -> None:  # noqa: ARG001 - every command takes it
    """Writes the public key with which heads and exports are checked on another machine.

    \b
    Example:
      kiosk log key --out gate.pem
    """
    public = _newest_key(open_places(state))
    if out is None:
        click.echo(heads.pem(public).decode(), nl=False)
    else:
        _write(out, heads.pem(public))
        click.echo(heads.key_id(public))


def _newest_key(places: Places) -> bytes:
    signed = Reader.open(places.logbook).signed()
    if signed is None:
        raise KioskError(_("nothing was signed yet; say kiosk log head first"))
    return signed.key


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise KioskError(f"{path}: {error.strerror}") from error


def _said(broken: Broken) -> str:
    if broken.until > broken.seq:
        return _("rows %(seq)d to %(until)d: %(flaw)s", seq=broken.seq, until=broken.until, flaw=_wrong(broken.flaw))
    if broken.flaw in _OF_THE_END:
        return _("row %(seq)d: %(flaw)s", seq=broken.seq, flaw=_wrong(broken.flaw))
    return _("row %(seq)d: %(flaw)s; the rows before it hold", seq=broken.seq, flaw=_wrong(broken.flaw))


_OF_THE_END = (Flaw.CUT_OFF, Flaw.ROLLED_BACK, Flaw.NO_SUCH_CODE)


def _wrong(flaw: Flaw) -> str:
    return {
        Flaw.MISSING_BEFORE: _("the row before it is missing"),
        Flaw.DOES_NOT_FOLLOW: _("it does not follow from the row before it"),
        Flaw.CHANGED: _("it was changed after it was written"),
        Flaw.NOT_CANONICAL: _("it is not in canonical form"),
        Flaw.MISPLACED: _("it belongs to another place"),
        Flaw.OTHER_SEALS: _("its sealed fields are not those that were written"),
        Flaw.LOST_SEALS: _("its sealed fields are gone, and no row says that they were forgotten"),
        Flaw.REWRITTEN: _("written anew: the signed head at the last of them says otherwise"),
        Flaw.CUT_OFF: _("the end was cut off: it was written and signed, and is not there"),
        Flaw.ROLLED_BACK: _("this is an older copy of the log: a head kept elsewhere knows later rows"),
        Flaw.HEAD_FORGED: _("its signed head was not signed by this gate"),
        Flaw.HEAD_MISSING: _("signed heads before its own were taken away"),
        Flaw.NO_SUCH_CODE: _("no row has the code that was kept: the log was cut off, rolled back or written anew"),
    }[flaw]
