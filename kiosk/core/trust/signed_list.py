"""A list inside a signature (CMS): never taken as it is, because whose signature counts is not in the file.

`kiosk trust import --signed-by CERTIFICATE` verifies it and keeps what it holds.
"""

from __future__ import annotations

from base64 import b64encode

from kiosk.core.codecs import Rejected, cms, der
from kiosk.core.faults import SettingsError
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust

_WHY = {
    Reason.UNKNOWN_ISSUER: "neither this certificate nor its authority signed it",
    Reason.BAD_SIGNATURE: "its signature is wrong; get the list again from its publisher",
}


def recognises(data: bytes) -> bool:
    """The OID of a signed content."""
    return cms.is_signed(data)


def parse(data: bytes, name: str) -> Trust:  # noqa: ARG001 - it cannot be believed, whatever it holds
    """Raises SettingsError: who signed has to be said."""
    raise SettingsError(f"{name}: a signed list; say kiosk trust import --signed-by CERTIFICATE {name}")


def content(data: bytes, name: str, anchors: Trust) -> bytes:
    """What a signed list holds, in a form that the other kinds know. Raises SettingsError with file and reason."""
    try:
        held, _ = cms.unwrap(data, anchors)
    except Rejected as refusal:
        why = _WHY.get(refusal.reason, refusal.detail or refusal.reason.value)
        raise SettingsError(f"{name}: {why}") from refusal
    return _master_list(held) or held


def _master_list(held: bytes) -> bytes | None:
    """The certificates of an ICAO master list as PEM (Doc 9303-12 §9); None for what is none."""
    try:
        (number_tag, _), (set_tag, listed) = der.members(der.only(held, der.SEQUENCE))
        if (number_tag, set_tag) != (0x02, 0x31):
            return None
        blocks = [b64encode(der.encode(tag, body)).decode() for tag, body in der.members(listed)]
    except (Rejected, ValueError):
        return None
    return "".join(f"-----BEGIN CERTIFICATE-----\n{b}\n-----END CERTIFICATE-----\n" for b in blocks).encode()
