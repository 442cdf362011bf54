"""What is believed, counted: whose keys a list holds, for what, how long; and the rules of which countries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.core.country_rules import RuleBook
from kiosk.core.trust import Signer, Trust


@dataclass(frozen=True, slots=True)
class Keys:
    """Some signers of one format, of one issuer or of all ("")."""

    scheme: str
    issuer: str
    count: int
    usages: Mapping[str, int]  # how many may sign what
    for_anything: int  # how many may sign anything of the format
    first_end: datetime | None  # when the first and the last of their certificates end
    last_end: datetime | None
    expired: int
    authorities: int


@dataclass(frozen=True, slots=True)
class CountryRules:
    """The rules of one country."""

    country: str
    count: int
    valid_from: datetime
    valid_until: datetime


def by_format(trust: Trust, now: datetime) -> tuple[Keys, ...]:
    """The keys of each format, by its name."""
    schemes = sorted({signer.scheme for signer in trust.signers})
    return tuple(_keys([s for s in trust.signers if s.scheme == scheme], scheme, "", now) for scheme in schemes)


def by_issuer(trust: Trust, now: datetime) -> tuple[Keys, ...]:
    """The keys of each issuer and format; an issuer whom the list does not name is ""."""
    found: dict[tuple[str, str], list[Signer]] = {}
    for signer in trust.signers:
        found.setdefault((signer.scheme, signer.issuer), []).append(signer)
    return tuple(_keys(found[each], *each, now) for each in sorted(found))


def denied(trust: Trust) -> int:
    """How many codes it takes back; a file of hashes counts each."""
    return len(trust.denied) + len(trust.denied_until) + sum(map(len, trust.revoked))


def is_stale(trust: Trust, now: datetime, stale: timedelta) -> bool:
    """Whether it is older than lists may be; keys of a kiosk's own have no age."""
    return trust.as_of is not None and now - trust.as_of > stale


def marks(trust: Trust) -> frozenset[bytes]:
    """By which each key with its use is told from another: two lists are compared by them."""
    return frozenset(_mark(signer) for signer in trust.signers)


def of_countries(book: RuleBook) -> tuple[CountryRules, ...]:
    """The rules of each country, by its code."""
    counts = Counter(rule.country for rule in book.rules)
    return tuple(
        CountryRules(
            country,
            counts[country],
            min(rule.valid_from for rule in book.rules if rule.country == country),
            max(rule.valid_until for rule in book.rules if rule.country == country),
        )
        for country in sorted(counts)
    )


def _keys(signers: list[Signer], scheme: str, issuer: str, now: datetime) -> Keys:
    ends = sorted(signer.valid_until for signer in signers if signer.valid_until)
    return Keys(
        scheme,
        issuer,
        len(signers),
        Counter(usage for signer in signers for usage in sorted(signer.usages)),
        sum(not signer.usages for signer in signers),
        ends[0] if ends else None,
        ends[-1] if ends else None,
        sum(end < now for end in ends),
        sum(bool(signer.authority) for signer in signers),
    )


def _mark(signer: Signer) -> bytes:
    key = signer.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    uses = ",".join(sorted(signer.usages))
    return sha256(b"\0".join((signer.scheme.encode(), signer.kid, signer.issuer.encode(), uses.encode(), key))).digest()
