"""The venue codes of Switzerland's NotifyMe: a place as Protocol Buffers behind a link's `#`, in three layouts.

Source: NotifyMe qrMessage (before versions), CrowdNotifier qr_v2.proto (QRCodeEntry) and qr_v3.proto (QRCodePayload).
The first layout has a signature, but by a key that stands in the same code: it says nothing about whose code it is.
"""

from __future__ import annotations

import re
from hashlib import sha256

from kiosk.core.codecs import crowd_notifier, malformed, plain, protobuf
from kiosk.core.model import Kind, VenueCode
from kiosk.core.trust import Trust

NAME = "notify_me"
KIND = Kind.VENUE
PREFIXES = ("https://qr.notify-me.ch",)

_LINK = re.compile(r"https://qr\.notify-me\.ch/?(?:\?v=([1-4]))?#([A-Za-z0-9_=-]+)")
NAME_V2, LOCATION_V2, ROOM_V2, BEGINS_V2, ENDS_V2 = 1, 2, 3, 6, 7  # times in ms


def decode(text: str, trust: Trust) -> VenueCode:  # noqa: ARG001 - nothing in it proves whose it is
    """The place on the poster. Raises Rejected(MALFORMED)."""
    match = _LINK.fullmatch(text)
    if match is None:
        raise malformed("NotifyMe: another link")
    payload = plain.base64url(match[2])
    version = int(match[1] or 1)
    if version <= 2:
        return _entry(payload, first=version == 1)
    name, facts = crowd_notifier.place(payload)
    return VenueCode(NAME, "", sha256(payload).hexdigest(), name, facts=facts)


def _entry(payload: bytes, *, first: bool) -> VenueCode:
    """Layouts one and two: a version, the place, a key; in the first the place's own fields begin two later."""
    entry = protobuf.decode(payload)
    place = entry.message(2)
    later = 2 if first else 0
    name = plain.words(place.text(NAME_V2 + later))
    if not entry.number(1) or not name:
        raise malformed("NotifyMe: no place")
    begins, ends = (0, 0) if first else (place.number(BEGINS_V2) // 1000, place.number(ENDS_V2) // 1000)
    facts = {
        "address": plain.words(place.text(LOCATION_V2 + later)),
        "room": plain.words(place.text(ROOM_V2 + later)),
        "begins": crowd_notifier.moment(begins),
        "ends": crowd_notifier.moment(ends),
    }
    facts = {fact: value for fact, value in facts.items() if value}
    return VenueCode(NAME, "", sha256(payload).hexdigest(), name, facts=facts)
