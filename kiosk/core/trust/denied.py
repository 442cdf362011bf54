"""The deny list: credentials that were taken back, by format and id.

`{"kiosk_deny": 1, "as_of": "ISO 8601"?, "denied": ["eu_dcc:URN:UVCI:...", "local_pass:0123456789abcdef", ...],
"venues": [{"venue": "venue:market-hall", "from": "ISO 8601"?, "until": "ISO 8601"?}, ...]?}`
"""

from __future__ import annotations

from kiosk.core.codecs import Rejected, cwt, malformed, strict_json
from kiosk.core.faults import SettingsError
from kiosk.core.marks import Flag
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
    return Trust(
        denied=frozenset(entries),
        flagged=_flagged(tree.get("venues", []), name),
        as_of=cwt.instant(as_of) if isinstance(as_of, str) else None,
    )


def _flagged(entries: object, name: str) -> dict[str, tuple[Flag, ...]]:
    """The times in which each place is flagged, by `format:id`."""
    flags: dict[str, tuple[Flag, ...]] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
        match entry:
            case {"venue": str(venue), **times} if all(venue.partition(":")[::2]) and times.keys() <= {"from", "until"}:
                since, until = (times.get(each) for each in ("from", "until"))
            case _:
                raise SettingsError(f"{name}: venues, entry {number} is not `format:id` with `from` and `until`")
        try:
            flag = Flag(*(None if moment is None else cwt.instant(str(moment)) for moment in (since, until)))
        except Rejected as error:
            raise SettingsError(f"{name}: venues, entry {number}: {error.detail}") from error
        flags[venue] = (*flags.get(venue, ()), flag)
    return flags
