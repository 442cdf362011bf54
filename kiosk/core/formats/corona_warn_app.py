"""The venue codes of Germany's Corona-Warn-App: a place as Protocol Buffers behind a link's `#`. Not signed.

Source: Corona-Warn-App documentation, "Event registration", §QR code structure. The id of a place is the one that the
app itself computes: SHA-256 over `CWA-GUID` and the payload.
"""

from __future__ import annotations

from hashlib import sha256

from kiosk.core.codecs import crowd_notifier, plain
from kiosk.core.model import Kind, VenueCode
from kiosk.core.trust import Trust

NAME = "corona_warn_app"
KIND = Kind.VENUE
PREFIXES = ("https://e.coronawarn.app?v=1#",)


def decode(text: str, trust: Trust) -> VenueCode:  # noqa: ARG001 - nothing in it is signed
    """The place on the poster. Raises Rejected(MALFORMED)."""
    payload = plain.base64url(text.removeprefix(PREFIXES[0]))
    name, facts = crowd_notifier.place(payload)
    return VenueCode(NAME, "", sha256(b"CWA-GUID" + payload).hexdigest(), name, facts=facts)
