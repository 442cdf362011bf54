"""Country rules in the EU's format: which are in force for a certificate, and what each says of it.

Files are JSON: one rule, or a list of rules, with the members Identifier, Type, Country, Region?, Version,
SchemaVersion, Engine, CertificateType, Description, ValidFrom, ValidTo and Logic; or a value set with valueSetId and
valueSetValues; or several value sets as {"id": ["code", ...]}. Source: EU DCC Validation Rules 1.00, §2-4.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kiosk.core.certlogic import CertLogicError, Logic, compile_logic
from kiosk.core.certlogic.form import MAX_DEPTH
from kiosk.core.codecs import Rejected, cwt, plain, strict_json
from kiosk.core.entry import iso
from kiosk.core.faults import SettingsError
from kiosk.core.model import Credential

GENERAL = "General"
KINDS = {"t": "Test", "v": "Vaccination", "r": "Recovery"}  # the member of a certificate, and a rule's CertificateType
MAX_SAID = 400  # characters of a description

_IDENTIFIER = re.compile(r"(?:GR|VR|TR|RR|IR)-[A-Z]{2}-[0-9]{4}")
_VERSION = re.compile(r"([0-9]{1,6})\.([0-9]{1,6})\.([0-9]{1,6})")
_TIME = re.compile("[0-9].{1,40}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2}(?:-[A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a country. `said` is its description by language, `logic` gives true where it is met."""

    identifier: str
    country: str
    region: str  # empty: the whole country
    invalidation: bool  # by which an issuer takes certificates back; else what a country accepts
    certificates: str  # a CertificateType
    version: tuple[int, int, int]
    schema: int  # the major version of the certificates that it understands
    valid_from: datetime
    valid_until: datetime  # the first instant at which it holds no more
    said: Mapping[str, str]
    logic: Logic


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every rule and value set that this kiosk has; `digest` names the content."""

    rules: tuple[Rule, ...] = ()
    value_sets: Mapping[str, list[str]] = field(default_factory=dict)
    digest: str = ""

    def covers(self, country: str, now: datetime) -> bool:
        """Whether any rule says at `now` what `country` accepts."""
        return any(
            rule.country == country and not rule.invalidation and rule.valid_from <= now < rule.valid_until
            for rule in self.rules
        )


def recognises(data: bytes) -> bool:
    """Whether a file is of rules or of one value set, by its first look."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and (
        (b'"Identifier"' in data and b'"Logic"' in data) or (b'"valueSetId"' in data and b'"valueSetValues"' in data)
    )


def older_than(new: RuleBook, old: RuleBook) -> str:
    """The first rule of `new` whose latest version is below that of `old`, in words; empty where there is none."""
    before, after = _latest(old), _latest(new)
    behind = (name for name, version in sorted(after.items()) if version < before.get(name, version))
    return next((f"{name} {_dotted(after[name])} instead of {_dotted(before[name])}" for name in behind), "")


def _latest(book: RuleBook) -> dict[str, tuple[int, int, int]]:
    """The latest version of each rule, by its identifier."""
    found: dict[str, tuple[int, int, int]] = {}
    for rule in book.rules:
        found[rule.identifier] = max(rule.version, found.get(rule.identifier, rule.version))
    return found


def _dotted(version: tuple[int, int, int]) -> str:
    return ".".join(map(str, version))


def parse(files: Iterable[tuple[str, bytes]]) -> RuleBook:
    """The rules and value sets of (name, content) files.

    All count or none: a missing rule would let somebody in. Raises SettingsError with file, rule and reason.
    """
    rules: list[Rule] = []
    value_sets: dict[str, list[str]] = {}
    digest = hashlib.sha256()
    for name, data in files:
        digest.update(hashlib.sha256(data).digest())
        try:
            tree = strict_json.decode(data, depth=MAX_DEPTH)
            for part in tree if isinstance(tree, list) else [tree]:
                if isinstance(part, dict) and "Identifier" in part:
                    rules.append(_rule(part))
                else:
                    value_sets |= _value_sets(part)
        except Rejected as refusal:
            raise SettingsError(f"{name}: {refusal.detail or refusal.reason}") from refusal
        except ValueError as error:
            raise SettingsError(f"{name}: {error}") from error
    _require_one_of_each(rules)
    return RuleBook(tuple(rules), value_sets, digest.hexdigest()[:8] if rules or value_sets else "")


def in_force(book: RuleBook, certificate: Credential, country: str, region: str, now: datetime) -> tuple[Rule, ...]:
    """The rules for `certificate` at `now`: those by which `country` accepts, and its issuer's invalidations.

    Of each rule the latest version counts that is valid. A rule of a region counts in that region only.
    """
    stated = {kind for member, kind in KINDS.items() if certificate.claims.get(member)} | {GENERAL}
    latest: dict[str, Rule] = {}
    for rule in book.rules:
        where = certificate.issuer if rule.invalidation else country
        if (
            rule.country == where
            and rule.region in ("", region.casefold())
            and rule.certificates in stated
            and rule.valid_from <= now < rule.valid_until
            and (rule.identifier not in latest or latest[rule.identifier].version < rule.version)
        ):
            latest[rule.identifier] = rule
    return tuple(latest[identifier] for identifier in sorted(latest))


def context(book: RuleBook, certificate: Credential, country: str, region: str, now: datetime) -> dict[str, Any]:
    """What the rules look at: the signed certificate, and the external parameters by the names of the EU's format."""
    return {
        "payload": certificate.claims,
        "external": {
            "validationClock": iso(now),
            "valueSets": book.value_sets,
            "countryCode": country,
            "exp": iso(certificate.valid_until) if certificate.valid_until else None,
            "iat": iso(certificate.valid_from) if certificate.valid_from else None,
            "issuerCountryCode": certificate.issuer,
            "kid": b64encode(certificate.kid).decode(),
            "region": region,
        },
    }


def is_met(rule: Rule, data: Mapping[str, Any]) -> bool | None:
    """Whether `data`, as `context` makes it, meets the rule; None where the rule cannot tell.

    It cannot when the certificate's schema has another major version, when its logic meets what it does not expect,
    and when it says neither true nor false.
    """
    version = str(data["payload"].get("ver", ""))
    if version and version.partition(".")[0] != str(rule.schema):
        return None
    try:
        answer = rule.logic(data)
    except CertLogicError:
        return None
    return answer if isinstance(answer, bool) else None


def _rule(part: Mapping[str, Any]) -> Rule:
    """Raises ValueError naming the rule and what is wrong with it."""
    identifier = part.get("Identifier")
    if not isinstance(identifier, str) or not _IDENTIFIER.fullmatch(identifier):
        raise ValueError("a rule's Identifier looks like VR-AT-0001")
    try:
        _one_of(part.get("Engine"), "Engine", ("CERTLOGIC",))
        kind, region = part.get("Type"), part.get("Region")
        return Rule(
            identifier=identifier,
            country=_matching(part, "Country", _COUNTRY)[0],
            region=region.casefold() if isinstance(region, str) else "",
            invalidation=_one_of(kind, "Type", ("Acceptance", "Invalidation")) == "Invalidation",
            certificates=_one_of(part.get("CertificateType"), "CertificateType", (GENERAL, *KINDS.values())),
            version=_version(part, "Version"),
            schema=_version(part, "SchemaVersion")[0],
            valid_from=_time(part, "ValidFrom"),
            valid_until=_time(part, "ValidTo"),
            said=dict(_said(part.get("Description"))),
            logic=compile_logic(part.get("Logic")),
        )
    except (ValueError, Rejected) as error:
        raise ValueError(f"rule {identifier}: {error}") from error


def _require_one_of_each(rules: list[Rule]) -> None:
    """Two different contents under one identifier and version would leave to chance which one counts."""
    seen: dict[tuple[str, str, tuple[int, int, int]], Rule] = {}
    for rule in rules:
        key = (rule.identifier, rule.region, rule.version)
        if key in seen:
            raise SettingsError(
                f"country rules: rule {rule.identifier} {_dotted(rule.version)} is there twice; take one away"
            )
        seen[key] = rule


def _matching(part: Mapping[str, Any], name: str, form: re.Pattern[str]) -> re.Match[str]:
    value = part.get(name)
    found = form.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"its {name} is missing or has another form")
    return found


def _one_of(value: object, name: str, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"its {name} is none of {', '.join(allowed)}")
    return value


def _version(part: Mapping[str, Any], name: str) -> tuple[int, int, int]:
    major, minor, patch = map(int, _matching(part, name, _VERSION).groups())
    return major, minor, patch


def _time(part: Mapping[str, Any], name: str) -> datetime:
    return cwt.instant(_matching(part, name, _TIME)[0])


def _said(descriptions: object) -> Iterator[tuple[str, str]]:
    """Language and text of each description; strangers' text, made safe to show."""
    for each in descriptions if isinstance(descriptions, list) else []:
        match each:
            case {"lang": str(language), "desc": str(text)} if _LANGUAGE.fullmatch(language):
                yield language, plain.words(text, MAX_SAID)


def _value_sets(part: object) -> dict[str, list[str]]:
    """Raises ValueError when `part` is neither one value set nor several."""
    match part:
        case {"valueSetId": str(name), "valueSetValues": dict(values)}:
            return {name: list(values)}
        case dict() if part and all(_is_codes(codes) for codes in part.values()):
            return dict(part)
        case _:
            raise ValueError("neither a rule, a list of rules, nor value sets")


def _is_codes(codes: object) -> bool:
    return isinstance(codes, list) and all(isinstance(code, str) for code in codes)
