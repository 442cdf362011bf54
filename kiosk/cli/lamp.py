"""`kiosk lamp`: whether each part of a lane's lamp is wired to the line that the settings say."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import click

import hardware
from hardware.lamps._wired import RELAY, WiredLamp
from kiosk.cli._options import open_settings, state_option, state_places
from kiosk.core.faults import SettingsError
from kiosk.core.ports import LampPattern
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.settings import Lane


@click.group("lamp")
def command() -> None:
    """Look after a lane's lamp."""


@command.command("check")
@state_option
@click.option("--lane", "name", help="Which lane's; the first where it is left out.")
@click.option("--lamp", "spec", metavar="DRIVER[:ARG]", help="Another one than the settings name.")
@click.option("--relay", is_flag=True, help="Try the relay too: whatever hangs on it opens.")
def check(state: Path | None, config: Path | None, name: str | None, spec: str | None, relay: bool) -> None:
    """Light each part in turn and ask whether it was that one; exit 1 where one was not.

    Stop the gate first: while it runs, its lamps are its own.

    \b
    Example:
      kiosk lamp check
    """
    chosen = _lane(open_settings(config, state_places(state)).lane, name)
    wrong = []
    with closing(hardware.load("lamp", spec or chosen.lamp)) as lamp:
        if not isinstance(lamp, WiredLamp):
            raise SettingsError(_("%(lamp)s has no parts that could be tried", lamp=spec or chosen.lamp))
        for part in lamp.parts:
            if part == RELAY and not relay:
                click.echo(_("relay: not tried; --relay does, and opens whatever hangs on it"))
                continue
            lamp.light(part)
            asked = _("%(part)s: is this one on, and nothing else?", part=words.say(words.LAMP_PARTS, part))
            if not click.confirm(asked):
                wrong.append(part)
        lamp.show(LampPattern.OFF)
        if not click.confirm(_("Is everything off?")):
            wrong.append("off")
    for part in wrong:
        click.echo(_wrong(part), err=True)
    sys.exit(bool(wrong))


def _lane(lanes: tuple[Lane, ...], name: str | None) -> Lane:
    chosen = [lane for lane in lanes if name in (None, lane.name)]
    if not chosen:
        known = ", ".join(lane.name for lane in lanes)
        raise SettingsError(_("there is no lane %(name)s; known are %(known)s", name=name, known=known))
    return chosen[0]


def _wrong(part: str) -> str:
    """What to look at."""
    if part == "off":
        return _("something stays on: with boards that switch on at 0 V say active_low=yes")
    return _(
        "%(part)s: compare its line with the settings and with kiosk wiring; then its resistor, direction and ground",
        part=words.say(words.LAMP_PARTS, part),
    )
