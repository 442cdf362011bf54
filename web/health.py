"""Whether the pages can do their work, and how gate and devices are: for systemd, scripts and the technician."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from flask import Blueprint, Response, jsonify, render_template
from flask_login import current_user

from kiosk.core.spec import Spec
from kiosk.core.view import DeviceView
from kiosk.locale import gettext as _
from kiosk.locale import words
from kiosk.settings import Settings
from web.access import public
from web.asking import wants_html
from web.parts import parts

LEAST_FREE = 512 * 1024 * 1024  # bytes: as `kiosk check` wants them
SIMULATED = "simulated"
KINDS = ("camera", "thermometer", "lamp", "voice", "buttons", "presence", "tamper", "hand_scanner")  # of a lane
ON_LINES = frozenset({"lamp", "buttons", "presence", "tamper"})  # of the 40-pin header
TRIED_BY = {"thermometer": "kiosk thermometer show", "lamp": "kiosk lamp check", "camera": "kiosk camera aim"}

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("")
@public
def show() -> str | tuple[Response, int]:
    """200 when the pages work, whatever the gate does; 503 when they do not. Holds nothing personal."""
    at = parts()
    able = at.probe.works()
    view = at.gate.view
    if wants_html() and current_user.is_authenticated:
        devices = view.devices if view else _configured(at.settings)
        disk = shutil.disk_usage(_there(at.places.state))
        return render_template(
            "health.html",
            able=able,
            view=view,
            devices=[(device, tuple(_told(device))) for device in devices],
            buses=_buses(devices),
            free_gb=disk.free / 1e9,
            tight=disk.free < LEAST_FREE,
            version=version("checkpoint-kiosk"),
            now=at.now(),
        )
    states = {device.name: device.state for device in view.devices} if view else {}
    body = {
        "web": "ok" if able else "no_database",
        "gate": "ok" if view else "silent",
        "said": _("The gate works.") if view else words.answer("gate_silent"),
        "devices": states,
        "conditions": [condition.condition for condition in view.conditions] if view else [],
        "out_of_order": sorted({reason.value for lane in view.lanes for reason in lane.out_of_order}) if view else [],
        "rules": view.rules if view else "",
    }
    return jsonify(body), 200 if able else 503


def _configured(settings: Settings) -> tuple[DeviceView, ...]:
    """What the settings name, where the gate does not tell how it is."""
    return tuple(
        DeviceView(name=kind, driver=driver, ok=False, state="unknown", lane=lane.name)
        for lane in settings.lane
        for kind in KINDS
        if (driver := getattr(lane, kind)) and driver != "none"
    )


def _told(device: DeviceView) -> Iterator[str]:
    """What else there is to say about a device, in words; nothing that is empty, and no path of a simulation."""
    spec = Spec.of(device.driver)
    simulated = spec.driver == SIMULATED
    if spec.driver and not simulated:
        yield device.driver
    if device.detail and not simulated:
        yield words.say(words.CLOCK_REASONS, device.detail) if device.name == "clock" else device.detail
    if device.reading:
        yield _("last: %(reading)s", reading=device.reading)
    for name, value in device.facts.items():
        if value and not (simulated and value == SIMULATED):
            yield f"{words.say(words.DEVICE_FACTS, name)} {words.say(words.FACT_VALUES, value)}"
    for kind, count in sorted(device.errors.items()):
        yield _("%(fault)s: %(count)s times since the start", fault=words.say(words.DEVICE_STATES, kind), count=count)
    if not simulated:
        yield from _to_do(device, spec)


def _to_do(device: DeviceView, spec: Spec) -> Iterator[str]:
    """Where its wires go, and how it is tried by hand."""
    if device.name == "thermometer" and spec.bus == "1" and "power" not in spec.given:
        yield _("Wiring: VDD to pin 1 (3.3 V), SDA to pin 3, SCL to pin 5, GND to pin 9.")
    lines = [f"{words.say(words.LAMP_PARTS, name)} GPIO{line}" for name, line in spec.lines.items()]
    if device.name in ON_LINES and lines:
        yield _("Wiring: %(lines)s, and GND.", lines=", ".join(lines))
    if device.name == "camera" and not device.ok:
        yield _("Is its cable in on both ends? A camera that the machine sees is listed as /dev/video….")
    if device.name in TRIED_BY:
        yield _("To try it: %(command)s", command=TRIED_BY[device.name])


def _buses(devices: Iterable[DeviceView]) -> dict[str, list[DeviceView]]:
    """Who of the kiosk's parts is on which I2C bus."""
    found: dict[str, list[DeviceView]] = {}
    for device in devices:
        if bus := Spec.of(device.driver).bus:
            found.setdefault(bus, []).append(device)
    return dict(sorted(found.items()))


def _there(folder: Path) -> Path:
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
