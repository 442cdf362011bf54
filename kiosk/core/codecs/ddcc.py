"""The WHO's own payload in an HCERT (DDCC:VS): one vaccination, with plain names instead of the EU's short ones.

It stands under claim -260 at key 3, or is the whole payload. Source: WHO, "Digital documentation of COVID-19
certificates: vaccination status", 2021, Annex 2 core data set; SMART Trust, HCERT claim keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from kiosk.core.codecs import cwt, plain
from kiosk.core.model import Credential, Holder, Kind, Vaccination
from kiosk.core.trust import Signer

CLAIM, KEY = -260, 3
USAGE = "vaccination"


def statement(claims: object) -> dict[str, Any] | None:
    """The vaccination status among the claims, where there is one."""
    if not isinstance(claims, dict):
        return None
    hcert = claims.get(CLAIM)
    found = hcert.get(KEY) if isinstance(hcert, dict) else claims
    named = isinstance(found, dict) and all(plain.words(found.get(member)) for member in ("hcid", "name", "date"))
    return found if named else None


def credential(name: str, claims: Mapping[Any, Any], stated: Mapping[str, Any], signer: Signer) -> Credential:
    """The facts of a vaccination status. Its last day counts whole. Raises Rejected(MALFORMED) for wrong times."""
    product = stated.get("brand") or stated.get("vaccine")
    since, until = cwt.day(stated.get("valid_from")), cwt.day(stated.get("valid_until"))
    begins = [cwt.moment(claims.get(cwt.NOT_BEFORE)), datetime.combine(since, time(), UTC) if since else None]
    ends = [cwt.moment(claims.get(cwt.EXPIRES)), datetime.combine(until, time(23, 59, 59), UTC) if until else None]
    return Credential(
        format=name,
        kind=Kind.HEALTH,
        issuer=signer.issuer or plain.words(claims.get(cwt.ISSUER)) or _code(stated.get("country")),
        credential_id=plain.words(stated.get("hcid")),
        holder=Holder(
            name=plain.words(stated.get("name")),
            birth_date=plain.words(stated.get("birthDate"))[:10] or None,
            document=plain.words(stated.get("identifier")) or None,
        ),
        valid_from=max((moment for moment in begins if moment), default=None),
        valid_until=min((moment for moment in ends if moment), default=None),
        vaccinations=(
            Vaccination(
                _count(stated.get("dose")),
                _count(stated.get("total_doses")),
                cwt.day(stated.get("date")),
                _code(product),
            ),
        ),
        signer_valid_from=signer.valid_from,
        signer_valid_until=signer.valid_until,
        kid=signer.kid,
        issuer_listed=bool(signer.issuer),
        claims=dict(stated),
    )


def _code(value: object) -> str:
    """The code of a coded value."""
    return plain.words(value.get("code")) if isinstance(value, dict) else plain.words(value)


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100 else 0
