"""Whether the pages can do their work, and how gate and devices are: for systemd, scripts and the technician."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template
from flask_login import current_user

from kiosk.locale import gettext as _
from kiosk.locale import words
from web.access import public
from web.asking import wants_html
from web.parts import parts

blueprint = Blueprint("health", __name__, url_prefix="/health")


@blueprint.get("")
@public
def show() -> str | tuple[Response, int]:
    """200 when the pages work, whatever the gate does; 503 when they do not. Holds nothing personal."""
    at = parts()
    able = at.probe.works()
    view = at.gate.view
    if wants_html() and current_user.is_authenticated:
        return render_template("health.html", able=able, view=view)
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
