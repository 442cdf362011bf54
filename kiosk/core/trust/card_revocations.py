"""What an issuer of SMART Health Cards took back, one list a key.

`{"kid", "method": "rid", "ctr", "rids": ["id" or "id.seconds", ...]}`: with seconds, only cards issued up to then are
meant. Source: SMART Health Cards Framework 1.4, "Revocation".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from kiosk.core.codecs import malformed, strict_json
from kiosk.core.trust import Trust

SCHEME = "smart_health_card"
_ID = re.compile(r"([A-Za-z0-9_-]{1,24})(?:\.([0-9]{1,11}))?")


def recognises(data: bytes) -> bool:
    """The name of its list, which a directory's snapshot holds too, beside its keys."""
    return data.lstrip()[:1] == b"{" and b'"rids"' in data and b'"issuerInfo"' not in data


def parse(data: bytes, name: str) -> Trust:  # noqa: ARG001 - every kind of list is told its name
    """The list. Every entry counts or none. Raises Rejected(MALFORMED)."""
    return taken_back(strict_json.decode(data))


def taken_back(tree: Any) -> Trust:
    """One key's list out of its JSON. Every entry counts or none. Raises Rejected(MALFORMED)."""
    match tree:
        case {"kid": str(kid), "method": "rid", "rids": list(rids)}:
            pass
        case _:
            raise malformed("not a list of cards that were taken back")
    denied, until = set(), {}
    for number, rid in enumerate(rids, start=1):
        match = _ID.fullmatch(rid) if isinstance(rid, str) else None
        if match is None:
            raise malformed(f"entry {number} is not an id")
        credential = f"{SCHEME}:{kid}/{match[1]}"
        if match[2] is None:
            denied.add(credential)
        else:
            until[credential] = datetime.fromtimestamp(int(match[2]), UTC)
    return Trust(denied=frozenset(denied), denied_until=until)
