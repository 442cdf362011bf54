"""Which addresses and keys of an online service will do."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.core.faults import SettingsError
from kiosk.services.clock import SystemClock
from kiosk.services.online_service import NotBelieved, service
from kiosk.services.resolver import Resolver
from kiosk.settings import ResolverSection
from kiosk.store.authority import Authority
from tests.support.online_service import OnlineService


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///etc/passwd", "https address"),
        ("codes.example.org", "https address"),
        ("https://", "https address"),
        ("https://me:secret@codes.example.org/", "user"),
        ("https://codes.example.org/#x", "fragment"),
        ("http://codes.example.org/", "write https"),
        ("http://8.8.8.8/x", "write https"),
        ("https://codes.example.org:99999/", "resolver.url"),
    ],
)
def test_an_address_that_will_not_do_is_refused_in_one_line(url, why):
    with pytest.raises(SettingsError, match=why) as caught:
        Resolver(ResolverSection(url=url), SystemClock())
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/", "http://192.168.1.5/x", "http://[::1]/", "http://localhost/"]
)
def test_plain_http_is_for_this_machine_and_private_addresses(url):
    Resolver(ResolverSection(url=url), SystemClock())


@pytest.mark.parametrize("key", ["x", "AAAA", "é"])
def test_a_key_that_is_none_is_refused_in_one_line(key):
    with pytest.raises(SettingsError, match=r"resolver\.key"):
        Resolver(ResolverSection(url="https://codes.example.org/", key=key), SystemClock())


# --- An authority of one's own ----------------------------------------------------------------------------

CODE = "https://health.example.gov.cn/jkm/qrcode?t=T"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "tls")
    made.make(["127.0.0.1"], "gate", SystemClock().now())
    return made


@pytest.fixture
def behind_tls(authority: Authority) -> Iterator[OnlineService]:
    """A service whose certificate no system trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.chain, authority.key)
    service = OnlineService(tls=context)
    service.knows[CODE] = {"colour": "green"}
    yield service
    service.close()


def test_a_service_behind_an_authority_of_its_own_is_believed_where_the_settings_name_it(behind_tls, authority):
    section = ResolverSection(url=behind_tls.url, ca_file=str(authority.certificate))
    service(section).reach(SystemClock())
    assert service(section).ask(CODE, "health", "gov_cn_health", SystemClock()).colour == "green"


def test_without_it_and_with_another_nothing_is_asked(behind_tls, tmp_path):
    other = Authority(tmp_path / "other")
    other.make(["127.0.0.1"], "elsewhere", SystemClock().now())
    for ca_file in ("", str(other.certificate)):
        asked = service(ResolverSection(url=behind_tls.url, ca_file=ca_file))
        with pytest.raises(ssl.SSLCertVerificationError):
            asked.reach(SystemClock())
        with pytest.raises(NotBelieved, match="absent"):
            asked.ask(CODE, "health", "gov_cn_health", SystemClock())
    assert behind_tls.asked == []


def test_a_file_of_certificates_that_will_not_do_is_refused_in_one_line(tmp_path):
    (tmp_path / "empty.pem").write_text("nothing")
    for name, why in (
        (tmp_path / "empty.pem", "no certificate"),
        (tmp_path / "none.pem", "No such"),
        ("x", "full path"),
    ):
        with pytest.raises(SettingsError, match=rf"resolver\.ca_file.*{why}"):
            Resolver(ResolverSection(url="https://codes.example.org/", ca_file=str(name)), SystemClock())
