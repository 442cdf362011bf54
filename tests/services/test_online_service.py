"""Which addresses and keys of an online service will do."""

import pytest

from kiosk.core.faults import SettingsError
from kiosk.services.clock import SystemClock
from kiosk.services.resolver import Resolver
from kiosk.settings import ResolverSection


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
