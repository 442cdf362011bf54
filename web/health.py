"""Whether the pages can do their work, and how gate and devices are: for systemd, scripts and the technician."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from flask import Blueprint, Response, jsonify, render_template
from flask_login import current_user

from kiosk.core.view import DeviceView
from kiosk.locale import gettext as _
from kiosk.locale import words
from web.access import public
from web.asking import wants_html
from web.parts import parts

LEAST_FREE = 512 * 1024 * 1024  # bytes: as `kiosk check` wants them
SIMULATED = "simulated"

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("")
@public
def show() -> str | tuple[Response, int]:
    """200 when the pages work, whatever the gate does; 503 when they do not. Holds nothing personal."""
    at = parts()
    able = at.probe.works()
    view = at.gate.view
    if wants_html() and current_user.is_authenticated:
        disk = shutil.disk_usage(_there(at.places.state))
        return render_template(
            "health.html",
            able=able,
            view=view,
            devices=[(device, tuple(_told(device))) for device in view.devices] if view else [],
            free_gb=disk.free / 1e9,
            tight=disk.free < LEAST_FREE,
            version=version("checkpoint-kiosk"),
            now=at.now(),
        )
    devices = {device.name: device.state for device in view.devices} if view else {}
    body = {
        "web": "ok" if able else "no_database",
        "gate": "ok" if view else "silent",
        "said": _("The gate works.") if view else words.answer("gate_silent"),
        "devices": devices,
        "conditions": [condition.condition for condition in view.conditions] if view else [],
        "out_of_order": sorted({reason.value for lane in view.lanes for reason in lane.out_of_order}) if view else [],
        "rules": view.rules if view else "",
    }
    return jsonify(body), 200 if able else 503


def _told(device: DeviceView) -> Iterator[str]:
    """What else there is to say about a device, in words; nothing that is empty, and no path of a simulation."""
    driver = device.driver.partition(":")[0]
    simulated = driver == SIMULATED
    if driver and not simulated:
        yield device.driver
    if device.detail and not simulated:
        yield device.detail
    if device.reading:
        yield _("last: %(reading)s", reading=device.reading)
    yield from (f"{name} {value}" for name, value in device.facts.items() if value)
    for kind, count in sorted(device.errors.items()):
        yield _("%(fault)s: %(count)s times since the start", fault=words.say(words.DEVICE_STATES, kind), count=count)


def _there(folder: Path) -> Path:
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
