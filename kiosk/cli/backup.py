"""`kiosk backup`: everything a new card needs, in one encrypted file, while the gate runs."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from kiosk import locale
from kiosk.cli import _gate
from kiosk.cli._options import INSTALLED_CONFIG, open_places, open_settings, state_option
from kiosk.core.entry import SealClass
from kiosk.core.faults import KioskError
from kiosk.core.requests import NoteBackup
from kiosk.locale import gettext as _
from kiosk.services.stick import LABEL, Sticks
from kiosk.settings import Places, Settings
from kiosk.store import backup, backup_order, lists, rule_files
from kiosk.store.backup import Contents, Kept, Made, Step
from kiosk.store.backup_order import Order, Progress, State, Stopped, To
from kiosk.store.keys import TAG, Keyring
from kiosk.store.recovery import RecoveryKey, RecoveryPublic


@click.command("backup", short_help="Write an encrypted backup to a folder or a stick.")
@state_option
@click.argument("to", required=False)
@click.option("--new-recovery-key", is_flag=True, help="Make the key that opens backups, and print it once.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File for the new key, instead of printing it."
)
@click.option(
    "--carry-on",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A recovery key file: carried on to today, it cannot open any more what ended before.",
)
@click.option("--daily", is_flag=True, help="As timer and pages say it: where nothing is wanted, nothing is done.")
@click.option("--newest", type=click.IntRange(1, 100), help="How many backups of this kiosk stay there; settings: 3.")
def command(
    state: Path | None,
    config: Path | None,
    to: str | None,
    new_recovery_key: bool,
    out: Path | None,
    carry_on: Path | None,
    daily: bool,
    newest: int | None,
) -> None:
    """Writes a backup to TO, reads it again, and removes the oldest there. The gate goes on working.

    TO is a folder, or label:NAME of a plugged-in stick; without it what the settings say (backup.to), where a
    timer of an installed kiosk writes one each night.
    It can be opened only with the recovery key, which is made once and kept away from the kiosk, and only as long
    as the settings say (backup.days); names and notes in it only as long as retention says. See docs/backup.md.

    \b
    Example:
      kiosk backup --new-recovery-key --out /media/safe/recovery.key      once
      kiosk backup /media/stick                                           now
      kiosk backup label:KIOSK
      kiosk backup --carry-on /media/safe/recovery.key                    every month, anywhere
    """
    today = datetime.now(UTC).date()
    if carry_on is not None:
        key = read_key(carry_on).on(today)
        lists.write_whole(carry_on, f"{key.text}\n".encode(), mode=0o600)
        click.echo(_("This key no longer opens what could be read until %(day)s or before.", day=today), err=True)
        return
    places = open_places(state)
    settings = open_settings(config, places)
    if new_recovery_key:
        _new_key(places, out)
        return
    if daily and (order := backup_order.placed(places.runtime)) is not None:
        _carry_out(order, places, settings, config)
        return
    target = to or settings.backup.to
    if daily and not places.recovery.exists():
        click.echo(_("No backup: there is no recovery key yet (kiosk backup --new-recovery-key)."))
        return
    if not target and daily:
        click.echo(_("No backup: the settings name no folder or stick for it (backup.to)."))
        return
    if not target:
        raise click.UsageError(_("Name the folder or stick that the backup goes to, here or in backup.to."))
    public = RecoveryPublic.load(places.recovery)
    with Sticks().folder(target) as folder, progress() as step:
        made = _backup(places, settings, config, folder, public, newest, step)
    _said(made)


def _carry_out(order: Order, places: Places, settings: Settings, config: Path | None) -> None:
    """The backup that a page asked for: it is told how far it is, and may take its order away."""
    locale.use("en")  # the page says it in its reader's language
    watched = Progress(places.runtime, order, lambda: datetime.now(UTC))
    try:
        target = Sticks().plugged() if order.to is To.STICK else _usual(settings)
        public = RecoveryPublic.load(places.recovery)
        with Sticks().folder(target) as folder, progress():
            made = _backup(places, settings, config, folder, public, None, watched.step)
    except (Stopped, KeyboardInterrupt):
        watched.tell(State.STOPPED)
        return
    except (KioskError, OSError) as error:
        watched.tell(State.FAILED, error=str(error))
        raise
    path = f"{target}/{made.path.name}" if target.startswith(LABEL) else str(made.path)
    watched.tell(State.DONE, path=path, rows=made.head.seq, size=made.size, last=made.last)
    _said(made)


def _usual(settings: Settings) -> str:
    """Where the settings say that backups go. Raises KioskError."""
    if not settings.backup.to:
        raise KioskError(_("the settings name no folder or stick for it (backup.to)"))
    return settings.backup.to


def read_key(path: Path) -> RecoveryKey:
    """The recovery key in a file. Raises SettingsError or KioskError with one line."""
    try:
        return RecoveryKey.parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or _("not a text")
        raise KioskError(_("%(path)s: cannot be read (%(reason)s)", path=path, reason=reason)) from error


def _new_key(places: Places, out: Path | None) -> None:
    key = RecoveryKey.new(datetime.now(UTC).date())
    lists.write_whole(places.recovery, msgspec.json.encode(key.public()), mode=0o640)
    click.echo(_("Keep this key in a safe, away from the kiosk; it is shown once."), err=True)
    if out is None:
        click.echo(key.text)
    else:
        lists.write_whole(out, f"{key.text}\n".encode(), mode=0o600)


def _backup(
    places: Places,
    settings: Settings,
    config: Path | None,
    to: Path,
    public: RecoveryPublic,
    newest: int | None,
    step: Step,
) -> Made:
    if not places.logbook.exists():
        raise KioskError(_("%(path)s: there is no logbook yet", path=places.logbook))
    retention = settings.retention
    classes = {
        SealClass.IDENTITY.value: retention.identity_days,
        SealClass.NOTE.value: retention.note_days,
        TAG: retention.identity_days,
    }
    kept = Kept(classes, settings.backup.days, newest or settings.backup.newest)
    now = datetime.now(UTC)
    try:
        made = backup.make(_contents(places, settings, config), Keyring.open(places.keys), public, to, kept, now, step)
    except PermissionError as error:
        raise KioskError(_("%(path)s: this user may not read it; say it as root", path=error.filename)) from error
    with suppress(KioskError):  # the backup is good, whether or not a row can say so
        _gate.ask(places, settings, NoteBackup, seq=made.head.seq, backup=made.path.name)
    return made


def _said(made: Made) -> None:
    values = {"path": made.path, "rows": made.head.seq, "size": f"{made.size / 1e6:.1f}", "day": made.last}
    click.echo(_("%(path)s: %(rows)s rows, %(size)s MB, can be restored until %(day)s", **values))


def _contents(places: Places, settings: Settings, config: Path | None) -> Contents:
    rules = "rules/rules.toml" if places.rules == places.written_rules else "rules.toml"
    files = {
        rules: places.rules,
        "settings/kiosk.toml": places.written_settings,
        "web/roster.key": places.desk.with_name("roster.key"),
    }
    calibrations = map(places.calibration, (lane.name for lane in settings.lane))
    files |= {f"settings/{path.name}": path for path in calibrations}
    for candidate in (config, places.state / "kiosk.toml", INSTALLED_CONFIG):
        if candidate is not None and candidate.is_file():
            files["kiosk.toml"] = candidate
            break
    for folder, name in ((places.trust, "trust"), (places.pass_keys, "passes")):
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        files |= {f"{name}/{path.name}": path for path in found if path.is_file() and not path.name.startswith(".")}
    rules_of = places.country_rules
    for file in rule_files.files(rules_of):
        with_signers = (file, rule_files.signers_of(file))
        files |= {f"{rules_of.name}/{path.relative_to(rules_of)}": path for path in with_signers if path.is_file()}
    return Contents(settings.kiosk.id, places.logbook, places.desk, files)


@contextmanager
def progress() -> Iterator[Step]:
    """One line on stderr that says what is being done and how far, where that is a terminal."""
    said = {
        "logbook.db": _("copying the logbook"),
        "desk.db": _("copying the desk"),
        "writing": _("writing"),
        "verifying": _("reading it again"),
        "unpacking": _("unpacking"),
        "proving": _("proving the log"),
    }
    shown = sys.stderr.isatty()

    def step(what: str, done: int, total: int) -> None:
        if shown:
            click.echo(f"\r\033[K{said.get(what, what)} {100 * done // max(1, total)} %", nl=False, err=True)

    # Ended from outside it tidies up behind itself, as after Ctrl-C.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield step
    finally:
        signal.signal(signal.SIGTERM, before)
        if shown:
            click.echo("\r\033[K", nl=False, err=True)
