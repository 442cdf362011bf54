"""Which of a country's rules are in force for a certificate, and what they say of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core import country_rules
from kiosk.core.country_rules import parse
from kiosk.core.faults import SettingsError
from kiosk.core.formats import read
from kiosk.core.model import Credential
from tests.support import mint
from tests.support.country import KNOWN_MAKER, VALUE_SETS, book, rule

NOW = mint.NOW


@pytest.fixture(scope="module")
def street() -> mint.Street:
    return mint.street()


@pytest.fixture(scope="module")
def certificate(street) -> Credential:
    found = read(street.dcc(), street.trust)
    assert isinstance(found, Credential)
    return found


def in_force(certificate, *parts, country="XY", region="", now=NOW) -> list[str]:
    found = country_rules.in_force(book(*parts), certificate, country, region, now)
    return [f"{each.identifier} {'.'.join(map(str, each.version))}" for each in found]


def test_a_file_may_hold_one_rule_a_list_of_rules_or_value_sets(certificate):
    many = book([rule(), rule("GR-XY-0002")], rule("TR-XY-0003"), VALUE_SETS, {"country-2-codes": ["AT", "XY"]})
    assert {each.identifier for each in many.rules} == {"TR-XY-0001", "GR-XY-0002", "TR-XY-0003"}
    assert many.value_sets == {"covid-19-lab-test-type": ["LP6464-4"], "country-2-codes": ["AT", "XY"]}


def test_the_digest_of_a_book_changes_with_its_content():
    assert book().digest == ""
    assert book(rule()).digest == book(rule()).digest != book(rule(Version="1.0.1")).digest


def test_the_latest_version_that_is_valid_counts(certificate):
    versions = (
        rule(Version="1.9.0"),
        rule(Version="1.10.0"),
        rule(Version="2.0.0", ValidFrom="2029-01-01T00:00:00Z"),
        rule(Version="3.0.0", ValidTo="2022-01-01T00:00:00Z"),
    )
    assert in_force(certificate, *versions) == ["TR-XY-0001 1.10.0"]
    assert in_force(certificate, *versions, now=datetime(2029, 6, 1, tzinfo=UTC)) == ["TR-XY-0001 2.0.0"]


def test_a_rule_holds_from_its_first_instant_and_no_more_at_its_end(certificate):
    from_until = rule(ValidFrom="2026-11-21T07:30:00Z", ValidTo="2026-11-21T08:30:00+01:00")
    assert in_force(certificate, from_until) == []
    assert in_force(certificate, from_until | {"ValidTo": "2026-11-21T07:30:01Z"}) == ["TR-XY-0001 1.0.0"]
    assert in_force(certificate, from_until | {"ValidTo": "2027-01-01"}, now=NOW - timedelta(seconds=1)) == []


def test_rules_are_for_kinds_of_certificates(certificate):
    kinds = [rule(f"GR-XY-000{n}", CertificateType=k) for n, k in enumerate(("General", "Test", "Vaccination"))]
    assert in_force(certificate, *kinds) == ["GR-XY-0000 1.0.0", "GR-XY-0001 1.0.0"]


def test_rules_of_other_countries_do_not_count(certificate):
    assert in_force(certificate, rule(), rule("TR-ZZ-0001")) == ["TR-XY-0001 1.0.0"]


def test_an_issuer_takes_its_own_certificates_back_wherever_they_are_shown(certificate):
    assert certificate.issuer == "XX"
    taken_back = (rule("IR-XX-0001", Type="Invalidation"), rule("IR-XY-0001", Type="Invalidation"), rule("TR-XX-0001"))
    assert in_force(certificate, *taken_back) == ["IR-XX-0001 1.0.0"]


def test_rules_of_a_region_count_there_only(certificate):
    rules = (rule("TR-XY-0001"), rule("TR-XY-0002", Region="NORTH"))
    assert in_force(certificate, *rules) == ["TR-XY-0001 1.0.0"]
    assert in_force(certificate, *rules, region="north") == ["TR-XY-0001 1.0.0", "TR-XY-0002 1.0.0"]
    assert in_force(certificate, *rules, region="South") == ["TR-XY-0001 1.0.0"]


def test_the_external_parameters_have_the_names_of_the_eus_format(certificate):
    certificate = replace(certificate, kid=b"12345678")
    external = country_rules.context(book(VALUE_SETS), certificate, "XY", "north", NOW)["external"]
    assert external == {
        "validationClock": "2026-11-21T07:30:00.000Z",
        "valueSets": {"covid-19-lab-test-type": ["LP6464-4"]},
        "countryCode": "XY",
        "exp": "2026-11-22T07:30:00.000Z",
        "iat": "2026-11-21T06:30:00.000Z",
        "issuerCountryCode": "XX",
        "kid": "MTIzNDU2Nzg=",
        "region": "north",
    }


def met(certificate, logic, now=NOW, **changed) -> bool | None:
    known = book(rule(logic=logic, **changed), VALUE_SETS)
    return country_rules.is_met(known.rules[0], country_rules.context(known, certificate, "XY", "", now))


def test_a_rule_sees_the_signed_payload_the_clock_and_the_value_sets(certificate, street):
    recent = rule()["Logic"]
    assert met(certificate, recent) is True
    assert met(certificate, recent, now=NOW + timedelta(hours=20)) is False
    assert met(certificate, KNOWN_MAKER) is True
    other = read(street.dcc(sampled_at=NOW - timedelta(days=3)), street.trust)
    assert met(other, recent) is False


def test_the_key_id_of_the_signer_is_known(certificate):
    assert met(certificate, {"===": [{"var": "external.kid"}, "bWludC1kc2M="]}) is True


@pytest.mark.parametrize("logic", [1, "true", {"var": "payload.t"}, {"+": ["a", 1]}, {"var": "payload.nothing"}])
def test_a_rule_that_says_neither_true_nor_false_cannot_tell(certificate, logic):
    assert met(certificate, logic) is None


def test_a_rule_for_another_major_version_of_certificates_cannot_tell(certificate):
    assert met(certificate, True, SchemaVersion="1.9.9") is True
    assert met(certificate, True, SchemaVersion="2.0.0") is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"Identifier": "TR-XY-1"}, "Identifier"),
        ({"Identifier": None}, "neither a rule"),
        ({"Type": "Hint"}, "rule TR-XY-0001: its Type"),
        ({"Country": "xy"}, "Country"),
        ({"Version": "1.0"}, "Version"),
        ({"Version": 1}, "Version"),
        ({"SchemaVersion": None}, "SchemaVersion"),
        ({"Engine": "LUA"}, "Engine"),
        ({"CertificateType": "Pass"}, "CertificateType"),
        ({"ValidFrom": "soon"}, "ValidFrom"),
        ({"ValidFrom": "2021-99-99"}, "a time"),
        ({"ValidTo": None}, "ValidTo"),
        ({"Logic": None}, "TR-XY-0001"),
        ({"Logic": {"xor": [1, 2]}}, "unrecognised operator"),
    ],
)
def test_a_wrong_rule_refuses_all_with_file_and_reason(wrong, says):
    with pytest.raises(SettingsError, match=says) as raised:
        book(rule("TR-XY-0009"), rule(**wrong))
    assert str(raised.value).startswith("1.json: ")


@pytest.mark.parametrize("data", [b"", b"{", b"7", b'{"a": 1}', b"{}", b'{"a": ["b", 1]}', b'[["a"]]', b"\xff"])
def test_what_is_no_file_of_rules_is_refused(data):
    with pytest.raises(SettingsError, match=r"rules\.json: "):
        parse([("rules.json", data)])


def test_two_rules_of_one_identifier_and_version_are_refused():
    with pytest.raises(SettingsError, match=r"TR-XY-0001 1\.0\.0 is there twice"):
        book(rule(), [rule(logic=True)])


def test_descriptions_are_made_safe_to_show():
    said = [{"lang": "en", "desc": "a\u202eb\n" + "x" * 1000}, {"lang": "<b>", "desc": "no"}, {"lang": "de"}, "de"]
    (found,) = book(rule(Description=said)).rules
    assert set(found.said) == {"en"}
    assert found.said["en"].startswith("ab x")
    assert len(found.said["en"]) <= country_rules.MAX_SAID


def test_a_book_says_whether_it_covers_a_country_now():
    known = book(rule(), rule("IR-ZZ-0001", Type="Invalidation"), json.loads(json.dumps(VALUE_SETS)))
    assert known.covers("XY", NOW)
    assert not known.covers("XY", NOW + timedelta(days=10_000))
    assert not known.covers("ZZ", NOW)
