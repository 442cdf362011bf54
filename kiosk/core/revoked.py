"""Long lists of what issuers took back, by hash: sorted numbers, so that ten million fit and are found at once.

A list holds the first 64 bits of every hash, and the next 64 where it knows them. With both a hit is certain;
with the prefix alone it is possible, and a person decides. Source: EU DCC revocation, gateway API 1.1 §3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiosk.core.reasons import Reason

WORD = np.dtype("<u8")


@dataclass(frozen=True, slots=True, eq=False)
class Hashes:
    """The hashes of credentials of one format that were taken back.

    `prefixes` are ascending; `rests`, of the same length or empty, ascend among equal prefixes. Either may be a
    view on a file.
    """

    format: str
    prefixes: NDArray[np.uint64]
    rests: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.prefixes)

    def names(self, digest: bytes) -> Reason | None:
        """REVOKED, POSSIBLY_REVOKED or None for a hash of at least 16 bytes."""
        prefix, rest = words(digest)
        first = int(np.searchsorted(self.prefixes, prefix, "left"))
        last = int(np.searchsorted(self.prefixes, prefix, "right"))
        if first == last:
            return None
        if not len(self.rests):
            return Reason.POSSIBLY_REVOKED
        at = first + int(np.searchsorted(self.rests[first:last], rest))
        return Reason.REVOKED if at < last and self.rests[at] == rest else None


def words(digest: bytes) -> tuple[np.uint64, np.uint64]:
    """The first two 64-bit words of a hash."""
    return np.uint64(int.from_bytes(digest[:8], "big")), np.uint64(int.from_bytes(digest[8:16], "big"))


def hashes(format_name: str, digests: Iterable[bytes], *, whole: bool) -> Hashes:
    """A list of `digests` in order; `whole` where each has 16 bytes or more, otherwise 8 are enough."""
    packed = b"".join(digest[:16] if whole else digest[:8] for digest in digests)
    table = np.frombuffer(packed, ">u8").astype(WORD).reshape(-1, 2 if whole else 1)
    if not whole:
        return Hashes(format_name, np.sort(table[:, 0]), np.empty(0, WORD))
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    return Hashes(format_name, table[:, 0].copy(), table[:, 1].copy())
