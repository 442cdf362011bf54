"""Everything that reads what strangers made, as functions of bytes with samples to start from.

A target may raise what it says it raises (EXPECTED) and nothing else. `payloads/` sign what they are given, so that
what lies behind a signature is reached too.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b32encode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from kiosk.core import country_rules, formats
from kiosk.core.certlogic import CertLogicError, evaluate
from kiosk.core.codecs import (
    Rejected,
    base45,
    cbor,
    chain,
    cms,
    cose,
    crowd_notifier,
    cwt,
    der,
    inflate,
    jsonld,
    jwk,
    jws,
    plain,
    protobuf,
    strict_json,
    toml,
)
from kiosk.core.faults import SettingsError
from kiosk.core.formats import community_code, eu_dcc, local_pass, nz_pass, online_code
from kiosk.core.formats import venue as venue_code
from kiosk.core.revoked import hashes
from kiosk.core.rules import Rules
from kiosk.core.trust import Trust, hash_file, imported, merge, own_keys, signed_list
from kiosk.core.trust.parse import kind_of
from kiosk.store import pass_batch
from tests.support import abroad, cards, country, mint

EXPECTED = (Rejected, SettingsError, CertLogicError)


@dataclass(frozen=True)
class Target:
    """One reader: `run` takes any bytes; `seeds` are good ones."""

    name: str
    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


@cache
def targets() -> dict[str, Target]:
    """Every target by name."""
    made = [*_codecs(), *_formats(), *_payloads(), *_files()]
    return {target.name: target for target in made}


def _codecs() -> list[Target]:
    token = cbor.encode({1: "XX", 4: 1_700_000_000, -260: {1: mint.payload("A B", "1980", mint.NOW, positive=False)}})
    message = bytes(cose.sign1(token, abroad.key(), b"12345678"))
    place, seals = abroad.crowd(), abroad.Seals()
    document = json.dumps(abroad.Divoc().body()).encode()
    tagged = frozenset({0, 1, 18, 61})
    return [
        _text("codecs/base45", base45.decode, base45.encode(message)),
        Target("codecs/inflate", inflate.inflate, (inflate.deflate(token), inflate.deflate(bytes(60_000)))),
        Target("codecs/inflate_raw", lambda d: inflate.inflate(d, raw=True), (cards.deflate(token),)),
        Target("codecs/cbor", lambda data: cbor.decode(data, tagged), (token, message)),
        Target("codecs/cose", cose.parse, (message,)),
        Target("codecs/cwt", lambda data: cwt.moment(cbor.decode(data, tagged)), (b"\xc1\x1a\x65\x53\xf1\x00",)),
        _text("codecs/instant", cwt.instant, "2026-11-21T07:30:00.5+08:00", "2026-11-21"),
        Target("codecs/der", der.extended_key_usages, (seals.signer,)),
        Target("codecs/chain", lambda data: chain.signer(data, "vds_nc", seals.trust), (seals.signer,)),
        Target("codecs/cms", cms.is_signed, (seals.signer,)),
        _text("codecs/jws", jws.parse, cards.Issuer().token(cards.card())),
        _json("codecs/jwk", jwk.public_key, cards.Issuer().jwk),
        _text("codecs/plain", plain.words, "Anna\u202e 王小明"),
        _text("codecs/base64url", plain.base64url, "QUJD-_8"),
        Target("codecs/protobuf", protobuf.decode, (place,)),
        Target("codecs/crowd_notifier", crowd_notifier.place, (place,)),
        Target("codecs/strict_json", strict_json.decode, (document, b'{"a": [1.5, null, "\\u00e9"]}')),
        Target("codecs/toml", lambda data: toml.decode(data, "rules", Rules),
               (b'[test]\nwindow_h = 72\n', b'[online]\npatterns = ["city health CITY-[0-9a-f]{20}"]\n')),
        Target("codecs/jsonld", _canonical, (document,)),
    ]  # fmt: skip


def _canonical(data: bytes) -> str:
    document = strict_json.decode(data)
    return jsonld.canonical(document, {}) if isinstance(document, dict) else ""


@cache
def world() -> tuple[dict[str, str], Trust]:
    """A sample of every format, and the trust that believes them all."""
    street, card = mint.street(), cards.Issuer()
    nz, seals, ramzor, posters, divoc = (
        abroad.NzPass(), abroad.Seals(), abroad.Ramzor(), abroad.Posters(), abroad.Divoc()
    )  # fmt: skip
    samples = {
        "eu_dcc": street.dcc(),
        "local_pass": street.pass_(tested_at=mint.NOW),
        "venue": street.venue(),
        "community_code": street.community_code(),
        "online_code": mint.ONLINE_CODE,
        "smart_health_card": card.card(),
        "nz_pass": nz.code(),
        "vds_nc": seals.code(),
        "ramzor": ramzor.code(),
        "divoc": divoc.code(),
        "nhs_poster": posters.code(),
        "nz_covid_tracer": abroad.tracer(),
        "corona_warn_app": abroad.corona_warn_app(),
        "notify_me": abroad.notify_me(),
        "recognised": "https://www.safeentry-qr.gov.sg/tenant/PROD-1-GATE-SE",
    }
    known = merge([street.trust, card.trust(), nz.trust, seals.trust, ramzor.trust, posters.trust, divoc.trust])
    return samples, known


def _formats() -> list[Target]:
    """Each by its own `decode`, because `formats.read` fences it and would hide what it raises."""
    samples, known = world()

    def reads(found: formats.Format) -> Callable[[str], object]:
        def run(text: str) -> object:
            if not text or len(text) > formats.MAX_BYTES or plain.has_controls(text):
                return None
            found.sniff(text, known)
            return found.decode(text, known)

        return run

    listed = [_text(f"formats/{found.name}", reads(found), samples[found.name]) for found in formats.all_formats()]
    return [*listed, _text("formats/all", lambda text: formats.read(text, known), *samples.values())]


def _payloads() -> list[Target]:
    """What a format makes of any payload that its issuer signed."""
    street, card, nz = mint.street(), cards.Issuer(), abroad.NzPass()
    seals, ramzor, posters, divoc = abroad.Seals(), abroad.Ramzor(), abroad.Posters(), abroad.Divoc()

    def dcc(payload: bytes) -> object:
        text = mint.hc1(cose.sign1(payload, street.dcc_key, mint.KID))
        return eu_dcc.decode(text, street.trust)

    def token(prefix: str, key: Any, decode: Callable[[str, Trust], object]) -> Callable[[bytes], object]:
        def run(payload: bytes) -> object:
            made = cose.sign1(payload, key, cose.key_id(key.public_key()), aad=prefix.encode())
            return decode(prefix + base45.encode(made), street.trust)

        return run

    def new_zealand(payload: bytes) -> object:
        text = "NZCP:/1/" + b32encode(cose.sign1(payload, nz.key, b"key-1")).decode().rstrip("=")
        return nz_pass.decode(text, nz.trust)

    def smart(payload: bytes) -> object:
        compress = zlib.compressobj(1, wbits=-15)
        return _decode("smart_health_card", card.token(compress.compress(payload) + compress.flush()), card.trust())

    def sealed(tree: Any) -> object:
        try:
            text = seals.code(tree)
        except rfc8785.CanonicalizationError:  # numbers that nobody can sign
            return None
        return _decode("vds_nc", text, known["vds_nc"])

    def of(issuer: Any, name: str, *wanted: type) -> Callable[[Any], object]:
        return lambda tree: _decode(name, issuer(tree), known[name]) if isinstance(tree, wanted or (dict,)) else None

    def community(payload: bytes) -> object:
        """The extension that the payload is, in a person's code and in a place's."""
        found = []
        for attribute in (community_code.PERSON, community_code.PLACE):
            text = community_code.sealed(street.code_key, issuing, attribute, payload)
            found.append(_decode("community_code", text, street.trust))
        return found

    issuing = community_code.Issuing(mint.LINK, "0a1b2c3d", mint.NOW, mint.DAY)
    known = {"vds_nc": seals.trust, "ramzor": ramzor.trust, "nhs_poster": posters.trust, "divoc": divoc.trust}
    certificate = mint.payload("Anna Muster", "1980-02-29", mint.NOW, positive=False)
    issued = cbor.encode({1: "XX", 4: 1_795_300_000, 6: 1_795_200_000, -260: {1: certificate}})
    stated = {
        "hcid": "H1",
        "name": "Anna",
        "date": "2021-06-01",
        "valid_until": "2027",
        "dose": 2,
        "brand": {"code": "XM68M6"},
    }
    status = cbor.encode({1: "XX", 4: 1_795_300_000, -260: {3: stated}})
    own = cbor.encode({1: "C", 2: "R1", 4: 1_795_300_000, 5: 1, 7: b"12345678", -70001: "王", -70002: "residents"})
    pass_, venue = local_pass.PREFIXES[0], venue_code.PREFIXES[0]
    return [
        Target("payloads/eu_dcc", dcc, (issued, status)),
        Target("payloads/local_pass", token(pass_, street.pass_key, local_pass.decode), (own,)),
        Target("payloads/venue", token(venue, street.venue_key, venue_code.decode), (own,)),
        Target("payloads/community_code", community, (cbor.encode({1: "王", 2: "R1", 3: 1, 4: "residents", 5: 9}),)),
        Target("payloads/nz_pass", new_zealand, (cbor.encode(nz.claims()),)),
        Target("payloads/smart_health_card", smart, (json.dumps(cards.card()).encode(),)),
        _json("payloads/vds_nc", sealed, seals.message()),
        _json("payloads/ramzor", of(lambda t: ramzor.code(**t), "ramzor"), {"et": 3, "d1": {"d": "2021-02-08"}}),
        _json("payloads/nhs_poster", of(posters.code, "nhs_poster", dict, list, str, int), {"id": "4W", "opn": "G"}),
        _json("payloads/divoc", of(lambda t: divoc.code(divoc.signed(t)), "divoc"), divoc.body()),
        Target("payloads/divoc_unzipped", lambda data: _decode("divoc", abroad.zipped(data), divoc.trust),
               (json.dumps(divoc.signed()).encode(),)),
    ]  # fmt: skip


def _decode(name: str, text: str, known: Trust) -> object:
    (found,) = (each for each in formats.all_formats() if each.name == name)
    return found.decode(text, known)


def _files() -> list[Target]:
    """Lists and rules: from an administration, but from outside."""
    street, seals = mint.street(), abroad.Seals()
    lists = _lists(street, seals)
    publishers = Trust(signers=tuple(s for s in street.trust.signers if s.scheme == "eu_dcc"))
    anchors = signed_list.anchors(merge([publishers, seals.trust]))
    signed = _signed_lists(street, seals)
    usual = pass_batch.Usual(mint.NOW, 30, ZoneInfo("Asia/Shanghai"))
    rule = country.rule()
    question = {
        "logic": rule["Logic"],
        "data": {"payload": {"t": [{"sc": "2021-01-01"}]}, "external": {"validationClock": "2021-01-01T10:00:00Z"}},
    }
    more = {"+": [{"var": "accumulator"}, {"var": "current"}]}
    fold = {"reduce": [{"var": "x"}, {"if": [{"extractFromUVCI": ["a:1", 1]}, more, 0]}, 1]}

    def certlogic(data: bytes) -> object:
        match strict_json.decode(data, depth=200):
            case {"logic": logic, "data": given}:
                return evaluate(logic, given)
        return None

    return [
        *(Target(f"files/trust_list/{name}", _list_of_any_kind, seeds) for name, seeds in lists.items()),
        _text("files/online_patterns", lambda line: online_code.services([line]),
              r"city health https://a\.b/[a-z]{1,5}[xy]*z+", "town venue (a)(?i:b){3,9}"),
        Target("files/signed_list", lambda data: signed_list.content(data, "list", anchors), signed),
        Target("files/passes", lambda data: pass_batch.parse(data, usual),
               ("姓名,类别,截止,户\n王小明,居民,2026-12-01,1\n黄丽,,,1\n".encode(), b'name;days\n"A;B";3\n')),
        Target("files/country_rules", lambda data: country_rules.parse([("rules.json", data)]),
               (json.dumps([rule]).encode(), json.dumps(country.VALUE_SETS).encode())),
        Target("files/certlogic", certlogic,
               (json.dumps(question).encode(), json.dumps({"logic": fold, "data": {"x": [1, 2]}}).encode())),
    ]  # fmt: skip


def _lists(street: mint.Street, seals: abroad.Seals) -> dict[str, tuple[bytes, ...]]:
    """Samples of each kind of list, by its module's name."""
    signer, kid = b64encode(seals.signer).decode(), b64encode(b"12345678").decode()
    cards_taken_back = {"kid": "k", "method": "rid", "rids": ["abc", "abc.1600000000"]}
    keys = {"issuer": {"iss": cards.ISSUER}, "keys": [cards.Issuer().jwk], "crls": [cards_taken_back]}
    flag = {"venue": "venue:hall", "from": "2026-11-01", "until": "2026-11-21T07:30:00+08:00"}
    deny = {"kiosk_deny": 1, "as_of": "2026-11-21", "denied": ["eu_dcc:URN:UVCI:1"], "venues": [flag]}
    ours = own_keys.dump(s for s in street.trust.signers if s.scheme in own_keys.SCHEMES)
    digests = [hashlib.sha256(bytes([number])).digest()[:16] for number in range(9)]
    texts: dict[str, tuple[object, ...]] = {
        "card_revocations": (cards_taken_back,),
        "contexts": ({"kiosk_contexts": 1, "contexts": {"https://a.example/1": {"@context": {"a": "b"}}}},),
        "denied": (deny,),
        "did": (abroad.NzPass().document(),),
        "gateway": ([{"kid": kid, "country": "AT", "certificateType": "DSC", "rawData": signer}],),
        "jwks": ({"keys": [cards.Issuer().jwk], "iss": cards.ISSUER}, {"time": "2026-11-21", "issuerInfo": [keys]}),
        "kid_list": ({kid: [signer]},),
        "revocation_batch": ({"hashType": "UCI", "entries": [{"hash": b64encode(bytes(16)).decode()}]},),
    }
    key, authority = abroad.der(street.dcc_key.public_key()), seals.authority
    return {name: tuple(json.dumps(tree).encode() for tree in trees) for name, trees in texts.items()} | {
        "certificates": (authority, key, _pem("CERTIFICATE", seals.signer) + _pem("PUBLIC KEY", key)),
        "hash_file": (hash_file.dump(hashes("eu_dcc", digests, whole=True)),),
        "imported": (imported.pack(imported.Imported(ours, as_of=mint.NOW)),),
        "own_keys": (ours,),
    }


def _pem(label: str, der_bytes: bytes) -> bytes:
    return f"-----BEGIN {label}-----\n{b64encode(der_bytes).decode()}\n-----END {label}-----\n".encode()


def _list_of_any_kind(data: bytes) -> object:
    """By the kind itself, because `parse` fences it and would hide what it raises."""
    kind = kind_of(data)
    return kind.parse(data, "list") if kind else None


def _signed_lists(street: mint.Street, seals: abroad.Seals) -> tuple[bytes, ...]:
    """One of each form: CMS, CMS beside a gateway's entry, CMS around rules, a line above the list."""
    held, entry = b'{"kiosk_deny": 1, "denied": []}', seals.signer
    cms, beside = _cms(seals, held), _cms(seals, entry, PKCS7Options.DetachedSignature)
    entries = [{"kid": "AAAA", "rawData": b64encode(entry).decode(), "signature": b64encode(beside).decode()}]
    rule = _cms(seals, json.dumps(country.rule()).encode())
    rules = {"TR-XY-0001": [{"cms": b64encode(rule).decode()}]}
    line = b64encode(cards.es256(street.dcc_key, held)) + b"\n" + held
    return cms, json.dumps(entries).encode(), json.dumps(rules).encode(), line


def _cms(seals: abroad.Seals, held: bytes, *options: PKCS7Options) -> bytes:
    builder = PKCS7SignatureBuilder().set_data(held)
    builder = builder.add_signer(x509.load_der_x509_certificate(seals.signer), seals.key, SHA256())
    return builder.sign(Encoding.DER, [PKCS7Options.Binary, *options])


def _text(name: str, run: Callable[[str], object], *seeds: str) -> Target:
    return Target(name, lambda data: run(data.decode("utf-8", "replace")), tuple(seed.encode() for seed in seeds))


def _json(name: str, run: Callable[[Any], object], *seeds: object) -> Target:
    return Target(name, lambda data: run(strict_json.decode(data)), tuple(json.dumps(seed).encode() for seed in seeds))
