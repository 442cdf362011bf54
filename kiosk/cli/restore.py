"""`kiosk restore`: a backup becomes the state of a new card."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from kiosk.cli._options import open_settings, state_option, state_places
from kiosk.cli.backup import progress, read_key
from kiosk.core.faults import KioskError
from kiosk.locale import gettext as _
from kiosk.services.book import BOOT_ID
from kiosk.services.stick import Sticks
from kiosk.store import backup, lists, restore
from kiosk.store.archive import Head


@click.command("restore", short_help="Put a backup on a new card.")
@state_option
@click.argument("source", metavar="FROM", required=False)
@click.option("--recovery-key", type=click.Path(path_type=Path, dir_okay=False), help="The file with the recovery key.")
@click.option("--replace", "replaces", is_flag=True, help="Set a living state aside; without it that is refused.")
@click.option("--resume", "resumes", is_flag=True, help="Finish a restore that a power cut interrupted.")
def command(
    state: Path | None,
    config: Path | None,
    source: str | None,
    recovery_key: Path | None,
    replaces: bool,
    resumes: bool,
) -> None:
    """Restores the backup FROM: a file, a folder or label:NAME of a stick, whose newest is taken.

    Without FROM the newest is looked for where backups go by the settings, and on every stick that is plugged in.
    Stop the services first (systemctl stop kiosk.target), and say it as root.

    The log goes on in a new epoch, so that no row of the old card and of the new one share a number. The recovery
    key's file is carried on to today: it cannot open any more what ended before.

    \b
    Example:
      sudo kiosk restore --recovery-key /media/safe/recovery.key
      kiosk restore --resume
    """
    places, now = state_places(state), datetime.now(UTC)
    if resumes:
        _tell_aside(restore.resume(places.state, now))
        return
    if recovery_key is None:
        raise click.UsageError(_("Name the file of the recovery key with --recovery-key."))
    key, boot = read_key(recovery_key), BOOT_ID.read_text().strip()
    with ExitStack() as held:
        chosen = _chosen(held, source) if source else _newest(held, open_settings(config, places).backup.to)
        step = held.enter_context(progress())
        done = restore.restore(chosen, key, places.state, boot=boot, now=now, replace=replaces, step=step)
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


def _chosen(held: ExitStack, source: str) -> Path:
    """The backup itself, or the newest in a folder or on a stick."""
    if Path(source).is_file():
        return Path(source)
    folder = held.enter_context(Sticks().folder(source))
    return _of_one_kiosk(backup.backups(folder), folder) if folder.is_dir() else folder


def _newest(held: ExitStack, target: str) -> Path:
    """The newest backup in the folder that the settings name, or on a stick."""
    sticks, folders = Sticks(), []
    with suppress(KioskError):  # that one is not plugged in; another may be
        folders += [held.enter_context(sticks.folder(target))] if target else []
    folders += [folder for folder in sticks.media() if folder not in folders]
    found = sorted(
        (each for folder in folders for each in backup.backups(folder)), key=lambda each: (each[1].made, each[0].name)
    )
    return _of_one_kiosk(found, target or _("no stick"))


def _of_one_kiosk(found: list[tuple[Path, Head]], where: object) -> Path:
    if not found:
        raise KioskError(_("%(folder)s: there is no backup here", folder=where))
    kiosks = {head.kiosk for _path, head in found}
    if len(kiosks) > 1:
        raise KioskError(_("%(folder)s: holds backups of several kiosks; name the file", folder=where))
    return found[-1][0]


def _tell_aside(aside: Path | None) -> None:
    if aside is not None:
        click.echo(_("The state that was replaced lies in %(folder)s; delete it when it is not needed.", folder=aside))
