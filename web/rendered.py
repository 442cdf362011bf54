"""The parts of the desk that change by themselves, rendered once for all desks that speak a language."""

from __future__ import annotations

import threading

import msgspec
from flask import render_template
from markupsafe import Markup

from kiosk import locale
from kiosk.core.view import DeskView, GateView

NAMES = ("banner", "direction", "visit", "recent", "status", "strip", "owed")
RECENT_AT_MOST = 30


def regions(view: GateView | None, lane: DeskView | None, *, with_token: bool, owed: int = 0) -> dict[str, Markup]:
    """Every part of the desk as HTML. `with_token`: for a page that must work without a script; `owed`: to review."""
    if lane is not None:
        lane = msgspec.structs.replace(lane, recent=lane.recent[:RECENT_AT_MOST])
    faulty = view is not None and any(not device.ok for device in view.devices)
    shown = NAMES if lane is not None else ("banner",)
    values = {"view": view, "lane": lane, "with_token": with_token, "faulty": faulty, "owed": owed}
    html = {name: render_template(f"desk/_{name}.html", **values) for name in shown}
    return dict.fromkeys(NAMES, Markup()) | {name: Markup(text) for name, text in html.items()}  # noqa: S704 - Jinja escaped it


class Rendered:
    """The newest parts of each lane in each language, so that twenty desks cost what one costs."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[object, dict[str, Markup]]] = {}

    def regions(
        self, view: GateView | None, lane: DeskView | None, language: str, minute: str, owed: int = 0
    ) -> dict[str, Markup]:
        """The parts for `view`, rendered anew only when something that they show has changed."""
        place = (language, lane.lane if lane else "")
        key = _essence(view, lane, minute), owed
        with self._guard:
            kept = self._kept.get(place)
            if kept is None or kept[0] != key:
                locale.use(language)
                kept = self._kept[place] = key, regions(view, lane, with_token=False, owed=owed)
        return kept[1]


def _essence(view: GateView | None, lane: DeskView | None, minute: str) -> object:
    """What of a view is shown: neither its number nor its time, nor how far a measurement has come."""
    if view is None or lane is None:
        return None
    still = msgspec.structs.replace(lane, resident=msgspec.structs.replace(lane.resident, progress=None))
    choices = minute if view.conditions else ""
    return (still, view.conditions, view.devices, view.counts, view.evacuating_since, view.simulated, choices)
