"""What a code is held against: signers, the deny list, and the online services that are known by pattern.

`Trust` is a value: importing a list makes a new one, and it is swapped whole. One module per kind of list
beside this one parses bytes into `Signer`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from kiosk.core.model import Kind

PublicKey = EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey


@dataclass(frozen=True)
class Signer:
    """One public key, the scheme (a format's name) it may sign, and what it may sign there."""

    scheme: str
    kid: bytes
    key: PublicKey
    issuer: str
    usages: frozenset[str] = frozenset()  # empty: anything of the scheme
    valid_from: datetime | None = None
    valid_until: datetime | None = None


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
        services=tuple(service for part in parts for service in part.services),
        as_of=min(dated, default=None),
        notes=tuple(note for part in parts for note in part.notes),
    )
