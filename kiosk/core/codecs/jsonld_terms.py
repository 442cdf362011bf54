"""The terms of the contexts that credentials of DIVOC name, by their addresses: which name stands for which.

Only the terms that a vaccination credential and its proof use. Source: W3C Verifiable Credentials Data Model 1.1,
Appendix B; W3C CCG Security Vocabulary; DIVOC, "W3C VC payload".
"""

from __future__ import annotations

from typing import Any

_XSD, _CRED, _SEC = (
    "http://www.w3.org/2001/XMLSchema#",
    "https://www.w3.org/2018/credentials#",
    "https://w3id.org/security#",
)
_NAMES: dict[str, Any] = {"@version": 1.1, "@protected": True, "id": "@id", "type": "@type"}


def _name(iri: str) -> dict[str, str]:
    return {"@id": iri, "@type": "@id"}


def _time(iri: str) -> dict[str, str]:
    return {"@id": iri, "@type": f"{_XSD}dateTime"}


def _scoped(iri: str, terms: dict[str, Any]) -> dict[str, Any]:
    return {"@id": iri, "@context": {"@version": 1.1, "@protected": True, **terms}}


def _vaccination(address: str) -> dict[str, Any]:
    """The context of a country that issues with DIVOC; they differ by the address alone."""
    place = _scoped(
        "schema:PostalAddress",
        {"streetAddress": "schema:streetAddress", "streetAddress2": "vac:addressLine2", "city": "vac:city",
         "district": "vac:district", "addressRegion": "schema:addressRegion", "postalCode": "schema:postalCode",
         "addressCountry": "schema:addressCountry"},
    )  # fmt: skip
    facility = {"name": "schema:name", "address": place, "seal-image": "schema:image"}
    verifier = {"id": "schema:id", "name": "schema:name", "sign-image": "schema:image"}
    person = {"refId": "schema:id", "uhid": "schema:id", "name": "schema:name", "age": "schema:Number",
              "gender": "schema:gender", "nationality": "schema:nationality", "address": place}  # fmt: skip
    given = {
        **dict.fromkeys(("certificateId", "batch", "vaccine", "manufacturer"), "schema:id"),
        **dict.fromkeys(("feedbackUrl", "infoUrl"), "schema:url"),
        **dict.fromkeys(("date", "effectiveStart", "effectiveUntil"), "schema:date"),
        **dict.fromkeys(("dose", "totalDoses"), "schema:doseValue"),
        "verifier": _scoped("vac:verifier", verifier),
        "facility": _scoped("vac:Facility", facility),
    }
    return {
        **_NAMES,
        "schema": "https://schema.org/",
        "vac": address,
        "ProofOfVaccinationCredential": _scoped(
            "schema:ProofOfVaccinationCredential", {"nonTransferable": "vac:nonTransferable"}
        ),
        "Person": _scoped("schema:Person", person),
        "Vaccination": _scoped("vac:Vaccination", given),
    }


COWIN = "https://cowin.gov.in/credentials/vaccination/v1"
CREDENTIALS, SECURITY = "https://www.w3.org/2018/credentials/v1", "https://w3id.org/security/v2"
CONTEXTS: dict[str, dict[str, Any]] = {
    CREDENTIALS: {
        "@context": {
            **_NAMES,
            "VerifiableCredential": _scoped(
                f"{_CRED}VerifiableCredential",
                {
                    "id": "@id",
                    "type": "@type",
                    **{term: _name(_CRED + term) for term in ("credentialSubject", "evidence", "issuer", "holder")},
                    **{
                        term: _time(_CRED + term)
                        for term in ("issuanceDate", "expirationDate", "issued", "validFrom", "validUntil")
                    },
                },
            ),
        }
    },
    SECURITY: {
        "@context": {
            "@version": 1.1,
            "id": "@id",
            "type": "@type",
            **{
                term: _SEC + term
                for term in (
                    "RsaSignature2018",
                    "Ed25519Signature2018",
                    "JsonWebSignature2020",
                    "domain",
                    "challenge",
                    "nonce",
                )
            },
            "assertionMethod": _name(f"{_SEC}assertionMethod"),
            "created": _time("http://purl.org/dc/terms/created"),
            "expires": _time(f"{_SEC}expiration"),
            "proofPurpose": {"@id": f"{_SEC}proofPurpose", "@type": "@vocab"},
            "verificationMethod": _name(f"{_SEC}verificationMethod"),
        }
    },
    COWIN: {"@context": _vaccination(COWIN)},
}
