"""Codes that are known by name only."""

import pytest

from kiosk.core.formats import read
from kiosk.core.formats.online_code import services
from kiosk.core.formats.recognised import KNOWN
from kiosk.core.model import Kind, OnlineCode, Refusal
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust

UUID = "512875cb-17e6-4dad-ac62-3e792d94e03f"
SAMPLES = {
    "NL2:B4V.W9D:LWJ5W2S6A$XQ9N* Y252": "nl_coronacheck",
    "LT1:6BFY90R10RDWT 9O60GO0000W50JB06H08CK%QC/70YM8N34GB8": "ch_certificate_light",
    "DC04FR000001XXXX1E6FB101FRL0DUPONT": "fr_2d_doc",
    "CRED:STATUS:2:GBCAEIC4X7:1.PCF:2/COVID": "pathcheck",
    "shlink:/eyJ1cmwiOiJodHRwczovL2V4IiwiZmxhZyI6IlAifQ": "smart_health_link",
    "https://viewer.example/#shlink:/eyJ1cmwiOiJo": "smart_health_link",
    "https://validacertidao.saude.gov.br/x/1": "br_conectesus",
    "https://www.gosuslugi.ru/covid-cert/verify/1?lang=ru": "ru_gosuslugi",
    "https://action.openattestation.com/?q=%7B%22type%22": "sg_healthcert",
    "https://app.luca-app.de/webapp/testresult/#eyJ0eXAi": "luca_test_result",
    f"https://app.luca-app.de/webapp/{UUID}#e30": "luca",
    f"https://app.luca-app.de/webapp/meeting/{UUID}#e30": "luca",
    "https://www.safeentry-qr.gov.sg/tenant/PROD-1-GATE-SE": "sg_safeentry",
    "https://temperaturepass.ndi-api.gov.sg/login/PROD-1": "sg_safeentry",
    "HKEN:0gxr8l5A6eyJtZXRhZGF0YSI6bnVsbH0": "hk_leavehomesafe",
    "https://tac.gouv.fr?v=0#AJmD": "fr_tousanticovid_venue",
    "https://mysejahtera.malaysia.gov.my/qrscan?lId=1": "my_mysejahtera",
}


@pytest.mark.parametrize(("text", "name"), SAMPLES.items())
def test_a_code_is_known_by_name_and_says_what_would_be_needed(text, name):
    (known,) = {k for k in KNOWN if k.name == name and k.pattern.fullmatch(text)}
    found = read(text, Trust())
    if known.reason is Reason.ONLINE_REQUIRED:
        assert found == OnlineCode("recognised", known.kind, name)
    else:
        assert found == Refusal(name, known.kind, Reason.UNSUPPORTED)


def test_every_kind_has_a_sample():
    assert {known.name for known in KNOWN} == set(SAMPLES.values())


@pytest.mark.parametrize("text", SAMPLES)
def test_no_sample_is_of_two_kinds(text):
    assert len({known.name for known in KNOWN if known.pattern.fullmatch(text)}) == 1


def test_a_pattern_of_the_rules_goes_before():
    trust = Trust(services=services([r"ours venue https://www\.safeentry-qr\.gov\.sg/.*"]))
    text = "https://www.safeentry-qr.gov.sg/tenant/PROD-1-GATE-SE"
    assert read(text, trust) == OnlineCode("online_code", Kind.VENUE, "ours")


@pytest.mark.parametrize(
    "text", ["NL:", "https://app.luca-app.de/", "http://www.safeentry-qr.gov.sg/x", "HKEN", "LT2:A"]
)
def test_what_only_begins_alike_is_not_known(text):
    assert read(text, Trust()) == Refusal("", Kind.UNKNOWN, Reason.UNSUPPORTED)
