"""What one open desk is told as things change at the gate."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from web import strip
from web.parts import Parts
from web.screen_news import lane_of
from web.streams import event

_SESSION_CHECK_TURNS = 15  # a stream looks so many turns apart whether its login still holds


class DeskNews:
    """What one desk was told already."""

    def __init__(self, at: Parts, lane: str, language: str, session: str, *, shared: bool = False) -> None:
        self._at = at
        self._lane = lane
        self._language = language
        self._session = session
        self._shared = shared  # the strip of the residents' display, which locks itself
        self._told: dict[str, str] = {}
        self._picture = 0
        self._turn = 0

    def since(self) -> Iterator[str]:
        """What changed since the last call."""
        self._turn += 1
        if self._has_ended():
            yield event("ended", None)
            return
        view = self._at.gate.view
        lane = lane_of(view, self._lane)
        minute = self._at.now().strftime("%H:%M")
        parts = self._at.rendered.regions(view, lane, self._language, minute, self._at.queue.count())
        changed = {name: html for name, html in parts.items() if self._told.get(name) != html}
        if lane is None:  # what was known stays, greyed; only the banner speaks
            changed = {name: html for name, html in changed.items() if name == "banner"}
        if changed:
            self._told |= changed
            yield event("parts", changed)
        if lane and self._at.settings.web.picture:
            number, jpeg = self._at.gate.picture(lane.lane)
            if jpeg and number != self._picture:
                self._picture = number
                yield event("picture", b64encode(jpeg).decode())

    def _has_ended(self) -> bool:
        if self._shared and not strip.goes_on(self._session, touched=False):
            return True
        looks = self._turn % _SESSION_CHECK_TURNS == 0
        return looks and self._at.desk.sessions.find(self._session, touch=False) is None
