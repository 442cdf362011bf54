"""What one open resident's screen is told as things change: its face, the hour, what is announced, pictures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from kiosk.core.view import DeskView, GateView
from kiosk.locale.words import SILENT
from kiosk.printing.code import shape
from kiosk.settings import ScreenSection
from web.parts import Parts
from web.streams import event


def lane_of(view: GateView | None, name: str) -> DeskView | None:
    """The lane called `name`, else the first; None without a fresh view."""
    if view is None or not view.lanes:
        return None
    return next((lane for lane in view.lanes if lane.lane == name), view.lanes[0])


class ScreenNews:
    """What one screen was told already."""

    def __init__(self, at: Parts, lane: str) -> None:
        self._at = at
        self._lane = lane
        self._told: dict[str, object] = {}
        self._picture = 0

    def since(self) -> Iterator[str]:
        """What changed since the last call."""
        view, now = self._at.gate.view, self._at.now()
        lane = lane_of(view, self._lane)
        news = {"face": _face(lane), "venue": venue(self._at), "hour": hour(self._at, now)}
        if self._at.settings.web.one_screen:
            news["waits"] = waits(view, lane)
        for name, value in news.items():
            if name not in self._told or self._told[name] != value:
                self._told[name] = value
                yield event(name, payload(lane, now) if name == "face" else value)
        if lane and self._at.settings.web.picture:
            number, jpeg = self._at.gate.picture(lane.lane)
            if jpeg and number != self._picture:
                self._picture = number
                yield event("picture", b64encode(jpeg).decode())


def _face(lane: DeskView | None) -> object:
    return (lane.resident, lane.called_since) if lane else SILENT


def payload(lane: DeskView | None, now: datetime) -> dict[str, object]:
    """The face and what belongs to it; never a name or a reason."""
    if lane is None:
        return {"face": SILENT}
    resident = lane.resident
    hint = getattr(resident, "hint", None)
    return {
        "face": resident.face.value,
        "direction": resident.direction.value,
        "initials": resident.initials,
        "progress": resident.progress,
        "companions": resident.companions,
        "closes_s": None if resident.until is None else max(0.0, (resident.until - now).total_seconds()),
        "hint": str(hint) if hint else "",
        "called": lane.called_since is not None,
    }


def waits(view: GateView | None, lane: DeskView | None) -> dict[str, bool]:
    """What the strip of one-screen mode says to whoever passes: that something waits for the volunteer, never what."""
    conditions = view.conditions if view is not None and lane is not None else ()
    return {
        "call": lane is not None and lane.called_since is not None,
        "decision": any(condition.remedies and condition.decision is None for condition in conditions),
    }


def hour(at: Parts, now: datetime) -> dict[str, object]:
    """Whether it is night at the gate, and what is announced at this hour, in Chinese and English."""
    local = now.astimezone(ZoneInfo(at.settings.kiosk.timezone)).time()
    return {"night": is_night(at.settings.screen, local), "announced": announced(at.settings.screen, local)}


def is_night(screen: ScreenSection, local: time) -> bool:
    """Whether the screen is dark and quiet at this local time."""
    return _within(screen.dark_from, screen.dark_until, local)


def announced(screen: ScreenSection, local: time) -> list[list[str]]:
    """The announcements of this local time: pairs of Chinese and English."""
    parts = (line.split(" | ") for line in screen.announcements)
    return [[chinese, english] for when, chinese, english in parts if _within(when[:5], when[6:], local)]


def _within(since: str, until: str, local: time) -> bool:
    """Whether a time lies in a stretch that may lead over midnight; an empty stretch holds none."""
    at = f"{local:%H:%M}"
    return since <= at < until if since <= until else at >= since or at < until


def venue(at: Parts) -> dict[str, object] | None:
    """The drawing of the fresh check-in code; None where none is shown."""
    text = at.venue(at.now()) if at.venue else ""
    return _drawn(text) if text else None


@lru_cache(maxsize=2)  # the one of this moment, for every screen
def _drawn(text: str) -> dict[str, object]:
    path, modules = shape(text)
    return {"path": path, "modules": modules}
