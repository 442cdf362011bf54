"""Codes whose makers publish no key, or which only a service of theirs understands: known by name, and no further.

One line a kind. What is said of them is honest and useful: which code it is, and that the volunteer must look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kiosk.core.codecs import Rejected
from kiosk.core.model import Kind, OnlineCode, Refusal
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust

NAME = "recognised"
KIND = Kind.UNKNOWN
PREFIXES: tuple[str, ...] = ()

MAX_TEXT = 4296  # characters; what one QR code holds in its alphanumeric mode


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    kind: Kind
    reason: Reason  # UNSUPPORTED: it could be verified, but not here; ONLINE_REQUIRED: by its service alone
    pattern: re.Pattern[str]


def _known(name: str, kind: Kind, reason: Reason, pattern: str) -> _Known:
    return _Known(name, kind, reason, re.compile(pattern, re.ASCII))


_HEALTH, _VENUE, _HERE, _ONLINE = Kind.HEALTH, Kind.VENUE, Reason.UNSUPPORTED, Reason.ONLINE_REQUIRED
KNOWN = (
    _known("nl_coronacheck", _HEALTH, _HERE, r"NL[0-9]?:[0-9A-Z $%*+./:-]+"),  # zero-knowledge proofs, keys withdrawn
    _known("ch_certificate_light", _HEALTH, _HERE, r"LT1:[0-9A-Z $%*+./:-]+"),
    _known("fr_2d_doc", _HEALTH, _HERE, r"DC0[1-4][0-9A-Z]{18}[\x1d\x1f0-9A-Za-z<>/ ._-]+"),  # ANTS 2D-Doc
    _known("pathcheck", _HEALTH, _HERE, r"CRED:[A-Z]+:[0-9]+:.+"),
    _known("smart_health_link", _HEALTH, _ONLINE, r"(https://[^\s#]{1,200}#)?shlink:/[A-Za-z0-9_-]+"),
    _known("br_conectesus", _HEALTH, _ONLINE, r"https://(validacertidao|conectesus(-paciente)?)\.saude\.gov\.br/.*"),
    _known("ru_gosuslugi", _HEALTH, _ONLINE, r"https://(www\.)?gosuslugi\.ru/(covid-cert|vaccine)/.*"),
    _known("sg_healthcert", _HEALTH, _ONLINE, r"https://(www\.)?(action\.openattestation\.com|verify\.gov\.sg)/.*"),
    _known("luca_test_result", _HEALTH, _ONLINE, r"https://app\.luca-app\.de/webapp/(testresult|appointment)/.*"),
    _known("luca", _VENUE, _ONLINE, r"https://app\.luca-app\.de/webapp/(meeting/)?[0-9a-f-]{36}/?(#.*)?"),
    _known("sg_safeentry", _VENUE, _ONLINE, r"https://(www\.)?safeentry-qr\.gov\.sg/.*"),
    _known("sg_safeentry", _VENUE, _ONLINE, r"https://temperaturepass\.ndi-api\.gov\.sg/.*"),
    _known("hk_leavehomesafe", _VENUE, _HERE, r"HKEN:[0-9A-Za-z+/=_-]+"),
    _known("fr_tousanticovid_venue", _VENUE, _ONLINE, r"https://tac\.gouv\.fr/?\?v=[0-9]#.*"),
    _known("my_mysejahtera", _VENUE, _ONLINE, r"https://mysejahtera\.malaysia\.gov\.my/qrscan\?.*"),
)


def sniff(text: str, trust: Trust) -> bool:
    """Whether a kind matches the whole text; a pattern of the rules goes before."""
    if len(text) > MAX_TEXT or any(service.pattern.fullmatch(text) for service in trust.services):
        return False
    return _find(text) is not None


def decode(text: str, trust: Trust) -> OnlineCode | Refusal:  # noqa: ARG001 - no list can help
    """Which code it is, under its own name. Raises Rejected(UNSUPPORTED) where it is none of them."""
    known = _find(text)
    if known is None:
        raise Rejected(Reason.UNSUPPORTED)
    if known.reason is Reason.ONLINE_REQUIRED:
        return OnlineCode(NAME, known.kind, known.name)
    return Refusal(known.name, known.kind, known.reason)


def _find(text: str) -> _Known | None:
    return next((known for known in KNOWN if known.pattern.fullmatch(text)), None)
