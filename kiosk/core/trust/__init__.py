"""What a code is held against: signers, the deny list, and the online services that are known by pattern.

`Trust` is a value: importing a list makes a new one, and it is swapped whole. One module per kind of list
beside this one parses bytes into `Signer`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from kiosk.core.marks import Flag
from kiosk.core.model import Credential, Kind
from kiosk.core.reasons import Reason
from kiosk.core.revoked import Hashes

PublicKey = EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey


@dataclass(frozen=True)
class Signer:
    """One public key, the scheme (a format's name) it may sign, and what it may sign there."""

    scheme: str
    kid: bytes  # as codes name the key; empty where the list does not tell how they do
    key: PublicKey
    issuer: str
    usages: frozenset[str] = frozenset()  # empty: anything of the scheme
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    authority: bytes = b""  # the DER of its name, where it is an authority that signs certificates


@dataclass(frozen=True)
class OnlineService:
    """A pattern that recognises the opaque codes of one online service."""

    name: str
    kind: Kind
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Trust:
    """Everything the formats need to believe a code. An empty one believes nothing."""

    signers: tuple[Signer, ...] = ()
    denied: frozenset[str] = frozenset()  # credential ids, as `format:id`
    denied_until: Mapping[str, datetime] = field(default_factory=dict)  # the same, for those issued before a moment
    revoked: tuple[Hashes, ...] = ()
    flagged: Mapping[str, tuple[Flag, ...]] = field(default_factory=dict)  # places as `format:id`, and when
    contexts: Mapping[str, str] = field(default_factory=dict)  # JSON-LD contexts by their address, as JSON text
    services: tuple[OnlineService, ...] = ()
    as_of: datetime | None = None  # when the oldest of its lists was signed or imported
    notes: tuple[str, ...] = field(default=(), compare=False)  # one line for every entry that was left out

    @cached_property
    def _by_kid(self) -> dict[tuple[str, bytes], tuple[Signer, ...]]:
        index: dict[tuple[str, bytes], tuple[Signer, ...]] = {}
        for signer in self.signers:
            index[signer.scheme, signer.kid] = (*index.get((signer.scheme, signer.kid), ()), signer)
        return index

    def find(self, scheme: str, kid: bytes) -> tuple[Signer, ...]:
        """Every signer of `scheme` that shares `kid`; the caller tries each."""
        return self._by_kid.get((scheme, kid), ())

    def named(self, scheme: str, name: bytes) -> tuple[Signer, ...]:
        """The same, and those of `scheme` whose list does not tell how codes name them."""
        return self.find(scheme, name) + (self.find(scheme, b"") if name else ())

    def keys(self, scheme: str) -> tuple[Signer, ...]:
        """Every signer of `scheme`, for codes that name no key."""
        return tuple(s for s in self.signers if s.scheme == scheme)

    def authorities(self, name: bytes) -> tuple[Signer, ...]:
        """Every authority of that name (DER)."""
        return tuple(s for s in self.signers if s.authority and s.authority == name)

    def standing(self, credential: Credential) -> Reason | None:
        """REVOKED or POSSIBLY_REVOKED where a list names this credential, otherwise None."""
        if self.denies(credential.format, credential.credential_id):
            return Reason.REVOKED
        until = self.denied_until.get(f"{credential.format}:{credential.credential_id}")
        if until is not None and (credential.issued is None or credential.issued <= until):
            return Reason.REVOKED
        lists = [known for known in self.revoked if known.format == credential.format]
        if not lists:
            return None
        digests = credential.digests or (sha256((credential.credential_id or "").encode()).digest(),)
        found = {known.names(digest) for known in lists for digest in digests}
        return next((reason for reason in (Reason.REVOKED, Reason.POSSIBLY_REVOKED) if reason in found), None)

    def denies(self, format_name: str, credential_id: str | None) -> bool:
        """Whether this credential is on the deny list."""
        return credential_id is not None and f"{format_name}:{credential_id}" in self.denied


def merge(lists: Iterable[Trust]) -> Trust:
    """Several lists as one; the oldest `as_of` counts."""
    parts = tuple(lists)
    dated = [part.as_of for part in parts if part.as_of is not None]
    return Trust(
        signers=tuple(signer for part in parts for signer in part.signers),
        denied=frozenset().union(*(part.denied for part in parts)),
        denied_until=_latest(parts),
        revoked=tuple(known for part in parts for known in part.revoked),
        flagged=_every_flag(parts),
        contexts={address: text for part in parts for address, text in part.contexts.items()},
        services=tuple(service for part in parts for service in part.services),
        as_of=min(dated, default=None),
        notes=tuple(note for part in parts for note in part.notes),
    )


def _every_flag(parts: Iterable[Trust]) -> dict[str, tuple[Flag, ...]]:
    flags: dict[str, tuple[Flag, ...]] = {}
    for part in parts:
        for venue, times in part.flagged.items():
            flags[venue] = (*flags.get(venue, ()), *times)
    return flags


def _latest(parts: Iterable[Trust]) -> dict[str, datetime]:
    """Of several lists that end a card at different moments, the latest counts."""
    until: dict[str, datetime] = {}
    for part in parts:
        for credential, moment in part.denied_until.items():
            until[credential] = max(moment, until.get(credential, moment))
    return until
