"""`kiosk restore`: a backup becomes the state of a new card."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from kiosk.cli._options import state_option, state_places
from kiosk.cli.backup import progress, read_key
from kiosk.core.faults import KioskError
from kiosk.locale import gettext as _
from kiosk.services import lists
from kiosk.services.book import BOOT_ID
from kiosk.store import backup, restore


@click.command("restore", short_help="Put a backup on a new card.")
@state_option
@click.argument("source", metavar="FROM", required=False, type=click.Path(path_type=Path))
@click.option("--recovery-key", type=click.Path(path_type=Path, dir_okay=False), help="The file with the recovery key.")
@click.option("--replace", "replaces", is_flag=True, help="Set a living state aside; without it that is refused.")
@click.option("--resume", "resumes", is_flag=True, help="Finish a restore that a power cut interrupted.")
def command(
    state: Path | None,
    config: Path | None,  # noqa: ARG001 - every command takes it
    source: Path | None,
    recovery_key: Path | None,
    replaces: bool,
    resumes: bool,
) -> None:
    """Restores the backup FROM, a file or a folder whose newest is taken. Stop the services first, and say it as root.

    The log goes on in a new epoch, so that no row of the old card and of the new one share a number. The recovery
    key's file is carried on to today: it cannot open any more what ended before.

    \b
    Example:
      kiosk restore /media/stick --recovery-key /media/safe/recovery.key
      kiosk restore --resume
    """
    places, now = state_places(state), datetime.now(UTC)
    if resumes:
        _tell_aside(restore.resume(places.state, now))
        return
    if source is None or recovery_key is None:
        raise click.UsageError(_("Name the backup, and the file of the recovery key with --recovery-key."))
    key, boot = read_key(recovery_key), BOOT_ID.read_text().strip()
    with progress() as step:
        done = restore.restore(_chosen(source), key, places.state, boot=boot, now=now, replace=replaces, step=step)
    _tell_aside(done.aside)
    values: dict[str, object] = {
        "rows": done.rows,
        "seq": done.head.seq,
        "epoch": done.epoch,
        "days": done.days,
        "gone": done.expired,
    }
    click.echo(_("%(rows)d rows; the log goes on after row %(seq)d in epoch %(epoch)d", **values))
    click.echo(_("Names can be read of %(days)d days; %(gone)d keys had expired and are gone.", **values))
    today = max(now.date(), key.day)
    lists.write_whole(recovery_key, f"{key.on(today).text}\n".encode(), mode=0o600)


def _chosen(source: Path) -> Path:
    """The backup itself, or the newest in a folder."""
    if not source.is_dir():
        return source
    found = backup.backups(source)
    if not found:
        raise KioskError(_("%(folder)s: there is no backup here", folder=source))
    kiosks = {head.kiosk for _path, head in found}
    if len(kiosks) > 1:
        raise KioskError(_("%(folder)s: holds backups of several kiosks; name the file", folder=source))
    return found[-1][0]


def _tell_aside(aside: Path | None) -> None:
    if aside is not None:
        click.echo(_("The state that was replaced lies in %(folder)s; delete it when it is not needed.", folder=aside))
