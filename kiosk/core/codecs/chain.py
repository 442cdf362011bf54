"""A certificate that came with what it signed: whether a trust list knows it, or an authority that made it.

One step is enough: the authorities that lists name sign their signers directly. Source: RFC 5280 §6.1; ICAO Doc
9303-12 §4.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.utils import CryptographyDeprecationWarning

from kiosk.core.codecs import Rejected, malformed
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust


def signer(der: bytes, scheme: str, trust: Trust) -> Signer:
    """The signer that a certificate makes, as far as `trust` vouches for it; its times are those of both.

    Raises Rejected: MALFORMED, UNKNOWN_ISSUER, or BAD_SIGNATURE where no authority of that name made it.
    """
    fingerprint = sha256(der).digest()[:8]
    listed = trust.find(scheme, fingerprint)
    if listed:
        return listed[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # odd serial numbers do not matter here
            certificate = x509.load_der_x509_certificate(der)
        key, issuer = certificate.public_key(), certificate.issuer.public_bytes()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise malformed("not a certificate") from None
    authorities = trust.authorities(issuer)
    if not authorities:
        raise Rejected(Reason.UNKNOWN_ISSUER)
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise malformed("a type of key that no certificate of a known format has")
    above = next((a for a in authorities if _made(a, certificate)), None)
    if above is None:
        raise Rejected(Reason.BAD_SIGNATURE)
    begins = [t for t in (certificate.not_valid_before_utc, above.valid_from) if t]
    ends = [t for t in (certificate.not_valid_after_utc, above.valid_until) if t]
    return replace(Signer(scheme, fingerprint, key, above.issuer), valid_from=max(begins), valid_until=min(ends))


def _made(authority: Signer, certificate: x509.Certificate) -> bool:
    """Whether the authority's key made the certificate's signature."""
    covered, made = certificate.tbs_certificate_bytes, certificate.signature
    try:
        scheme = certificate.signature_hash_algorithm
        match authority.key:
            case ec.EllipticCurvePublicKey() as key if scheme is not None:
                key.verify(made, covered, ec.ECDSA(scheme))
            case rsa.RSAPublicKey() as key if scheme is not None:
                how = certificate.signature_algorithm_parameters
                if not isinstance(how, padding.PKCS1v15 | padding.PSS):
                    return False
                key.verify(made, covered, how, scheme)
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
