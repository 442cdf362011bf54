"""`kiosk wiring`: a picture of what goes to which pin of the 40-pin header, drawn from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

import click

from kiosk.cli._options import device_options, open_places, open_settings, state_option, with_devices
from kiosk.core.faults import SettingsError
from kiosk.core.spec import Spec
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.settings import Lane

# The header's pins from 1 to 40; GPIO numbers as "17".
PINS = [
    "3V3", "5V", "2", "5V", "3", "GND", "4", "14", "GND", "15", "17", "18", "27", "GND", "22", "23", "3V3", "24", "10",
    "GND", "9", "25", "11", "8", "GND", "7", "ID", "ID", "5", "GND", "6", "12", "13", "GND", "19", "16", "26", "20",
    "GND", "21",
]  # fmt: skip
COLOURS = {"green": "#080", "amber": "#d80", "red": "#c00", "blue": "#06c", "GND": "#222", "SDA": "#06c", "SCL": "#090"}
ROW, TOP, ODD, EVEN, RADIUS = 27, 70, 560, 620, 9  # of the drawn header, in pixels
BOX_LEFT, BOX_WIDE, BOX_HEAD, BOX_ROW = 20, 250, 44, 24
WIDE = 900
ROOM = 200  # between boxes and header, for wires to bend in


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire from a part to a pin."""

    label: str
    pin: int  # 1 to 40

    @property
    def gpio(self) -> str:
        """What the pin is called."""
        name = PINS[self.pin - 1]
        return f"GPIO{name}" if name.isdecimal() else name


def wires(lane: Lane) -> dict[str, list[Wire]]:
    """The wires of each part of a lane. Raises SettingsError for a line that the header does not have."""
    grounds = iter((9, 25, 39, 6, 14, 20, 30, 34))
    parts = {
        "thermometer": _thermometer(lane.thermometer),
        "lamp": _lines(lane.lamp),
        "buttons": _lines(lane.buttons),
        "presence": _presence(lane.presence),
        "tamper": _lines(lane.tamper),
    }
    return {kind: [*found, Wire("GND", next(grounds))] for kind, found in parts.items() if found}


def _thermometer(spec: str) -> list[Wire]:
    """I2C bus 1 is on fixed pins; another bus is where its overlay says."""
    named = Spec.of(spec)
    if not named.bus and named.driver != "iio":
        return []
    power = Wire("VDD 3.3 V", _pin(named.given["power"]) if "power" in named.given else 1)
    return [power, Wire("SDA", 3), Wire("SCL", 5)] if named.given.get("bus", "1") == "1" else [power]


def _lines(spec: str) -> list[Wire]:
    return [Wire(key, _pin(line)) for key, line in Spec.of(spec).lines.items()]


def _presence(spec: str) -> list[Wire]:
    """A sensor of its own lines, or one on the thermometer's bus that the kernel drives."""
    driver = Spec.of(spec).driver
    if driver == "simulated":
        return []
    if driver == "iio":
        return [Wire("VDD 3.3 V", 17), Wire("SDA", 3), Wire("SCL", 5)]
    found = _lines(spec)
    return [Wire("VCC 3.3 V", 17), *found] if found else []


def _pin(gpio: str) -> int:
    if gpio not in PINS:
        raise SettingsError(_("GPIO%(number)s is not on the header; lines are 2 to 27", number=gpio))
    return PINS.index(gpio) + 1


# --- The picture --------------------------------------------------------------------------------------------


def picture(lane: Lane) -> str:
    """The lane's wiring as SVG."""
    parts = wires(lane)
    taken = {wire.pin for found in parts.values() for wire in found}
    title = _("Wiring of lane %(lane)s to the 40-pin header", lane=lane.name)
    heights = {kind: BOX_HEAD + BOX_ROW * len(found) + 8 for kind, found in parts.items()}
    tall = max(710, 20 + sum(high + 16 for high in heights.values()) + 40)
    drawn = [f"<title>{escape(title)}</title>", f'<rect width="{WIDE}" height="{tall}" fill="#fff"/>', *_header(taken)]
    y = 20
    number, apart = 0, min(13, ROOM // max(1, sum(map(len, parts.values()))))
    for kind, found in parts.items():
        drawn += _box(kind, found, getattr(lane, kind), y, heights[kind], number, apart)
        number += len(found)
        y += heights[kind] + 16
    drawn.append(
        _text(20, tall - 30, _("Lamps of 12 V or 24 V: through a driver or relay, never from a GPIO line."), size=12)
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {tall}" font-family="sans-serif" role="img">'
    return "\n".join([head, *drawn, "</svg>"]) + "\n"


def _header(taken: set[int]) -> Iterator[str]:
    high = ROW * 20 + 30
    yield f'<rect x="530" y="45" width="120" height="{high}" rx="8" fill="#eef3ee" stroke="#345"/>'
    for pin, name in enumerate(PINS, start=1):
        x, y = _place(pin)
        fill = "#fc6" if pin in taken else "#fff"
        yield f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="{fill}" stroke="#345"/>'
        yield _text(x, y + 4, str(pin), anchor="middle", size=10)
        called = f"GPIO{name}" if name.isdecimal() else name
        if pin % 2 == 0:
            yield _text(660, y + 4, called, colour="#000" if pin in taken else "#888")


def _box(kind: str, found: list[Wire], spec: str, y: int, high: int, number: int, apart: int) -> Iterator[str]:
    """One part; its wires bend `apart` pixels from each other, after the `number` of the parts above."""
    yield f'<rect x="{BOX_LEFT}" y="{y}" width="{BOX_WIDE}" height="{high}" rx="6" fill="#f6f6fb" stroke="#345"/>'
    yield _text(BOX_LEFT + 12, y + 18, words.say(words.DEVICES, kind), bold=True)
    yield _text(BOX_LEFT + 12, y + 34, spec if len(spec) < 44 else f"{spec[:41]}…", size=10, colour="#444")
    for row, wire in enumerate(found):
        from_y = y + BOX_HEAD + BOX_ROW * row + 8
        to_x, to_y = _place(wire.pin)
        step = len(found) - 1 - row if to_y > from_y else row  # so that wires of one part do not cross
        bend_x = BOX_LEFT + BOX_WIDE + 16 + apart * (number + step)
        end = f"V{to_y} H{ODD - RADIUS}" if wire.pin % 2 else f"V{to_y - ROW // 2} H{to_x - 20} L{to_x - 7} {to_y - 6}"
        colour = COLOURS.get(wire.label, "#333")
        way = f"M{BOX_LEFT + BOX_WIDE} {from_y} H{bend_x} {end}"
        yield f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield _text(BOX_LEFT + BOX_WIDE - 10, from_y + 4, wire.label, anchor="end")
        yield _text(ODD - 36, to_y - 3 if wire.pin % 2 else to_y - ROW // 2 - 3, wire.gpio, anchor="end", size=10)


def _place(pin: int) -> tuple[int, int]:
    return (ODD if pin % 2 else EVEN), TOP + ROW * ((pin - 1) // 2)


def _text(
    x: float, y: float, said: str, *, anchor: str = "start", size: int = 13, colour: str = "#000", bold: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}>{escape(said)}</text>'
    )


@click.command("wiring", short_help="Draw which part goes to which pin.")
@state_option
@device_options
@click.option("--lane", "name", help="Which lane; the first where it is left out.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to draw it (.svg); else printed.")
def command(state: Path | None, config: Path | None, name: str | None, out: Path | None, **devices: str | None) -> None:
    """Draws the wiring of a lane as the settings have it, for whoever connects or mends it.

    \b
    Example:
      kiosk wiring --out wiring.svg
    """
    settings = with_devices(open_settings(config, open_places(state)), devices)
    chosen = [lane for lane in settings.lane if name in (None, lane.name)]
    if not chosen:
        known = ", ".join(lane.name for lane in settings.lane)
        raise SettingsError(_("there is no lane %(name)s; known are %(known)s", name=name, known=known))
    drawn = picture(chosen[0])
    if out is None:
        click.echo(drawn, nl=False)
    else:
        out.write_text(drawn, encoding="utf-8")
        click.echo(str(out))
