"""The place in a CrowdNotifier code, which the apps of several countries share. Not signed.

Source: CrowdNotifier, qr_v3.proto (QRCodePayload); Corona-Warn-App, "Event registration".
"""

from __future__ import annotations

from datetime import UTC, datetime

from kiosk.core.codecs import malformed, plain, protobuf
from kiosk.core.entry import iso

PAYLOAD_VERSION, LOCATION, CROWD = 1, 2, 3
DESCRIPTION, ADDRESS, BEGINS, ENDS = 2, 3, 4, 5
PUBLIC_KEY = 2
EARLIEST, LATEST = 1_577_836_800, 4_102_444_800  # seconds of 2020 and 2100: outside, a number is not a time


def place(data: bytes) -> tuple[str, dict[str, str]]:
    """The name of the place in a payload, and what else the code says. Raises Rejected(MALFORMED).

    An event's times are told and not judged: whoever prints a code that nobody signed can write any.
    """
    payload = protobuf.decode(data)
    where, crowd = payload.message(LOCATION), payload.message(CROWD)
    name = plain.words(where.text(DESCRIPTION))
    if not payload.number(PAYLOAD_VERSION) or not name or not crowd.data(PUBLIC_KEY):
        raise malformed("CrowdNotifier: no place")
    facts = {
        "address": plain.words(where.text(ADDRESS)),
        "begins": moment(where.number(BEGINS)),
        "ends": moment(where.number(ENDS)),
    }
    return name, {fact: value for fact, value in facts.items() if value}


def moment(seconds: int) -> str:
    """Seconds since 1970 as ISO 8601; empty for what is no time."""
    return iso(datetime.fromtimestamp(seconds, UTC)) if EARLIEST <= seconds < LATEST else ""
