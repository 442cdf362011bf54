"""`kiosk clock`: what time the kiosk goes by, how far it is trusted, and why."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from kiosk.cli import _gate
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core import paper
from kiosk.core.clocks import ClockState
from kiosk.core.faults import KioskError, LinkDown, SettingsError, StoreUnreadable
from kiosk.core.reasons import Answer
from kiosk.core.requests import ConfirmTime
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.services import link
from kiosk.services.clock import SystemClock
from kiosk.services.messages import Follow, State
from kiosk.settings import Places
from kiosk.store import lists
from kiosk.store.reader import Filter, Reader


@click.group("clock", invoke_without_command=True)
@state_option
@click.pass_context
def command(ctx: click.Context, state: Path | None, config: Path | None) -> None:
    """Show the time, how far it is trusted and why; exits 1 while it is in doubt.

    \b
    Example:
      kiosk clock
      kiosk clock confirm --time 07:30
    """
    if ctx.invoked_subcommand is not None:
        return
    places = open_places(state)
    zone = ZoneInfo(open_settings(config, places).kiosk.timezone)
    shown, reason = _asked(places) or _looked(places)
    now = datetime.now(UTC).astimezone(zone)
    says, why = words.say(words.DEVICE_STATES, shown), words.say(words.CLOCK_REASONS, reason)
    click.echo(f"{now:%Y-%m-%d %H:%M:%S %Z (UTC%z)}  {says}: {why}")
    if shown == ClockState.UNTRUSTED:
        sys.exit(1)


@command.command("confirm")
@state_option
@click.option("--time", "watch", required=True, help="What your watch shows, local, as 07:30.")
@click.option("--by", default=_gate.BY, show_default=True, help="Who vouches for it.")
def confirm(state: Path | None, config: Path | None, watch: str, by: str) -> None:
    """Vouch for the time: until the next boot the kiosk relies on it. The gate has to run.

    The kiosk does not set its own clock: where it is wrong, say timedatectl set-time first.

    \b
    Example:
      kiosk clock confirm --time 07:30 --by wang
    """
    places = open_places(state)
    settings = open_settings(config, places)
    zone = ZoneInfo(settings.kiosk.timezone)
    now = datetime.now(zone)
    try:
        moment = paper.local(now.date(), time.fromisoformat(watch), zone)
    except ValueError:
        moment = paper.Slip.NOT_A_TIME
    if isinstance(moment, paper.Slip):
        raise click.UsageError(_("%(value)s is no time of today, such as 07:30", value=watch))
    reply = _gate.ask(places, settings, ConfirmTime, by=by, alone=False, time=moment)
    if reply.answer is Answer.OUT_OF_RANGE:
        raise KioskError(_("the kiosk shows %(now)s; set it first: timedatectl set-time", now=f"{now:%H:%M}"))
    if reply.answer is Answer.NOT_ALLOWED:
        raise KioskError(_("the kiosk's time is earlier than something that it wrote down; it must be set first"))
    _gate.done(reply)
    click.echo(_("Confirmed, until the next boot."))


def _asked(places: Places) -> tuple[str, str] | None:
    """State and reason as the running gate sees them."""
    try:
        with link.connect(places.gate_socket) as connection:
            link.send(connection, Follow())
            pushed = link.receive(connection, State)
    except LinkDown:
        return None
    found = [device for device in pushed.view.devices if device.name == "clock"]
    return (found[0].state, found[0].detail) if found else None


def _looked(places: Places) -> tuple[str, str]:
    """The same while the gate is stopped: the floor from the newest row and the lists."""
    clock = SystemClock()
    try:
        rows = Reader.open(places.logbook).page(Filter(), limit=1)
        clock.at_least(rows[0].recorded if rows else None)
        clock.at_least(lists.of_kiosk(places).as_of, "list")
    except (StoreUnreadable, SettingsError):
        pass  # nothing there yet, or not readable by this user: the build is the floor
    clock.look()
    verdict = clock.verdict()
    return verdict.state.value, verdict.reason.value
