"""DIVOC credentials: what is read of them, and that nothing which the signature leaves open is a fact."""

import copy
import json
from base64 import b64decode
from datetime import UTC, date, datetime

import pytest

from kiosk.core.codecs.jsonld_terms import CREDENTIALS
from kiosk.core.formats import read
from kiosk.core.model import Credential, Holder, Kind, Refusal, Vaccination
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust, merge
from kiosk.core.trust.parse import parse
from tests.support import abroad

INDIA = abroad.Divoc()
LANKA = "https://moh.example/credentials/vaccination/v1"


def good(text: str, trust: Trust = INDIA.trust) -> Credential:
    found = read(text, trust)
    assert isinstance(found, Credential), found
    return found


def refused(text: str, trust: Trust = INDIA.trust) -> Reason:
    found = read(text, trust)
    assert isinstance(found, Refusal), found
    assert (found.format, found.kind) == ("divoc", Kind.HEALTH)
    return found.reason


def test_a_vaccination_is_read_whole():
    found = good(INDIA.code())
    assert (found.issuer, found.credential_id) == ("IN", "https://issuer.example/vaccine/1")
    assert found.holder == Holder(name="Anna Muster", document="P1")
    assert found.vaccinations == (Vaccination(1, 2, date(2021, 3, 3), "COVISHIELD"),)
    assert found.valid_from == datetime(2026, 3, 3, 4, 28, 46, 12000, tzinfo=UTC)


def test_an_archive_is_read_as_a_scanner_hands_over_its_bytes():
    text = INDIA.code()
    assert good(b64decode(text[4:]).decode("latin-1")) == good(text)


def test_bytes_of_another_kind_are_malformed_like_every_control_character():
    archive = b64decode(INDIA.code()[4:]).decode("latin-1")
    for text in (archive[1:], "PK\x03\x05" + archive[4:], archive + "\u0100"):
        assert read(text, INDIA.trust) == Refusal("", Kind.UNKNOWN, Reason.MALFORMED)


def edited(change) -> str:
    """A signed credential, changed after it was signed."""
    document = copy.deepcopy(INDIA.signed())
    change(document, document["evidence"][0])
    return INDIA.code(document)


LEAVE_THE_SIGNATURE_WHOLE = {
    "a member that no context knows": lambda d, e: d.update(remarks="Somebody", status="green"),
    "a fact of a later version": lambda d, e: e.update(result="negative", expires="2099-01-01"),
    "another name beside the person": lambda d, e: d["credentialSubject"].update(fullName="Other"),
    "a value that only repeats another": lambda d, e: e.pop("effectiveUntil"),
    "doses exchanged": lambda d, e: e.update(dose=2, totalDoses=1),
    "vaccine and batch exchanged": lambda d, e: e.update(batch="COVISHIELD", vaccine="B7"),
    "date and end exchanged": lambda d, e: e.update(date=e["effectiveUntil"], effectiveUntil=e["date"]),
    "another order": lambda d, e: d.update(dict(reversed(d.items()))),
}


@pytest.mark.parametrize("change", LEAVE_THE_SIGNATURE_WHOLE.values(), ids=LEAVE_THE_SIGNATURE_WHOLE)
def test_what_the_signature_leaves_open_changes_no_fact(change):
    assert good(edited(change)) == good(INDIA.code())


BREAK_IT = {
    "another name": lambda d, e: d["credentialSubject"].update(name="Other"),
    "another dose": lambda d, e: e.update(dose=3),
    "another end": lambda d, e: e.update(effectiveUntil="2099-01-01"),
    "another issuer": lambda d, e: d.update(issuer="https://other.example/"),
    "another time of the proof": lambda d, e: d["proof"].update(created="2027-03-03T04:28:46Z"),
    "an event more": lambda d, e: d["evidence"].append({**e, "id": "https://issuer.example/vaccine/2"}),
}


@pytest.mark.parametrize("change", BREAK_IT.values(), ids=BREAK_IT)
def test_what_the_signature_covers_cannot_be_changed(change):
    assert refused(edited(change)) is Reason.BAD_SIGNATURE


def test_only_a_listed_key_under_its_own_name_counts():
    assert refused(INDIA.code(), Trust()) is Reason.UNKNOWN_ISSUER
    assert refused(INDIA.code(INDIA.signed(verificationMethod="did:other"))) is Reason.UNKNOWN_ISSUER
    assert refused(INDIA.code(), abroad.Divoc().trust) is Reason.BAD_SIGNATURE
    alone = parse(abroad.der(INDIA.key.public_key()), "did-issuer.der")
    assert good(INDIA.code(), alone).issuer == "https://issuer.example/"


def test_the_context_of_another_country_comes_with_a_list_and_is_never_fetched():
    terms = {"id": "@id", "type": "@type", "vac": LANKA, "s": "https://schema.org/",
             "name": "s:name", "dose": "s:doseValue", "totalDoses": "s:doseValue", "date": "s:date",
             "vaccine": "s:id"}  # fmt: skip
    listed = parse(json.dumps({"@context": terms}).encode(), "lanka.json")
    assert list(listed.contexts) == [LANKA]
    text = INDIA.code(INDIA.signed(INDIA.body(**{"@context": [CREDENTIALS, LANKA]}), listed.contexts))
    assert refused(text) is Reason.MALFORMED
    found = good(text, merge([INDIA.trust, listed]))
    assert found.vaccinations == (Vaccination(1, 2, date(2021, 3, 3), "COVISHIELD"),)


@pytest.mark.parametrize(
    "changed",
    [{"@context": "https://attacker.example/v1"}, {"@context": [{"name": "https://schema.org/name"}]}, {"@context": 7},
     {"credentialSubject": [{"id": "did:a:1"}, {"id": "did:a:2"}, {"id": "did:a:3"}]}, {"@graph": []},
     {"credentialSubject": {"@id": "did:a:1"}}, {"credentialSubject": {"id": "_:c14n0"}},
     {"evidence": {"x": {"@type": 1}}}, {"@context": [CREDENTIALS] * 5}, {"type": ["VerifiableCredential"] * 33},
     {"evidence": [{"facility": {"address": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": [{}, {}]}}}}}}}}}}] * 2}],
    ids=str,
)  # fmt: skip
def test_a_document_that_brings_its_own_meaning_or_too_many_nodes_is_malformed(changed):
    assert refused(INDIA.code({**INDIA.signed(), **changed})) is Reason.MALFORMED


@pytest.mark.parametrize("jws", ["", "a.b.c", "e30..AAAA", "eyJhbGciOiJub25lIn0..", 7])
def test_a_proof_of_another_kind_is_refused(jws):
    document = INDIA.signed()
    document["proof"]["jws"] = jws
    assert refused(INDIA.code(document)) in (Reason.UNSUPPORTED, Reason.MALFORMED)


@pytest.mark.parametrize(
    "text",
    ["B64:", "B64:AAAA", "B64:!", abroad.zipped(b"{}", "other.json"), abroad.zipped(b"not json"), abroad.zipped(b"[]"),
     abroad.zipped(bytes(5_000_000)), abroad.zipped(b"{}")[:40], abroad.zipped(b'{"proof": {}, "proof": {}}')],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_an_archive_of_something_else_is_malformed(text):
    assert refused(text) is Reason.MALFORMED


def paths(node: object, here: tuple = ()) -> list[tuple]:
    """The way to every member, also within lists."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found = [(*here, key) for key, _ in members]
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return found + [path for key, value in members for path in paths(value, (*here, key))]


def with_member(document: dict, path: tuple, change: object) -> dict:
    """`document` with the member at `path` replaced, or taken away where `change` is Ellipsis."""
    copy = json.loads(json.dumps(document))
    node = copy
    for key in path[:-1]:
        node = node[key]
    if change is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = change
    return copy


@pytest.mark.parametrize("change", [..., "edited", "2030-01-01", 9, None, [], {}], ids=repr)
def test_whatever_member_is_edited_the_code_is_refused_or_every_fact_stays(change):
    issuer = abroad.Divoc()
    event = {**issuer.body()["evidence"][0], "infoUrl": "https://issuer.example/info", "unknown": "x"}
    document = issuer.signed(issuer.body(evidence=[event], refresh={"id": "x"}))
    true = read(issuer.code(document), issuer.trust)
    assert isinstance(true, Credential)
    tried = [(path, read(issuer.code(with_member(document, path, change)), issuer.trust)) for path in paths(document)]
    believed = [(path, found) for path, found in tried if isinstance(found, Credential)]
    assert [path for path, found in believed if found != true] == []
    assert "unknown" in {path[-1] for path, _ in believed}
