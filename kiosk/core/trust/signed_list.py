"""A list under a signature: never taken as it is, because whose signature counts is not in the file.

Three forms are published: CMS around a list (ICAO master lists among them); one line of base64 with an ECDSA P-256
signature (r and s) over the JSON below it, as Germany's list of signers had it; and JSON whose entries are signed one
by one in CMS, as the EU's gateway gives certificates (`signature` over `rawData`) and country rules (`cms`).
`kiosk trust import --signed-by CERTIFICATE` verifies each and keeps what it holds.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from kiosk.core.codecs import Rejected, cms, cose, der, malformed, strict_json
from kiosk.core.faults import SettingsError
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust

_WHY = {
    Reason.UNKNOWN_ISSUER: "neither this certificate nor its authority signed it",
    Reason.BAD_SIGNATURE: "its signature is wrong; get the list again from its publisher",
}
_LINE = re.compile(rb"\A([A-Za-z0-9+/]{86}==)[ \t]*\r?\n(?=\s*[\[{])")
_RULES = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*[\[{].*"cms"\s*:\s*"', re.DOTALL)
_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Held:
    """What a signed list holds, in a form that the other kinds know, and when it was signed, where that is told."""

    data: bytes
    at: datetime | None = None
    notes: tuple[str, ...] = ()  # one line for every entry whose signature does not hold


def recognises(data: bytes) -> bool:
    """A signed content's OID, a line of signature, or rules signed one by one."""
    return cms.is_signed(data) or _LINE.match(data) is not None or _is_signed_rules(data)


def parse(data: bytes, name: str) -> Trust:  # noqa: ARG001 - it cannot be believed, whatever it holds
    """Raises SettingsError: who signed has to be said."""
    raise SettingsError(f"{name}: a signed list; say kiosk trust import --signed-by CERTIFICATE {name}")


def anchors(known: Trust) -> Trust:
    """`known` as the signers of lists, and nothing else."""
    once = {(s.kid, s.authority): replace(s, scheme=cms.SCHEME) for s in known.signers}
    return Trust(signers=tuple(once.values()))


def content(data: bytes, name: str, known: Trust) -> Held:
    """What a signed list holds, its signature made by a key of `known`, or by one that an authority of it made.

    Raises SettingsError with file and reason.
    """
    try:
        if cms.is_signed(data):
            signed = cms.unwrap(data, known)
            return Held(_master_list(signed.content) or signed.content, signed.at)
        if line := _LINE.match(data):
            return Held(_under_line(b64decode(line[1]), data[line.end() :].strip(), known))
        tree = strict_json.decode(data, depth=_MAX_DEPTH)
        return _rules(tree, known) if _is_signed_rules(data) else _certificates(tree, name, known)
    except Rejected as refusal:
        why = _WHY.get(refusal.reason, refusal.detail or refusal.reason.value)
        raise SettingsError(f"{name}: {why}") from refusal


def _is_signed_rules(data: bytes) -> bool:
    return _RULES.match(data) is not None and b'"rawData"' not in data


def _under_line(signature: bytes, covered: bytes, known: Trust) -> bytes:
    keys = [s.key for s in known.keys(cms.SCHEME) if isinstance(s.key, EllipticCurvePublicKey)]
    if not keys:
        raise Rejected(Reason.UNKNOWN_ISSUER)
    if not any(cose.made(key, cose.Algorithm.ES256, signature, covered) for key in keys):
        raise Rejected(Reason.BAD_SIGNATURE)
    return covered


def _certificates(tree: Any, name: str, known: Trust) -> Held:
    """A gateway's list, without the entries whose certificate nobody of `known` signed."""
    entries = tree.get("certificates") if isinstance(tree, dict) else tree
    if not isinstance(entries, list) or not any(isinstance(e, dict) and "signature" in e for e in entries):
        raise malformed("it is not signed, although its signer was named, now or at an earlier import")
    kept, notes = [], []
    for number, entry in enumerate(entries, start=1):
        try:
            cms.unwrap(_bytes(entry, "signature"), known, beside=_bytes(entry, "rawData"))
        except Rejected as refusal:
            notes.append(f"{name}: entry {number}: left out: {_WHY.get(refusal.reason, refusal.detail)}")
        else:
            kept.append(entry)
    if not kept:
        raise SettingsError(notes[0])
    return Held(json.dumps(kept).encode(), notes=tuple(notes))


def _rules(tree: Any, known: Trust) -> Held:
    """The rules of `{"id": [{"cms"}, ...]}` or `[{"cms"}, ...]` as one list of rules. All count or none."""
    groups: Iterable[Any] = tree.values() if isinstance(tree, dict) else [tree]
    signed = [
        cms.unwrap(_bytes(entry, "cms"), known)
        for group in groups
        for entry in (group if isinstance(group, list) else [group])
    ]
    dates = [each.at for each in signed if each.at]
    rules = [strict_json.decode(each.content, depth=_MAX_DEPTH) for each in signed]
    if not rules:
        raise malformed("no rule in it")
    return Held(json.dumps(rules).encode(), max(dates, default=None))


def _bytes(entry: Any, member: str) -> bytes:
    try:
        return b64decode(entry[member], validate=True)
    except (binascii.Error, KeyError, TypeError, ValueError):
        raise malformed(f"its {member} is missing or not base64") from None


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
