"""`kiosk thermometer`: what a lane's thermometer is and how it stands; its calibration; its emissivity."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import click

import hardware
from hardware.thermometers.mlx90614 import Mlx90614
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core import calibration
from kiosk.core.calibration import Agreement, Flaw, Method, Pair
from kiosk.core.faults import KioskError, SensorFault, SettingsError
from kiosk.core.model import Reading
from kiosk.core.ports import Thermometer
from kiosk.core.rules import Rules, TemperatureRules, parse
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.settings import Lane, Places, Settings
from kiosk.store import calibrations, durable

APART_S = 0.1  # between two readings of one comparison
WITHIN_S = 10.0  # so long readings may take until they agree


@click.group("thermometer")
def command() -> None:
    """Look after a lane's thermometer: compare it with a better one, see how it is set."""


lane_option = click.option("--lane", help="Which lane's; the first where it is left out.")


@command.command("show")
@state_option
@lane_option
@click.option("--thermometer", "spec", metavar="DRIVER[:ARG]", help="Another one than the settings name.")
def show(state: Path | None, config: Path | None, lane: str | None, spec: str | None) -> None:
    """What the part is, how it is set, what it reads, and how its calibration stands.

    \b
    Example:
      kiosk thermometer show
    """
    places = open_places(state)
    chosen = _lane(open_settings(config, places), lane)
    rules = _rules(places).temperature
    with _opened(spec or chosen.thermometer) as device:
        try:
            reading: Reading | SensorFault = device.read()
        except SensorFault as fault:
            reading = fault
        about = dict(device.about())
        if isinstance(device, Mlx90614) and "emissivity" not in about:
            about |= _as_set(device)
    for name, value in about.items():
        click.echo(f"{name}: {value}")
    record = calibrations.load(places.calibration(chosen.name))
    found = calibration.standing(record, rules, datetime.now(UTC), about.get("id", ""))
    click.echo(_("calibration: %(stands)s", stands=words.say(words.CALIBRATIONS, found)))
    if record is not None:
        until = calibration.expires(record, rules)
        click.echo(
            _(
                "  of %(day)s by %(who)s: %(result)s",
                day=f"{record.at:%Y-%m-%d}",
                who=record.by,
                result=_told(record.agreement),
            )
        )
        if until is not None:
            click.echo(_("  holds until %(day)s", day=f"{until:%Y-%m-%d}"))
    if isinstance(reading, SensorFault):
        raise reading
    click.echo(_("object %(object).1f °C, air %(air).1f °C", object=reading.object_c, air=reading.ambient_c))


@command.command("calibrate")
@state_option
@lane_option
@click.option("--thermometer", "spec", metavar="DRIVER[:ARG]", help="Another one than the settings name.")
@click.option(
    "--method", type=click.Choice([method.value for method in Method]), default="contact", show_default=True,
    help="Compare with a contact thermometer on people, or with a blackbody at two temperatures.",
)  # fmt: skip
@click.option("--reference", required=True, help="The better instrument: maker, type, number, own calibration.")
@click.option("--by", required=True, help="Who compares.")
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), help="Where to draw the result (.svg).")
def calibrate(
    state: Path | None,
    config: Path | None,
    lane: str | None,
    spec: str | None,
    method: str,
    reference: str,
    by: str,
    picture: Path | None,
) -> None:
    """Compare the thermometer with a better one and keep the result; at least six comparisons, an empty line ends.

    With a blackbody or a stirred bath: three times or more at each of two temperatures, as 35 and 39 °C. With a
    contact thermometer: people of all ages, each measured with both within a minute. The offset that this finds is
    not set by itself: enter it as temperature.model_offset_c in rules.toml.

    \b
    Example:
      kiosk thermometer calibrate --method blackbody --reference "BB35 no. 7" --by wang --picture today.svg
    """
    places = open_places(state)
    chosen = _lane(open_settings(config, places), lane)
    rules = _rules(places).temperature
    with _opened(spec or chosen.thermometer) as device:
        pairs = _compared(device, Method(method), rules)
        part = dict(device.about()).get("id", "")
    record = calibration.conclude(
        pairs, lane=chosen.name, driver=spec or chosen.thermometer, part=part, method=Method(method),
        reference=reference, by=by, at=datetime.now(UTC),
    )  # fmt: skip
    if isinstance(record, Flaw):
        raise KioskError(words.say(words.CALIBRATION_FLAWS, record))
    agreement = record.agreement
    calibrations.save(places.calibration(chosen.name), record)
    click.echo(_told(agreement))
    if picture is not None:
        picture.write_text(calibration.picture(pairs, agreement, words.calibration_picture()), encoding="utf-8")
        click.echo(str(picture))
    if not record.good:
        raise KioskError(
            _(
                "that is worse than a thermometer for people may be (±%(bias).1f °C); mend it, or set "
                "temperature.model_offset_c = %(offset).2f in rules.toml and compare again",
                bias=calibration.ALLOWED_BIAS_C,
                offset=calibration.offset(agreement, rules),
            )
        )
    click.echo(_("Kept. The next comparison is due in %(days)d days.", days=rules.calibration_days))


@command.command("emissivity")
@state_option
@lane_option
@click.argument("value", type=click.FloatRange(0.1, 1.0))
def emissivity(state: Path | None, config: Path | None, lane: str | None, value: float) -> None:
    """Write the emissivity into an MLX90614's memory, read it back, and note what was there.

    The memory takes it for years, and a power cut in this moment can spoil it: stop the gate first, and do it only
    where the maker of the mounting says so. It counts after the thermometer was switched off and on, and the
    settings must say the same: thermometer = "mlx90614:bus=1,emissivity=0.98".

    \b
    Example:
      kiosk thermometer emissivity 0.98
    """
    places = open_places(state)
    chosen = _lane(open_settings(config, places), lane)
    with _opened(chosen.thermometer) as device:
        part = _with_memory(device, chosen)
        before = part.emissivity()
        kept = _kept(places, chosen)
        if not kept.exists():  # what was there first is what restore goes back to
            kept.parent.mkdir(parents=True, exist_ok=True)
            durable.write(kept, json.dumps({"emissivity": before}).encode(), 0o640)
        part.write_emissivity(value)
    click.echo(_("%(before).3f before, %(now).3f now; switch the thermometer off and on", before=before, now=value))


@command.command("restore")
@state_option
@lane_option
def restore(state: Path | None, config: Path | None, lane: str | None) -> None:
    """Write the emissivity that an MLX90614 had before the first `kiosk thermometer emissivity`; 1.0 if nobody noted.

    \b
    Example:
      kiosk thermometer restore
    """
    places = open_places(state)
    chosen = _lane(open_settings(config, places), lane)
    kept = _kept(places, chosen)
    value = float(json.loads(kept.read_text())["emissivity"]) if kept.exists() else 1.0
    with _opened(chosen.thermometer) as device:
        _with_memory(device, chosen).write_emissivity(value)
    kept.unlink(missing_ok=True)
    click.echo(_("%(now).3f again; switch the thermometer off and on", now=value))


# --- What they share ----------------------------------------------------------------------------------------


def _compared(device: Thermometer, method: Method, rules: TemperatureRules) -> list[Pair]:
    """The technician's comparisons, one after the other, until an empty line."""
    pairs: list[Pair] = []
    while True:
        asked = _("%(number)d. What does the better instrument show, in °C? (empty: done)", number=len(pairs) + 1)
        text = click.prompt(asked, default="", show_default=False).strip()
        if not text:
            return pairs
        try:
            reference_c = float(text.replace(",", "."))
        except ValueError:
            click.echo(_("%(text)s is no temperature, such as 36.6", text=text))
            continue
        if not 20 <= reference_c <= 50:
            click.echo(_("%(text)s is no temperature, such as 36.6", text=text))
            continue
        try:
            object_c, ambient_c = settled(device, rules)
        except SensorFault as fault:
            click.echo(str(fault))
            continue
        pairs.append(calibration.pair(reference_c, object_c, ambient_c, method, rules))
        measured_c = pairs[-1].measured_c
        click.echo(_("  here: %(measured).2f °C, %(less)+.2f", measured=measured_c, less=measured_c - reference_c))


def settled(
    device: Thermometer,
    rules: TemperatureRules,
    sleep: Callable[[float], None] = time.sleep,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> tuple[float, float]:
    """Medians of object and air of so many readings that agree, °C. Raises SensorFault where they do not in time."""
    window: list[Reading] = []
    until_s = monotonic_s() + WITHIN_S
    while True:
        window = [*window, device.read()][-rules.samples :]
        objects = [reading.object_c for reading in window]
        if len(window) == rules.samples and max(objects) - min(objects) <= rules.spread_c:
            return median(objects), median(reading.ambient_c for reading in window)
        if monotonic_s() > until_s:
            raise SensorFault("bus", _("the readings do not settle; hold it still, out of the wind"))
        sleep(APART_S)


def _told(agreement: Agreement) -> str:
    return _(
        "bias %(bias)+.2f °C, spread %(spread).2f °C, limits of agreement %(lower)+.2f to %(upper)+.2f °C",
        bias=agreement.bias_c,
        spread=agreement.spread_c,
        lower=agreement.lower_c,
        upper=agreement.upper_c,
    )


def _lane(settings: Settings, name: str | None) -> Lane:
    for lane in settings.lane:
        if name in (None, lane.name):
            return lane
    known = ", ".join(lane.name for lane in settings.lane)
    raise SettingsError(_("there is no lane %(name)s; known are %(known)s", name=name, known=known))


def _rules(places: Places) -> Rules:
    return parse(places.rules.read_bytes(), str(places.rules)) if places.rules.exists() else Rules()


def _opened(spec: str) -> closing[Thermometer]:
    return closing(hardware.load("thermometer", spec))


def _with_memory(device: Thermometer, lane: Lane) -> Mlx90614:
    if not isinstance(device, Mlx90614):
        raise SettingsError(
            _("%(spec)s keeps no emissivity of its own; set it in the settings: emissivity=…", spec=lane.thermometer)
        )
    return device


def _as_set(device: Mlx90614) -> dict[str, str]:
    try:
        return {"emissivity": f"{device.emissivity():.3f}"}
    except SensorFault:
        return {}


def _kept(places: Places, lane: Lane) -> Path:
    """What was in the part's memory before anybody wrote to it."""
    return places.logbook.with_name(f"thermometer-{lane.name}.json")
