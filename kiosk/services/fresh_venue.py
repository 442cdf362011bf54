"""The fresh check-in code on the gate's screen: signed anew every so often by the pages' process, which has the key."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kiosk.core.faults import SettingsError
from kiosk.core.formats import community_code, venue
from kiosk.locale import gettext as _
from kiosk.settings import Places, Settings
from kiosk.store import pass_keys

MINUTE = timedelta(minutes=1)


class FreshVenue:
    """Codes of this post, each of which holds for a little longer than it is shown: a photograph is soon worthless."""

    def __init__(self, settings: Settings, at: Places, say: Callable[[str], None] = print) -> None:
        self._settings, self._at, self._say = settings, at, say
        self._guard = threading.Lock()
        self._period, self._text, self._trouble = -1, "", ""

    def text(self, now: datetime) -> str:
        """The code of this moment; empty while its key cannot be used. All screens show the same."""
        period = int(now.timestamp()) // self._settings.venue.fresh_s
        with self._guard:
            if period != self._period:
                self._period, self._text = period, self._signed(period, now)
            return self._text

    def _signed(self, period: int, now: datetime) -> str:
        post, kiosk = self._settings.venue, self._settings.kiosk
        begins, each = datetime.fromtimestamp(period * post.fresh_s, UTC), timedelta(seconds=post.fresh_s)
        name = post.name or kiosk.place or post.id
        try:
            own = pass_keys.open_key(
                self._at.pass_keys, community_code.NAME if post.link else venue.NAME, kiosk.place or kiosk.id, now
            )
            if post.link:
                holds = -(-2 * each // MINUTE) * MINUTE  # such a code counts in whole minutes
                issuing = community_code.Issuing(post.link, secrets.token_hex(8), begins, holds)
                return community_code.issue_place(own.key, issuing, venue_id=post.id, name=name)
            return venue.issue(
                own.key, issuer=own.signer.issuer, venue_id=post.id, name=name,
                valid_from=begins, valid_until=begins + 2 * each,
            )  # fmt: skip
        except (SettingsError, ValueError) as error:
            if str(error) != self._trouble:  # once: the screen has more important things to say
                self._trouble = str(error)
                self._say(_("The screen shows no venue code: %(why)s", why=error))
            return ""
