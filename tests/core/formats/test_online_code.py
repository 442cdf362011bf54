"""Opaque codes, recognised by patterns."""

import time
from dataclasses import replace

import pytest

from kiosk.core.faults import SettingsError
from kiosk.core.formats import online_code, read
from kiosk.core.model import Kind, OnlineCode
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust

SHIPPED = Trust(services=online_code.services(()))


@pytest.mark.parametrize(
    ("text", "kind", "service"),
    [
        ("https://akm.example.gov.cn/akm-user/index.html?t=1", Kind.HEALTH, "gov_cn_health"),
        ("https://wx.example.gov.cn/wap/healthPass/access?c=abc", Kind.HEALTH, "gov_cn_health"),
        ("HTTPS://H5.EXAMPLE.GOV.CN/JKM/ABC", Kind.HEALTH, "gov_cn_health"),
        ("https://h5.example.gov.cn/csm/?id=3301", Kind.VENUE, "gov_cn_venue"),
        ("https://jkm.example.gov.cn/csm/?id=3301", Kind.VENUE, "gov_cn_venue"),
        ("weixin://dl/business/?t=QDZV", Kind.HEALTH, "wechat_mini_program"),
        ("alipays://platformapi/startapp?appId=20", Kind.HEALTH, "alipay_mini_program"),
        ("upwallet://rn/rnshcarcode", Kind.HEALTH, "unionpay_health_code"),
        ("https://render.alipay.com/p/w/some-jkm/report-health.html?orgCode=1", Kind.HEALTH, "alipay_health_page"),
        ("https://h5.dingtalk.com/healthAct/index.html?source=x", Kind.HEALTH, "dingtalk_health_page"),
        ("https://x.example.gov.cn/jkm/s?action=add&roomcode=7", Kind.VENUE, "gov_cn_venue"),
        ("https://x.example.gov.cn/a/changsuoma/7", Kind.VENUE, "gov_cn_venue"),
    ],
)
def test_public_forms_are_recognised_as_shipped(text, kind, service):
    assert read(text, SHIPPED) == OnlineCode("online_code", kind, service)


@pytest.mark.parametrize(
    "text",
    [
        "https://www.gov.cn/",
        "https://gov.cn.example.com/jkm/1",
        "https://example.com/?u=https://x.gov.cn/jkm/",
        "ftp://x.gov.cn/jkm/1",
        "jkm",
        "https://render.alipay.com/p/w/some-shop/index.html?x=1",
        "https://h5.dingtalk.com/other/index.html",
        "https://x.gov.cn/jkm/" + "a" * 600,
    ],
)
def test_other_links_are_not(text):
    assert read(text, SHIPPED).reason is Reason.UNSUPPORTED


def test_a_pattern_of_the_rules_comes_first_and_matches_the_whole_text():
    own = Trust(
        services=online_code.services([r"city health CITY-[0-9a-f]{16}", r"shop venue https://x\.gov\.cn/csm/\d+"])
    )
    assert read("CITY-0123456789abcdef", own) == OnlineCode("online_code", Kind.HEALTH, "city")
    assert read("CITY-0123456789abcdef0", own).reason is Reason.UNSUPPORTED
    assert read("https://x.gov.cn/csm/7", own) == OnlineCode("online_code", Kind.VENUE, "shop")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("city health", "name kind regex"),
        ("", "name kind regex"),
        ("city colour X", "health or venue"),
        ("city health [a", "not a regular expression"),
        ("city health (a+)+b", "repeat inside a repeat"),
        ("city health (a|aa)*b", "repeat inside a repeat"),
        ("city health ((a+)b?)*", "repeat inside a repeat"),
        ("city health ([a-z]+){2,}", "repeat inside a repeat"),
        (r"city health (?:(?:x\d*)|y)+", "repeat inside a repeat"),
        ("city health (a*){30}b", "repeat inside a repeat"),
        ("city health a*a*a*a*b", "more than 3 repeats"),
        (r"city health (a)\1", "back references"),
        ("city health a{99999999999}", "too large"),
        ("city health " + "(" * 5000 + ")" * 5000, "too deep"),
        (r"city health (?P<x>a)(?P=x)", "back references"),
    ],
)
def test_a_pattern_that_is_wrong_or_could_take_for_ever_is_refused_in_one_line(line, why):
    with pytest.raises(SettingsError, match=why) as caught:
        online_code.services(["good venue X+", line])
    assert str(caught.value).startswith("online.patterns[2]: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "line", [r"a health [(+*]{2}x", r"a health \(\+\)+", r"a health (ab)+", r"a health (a[)+]c)*", "a venue x?y?z?(w)?"]
)
def test_harmless_patterns_are_kept(line):
    assert online_code.services([line])[0].name == "a"


@pytest.mark.parametrize(
    "text", ["https://" + "a." * 240, "https://a.gov.cn/" + "/" * 490, "https://" + "a-" * 250, "a" * 512]
)
def test_no_text_makes_the_patterns_slow(text):
    own = replace(SHIPPED, services=online_code.services(["w health a*a*a*b"]))
    started = time.perf_counter()
    read(text, own)
    assert time.perf_counter() - started < 2
