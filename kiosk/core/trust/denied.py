"""The deny list: credentials that were taken back, by format and id.

`{"kiosk_deny": 1, "as_of": "ISO 8601"?, "denied": ["eu_dcc:URN:UVCI:...", "local_pass:0123456789abcdef", ...]}`
"""

from __future__ import annotations

from kiosk.core.codecs import cwt, malformed, strict_json
from kiosk.core.faults import SettingsError
from kiosk.core.trust import Trust


def recognises(data: bytes) -> bool:
    """The name of its first member."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and b'"kiosk_deny"' in data[:200]


def parse(data: bytes, name: str) -> Trust:
    """The list. Every entry counts or none: a deny list with a hole would let somebody in.

    Raises Rejected(MALFORMED), or SettingsError naming the entry.
    """
    match strict_json.decode(data):
        case {"kiosk_deny": 1, "denied": list(entries)} as tree if all(isinstance(entry, str) for entry in entries):
            pass
        case _:
            raise malformed("not a deny list of version 1")
    for number, entry in enumerate(entries, start=1):
        if not all(entry.partition(":")[::2]):
            raise SettingsError(f"{name}: entry {number} is not `format:id`")
    as_of = tree.get("as_of")
    return Trust(denied=frozenset(entries), as_of=cwt.instant(as_of) if isinstance(as_of, str) else None)
