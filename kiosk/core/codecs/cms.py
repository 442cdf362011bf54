"""Signed lists in CMS: whose they are, and what they hold once that is proven.  Source: RFC 5652 §5.

Only what published lists use: one signer, signed attributes, SHA-256, RSA or a P curve. Everything else is refused.
"""

from __future__ import annotations

SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")  # OID 1.2.840.113549.1.7.2, with tag and length


def is_signed(data: bytes) -> bool:
    """Whether these bytes of DER or BER begin a SignedData: a sequence whose first member is its OID."""
    return data[:1] == b"\x30" and SIGNED_DATA in data[2:20]
