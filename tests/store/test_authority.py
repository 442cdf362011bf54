"""The kiosk's own certificate authority."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from kiosk.core.faults import SettingsError
from kiosk.store.authority import AUTHORITY_YEARS, SERVER_DAYS, Authority

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
NAMES = ("kiosk.local", "192.168.1.7", "::1")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "tls")
    made.make(NAMES, "Garden Court", NOW)
    return made


def trusts(authority: Authority, chain: bytes, name: str, at: datetime = NOW) -> bool:
    """Whether a browser that has the authority's certificate believes a server of that name."""
    store = Store(x509.load_pem_x509_certificates(authority.certificate.read_bytes()))
    try:
        subject: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    verifier = PolicyBuilder().store(store).time(at).build_server_verifier(subject)
    try:
        verifier.verify(x509.load_pem_x509_certificates(chain)[0], [])
    except VerificationError:
        return False
    return True


def test_every_name_that_was_asked_for_is_believed_and_no_other(authority: Authority) -> None:
    chain = authority.chain.read_bytes()
    assert all(trusts(authority, chain, name) for name in NAMES)
    assert not any(trusts(authority, chain, name) for name in ("bank.example", "192.168.1.8", "x.kiosk.local"))


def test_a_stolen_authority_vouches_for_nothing_else(authority: Authority, tmp_path: Path) -> None:
    key = load_pem_private_key((tmp_path / "tls" / "authority.key").read_bytes(), None)
    certificate = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    authority._certify((x509.DNSName("bank.example"),), key, certificate, NOW)
    assert not trusts(authority, authority.chain.read_bytes(), "bank.example")


def test_it_is_renewed_for_the_same_names_before_it_ends_and_devices_notice_nothing(authority: Authority) -> None:
    shown = authority.shown()
    assert not authority.due(NOW)
    late = shown.until - timedelta(days=30)
    assert authority.due(late)
    renewed = authority.renew(late)
    assert (renewed.names, renewed.fingerprint) == (shown.names, shown.fingerprint)
    assert not authority.due(late)
    assert trusts(authority, authority.chain.read_bytes(), "kiosk.local", shown.until + timedelta(days=30))


def test_no_certificate_is_good_for_longer_than_browsers_take(authority: Authority) -> None:
    server, signer = x509.load_pem_x509_certificates(authority.chain.read_bytes())
    assert server.not_valid_after_utc - server.not_valid_before_utc <= timedelta(days=SERVER_DAYS)
    late = signer.not_valid_after_utc - timedelta(days=10)
    assert late - NOW > timedelta(days=365 * AUTHORITY_YEARS - 11)
    assert authority.renew(late).until == signer.not_valid_after_utc


def test_keys_are_for_their_owner_alone(authority: Authority, tmp_path: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()}
    assert modes == {"authority.key": 0o600, "server.key": 0o600, "kiosk.crt": 0o644, "server.pem": 0o644}


@pytest.mark.parametrize("name", ["", "a b", "-x", "x" * 64, "http://kiosk", "王", "a..b", "1.2.3.4/8"])
def test_what_is_no_name_is_refused_and_nothing_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="neither a host name nor an IP address"):
        Authority(tmp_path / "tls").make((name,), "x", NOW)
    assert not (tmp_path / "tls").exists()


@pytest.mark.parametrize("name", ["kiosk.crt", "authority.key"])
def test_broken_files_are_one_sentence(authority: Authority, tmp_path: Path, name: str) -> None:
    (tmp_path / "tls" / name).write_text("nonsense")
    with pytest.raises(SettingsError, match="say kiosk tls init"):
        authority.renew(NOW)
    with pytest.raises(SettingsError, match="say kiosk tls init"):
        Authority(tmp_path / "nowhere").shown()
