"""The public samples of NZ passes, ICAO seals and Green Passes, each at a clock of its time."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

import hardware
from kiosk.core.formats import read
from kiosk.core.model import Credential, Read, Refusal
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust, merge
from kiosk.core.trust.parse import parse
from kiosk.core.validity import validity
from tests.support import abroad

NZ_CLOCK = datetime(2021, 12, 1, tzinfo=UTC)
NZ_EXPECTED = {
    "nzcp": Reason.VALID,
    "nzcp-bad-public-key": Reason.BAD_SIGNATURE,
    "nzcp-not-associated-public-key": Reason.UNKNOWN_ISSUER,
    "nzcp-revoked-public-key": Reason.UNKNOWN_ISSUER,
    "nzcp-modified-sig": Reason.BAD_SIGNATURE,
    "nzcp-modified-payload": Reason.BAD_SIGNATURE,
    "nzcp-expired-payload": Reason.EXPIRED,
    "nzcp-notactive-payload": Reason.NOT_YET_VALID,
}


def reason(found: Read, clock: datetime) -> Reason:
    return found.reason if isinstance(found, Refusal) else validity(found, clock)


@pytest.fixture(scope="module")
def nz_trust(certs: Path) -> Trust:
    return merge(parse((certs / "nzcp" / p).read_bytes(), p) for p in ("valid/did.json", "liveDIDDocument.json"))


def test_every_nz_pass_is_what_its_name_says(certs, nz_trust, capsys):
    texts = {path.stem: path.read_text().strip() for path in sorted((certs / "nzcp").rglob("*.txt"))}
    found = {name: reason(read(t, nz_trust), NZ_CLOCK) for name, t in texts.items() if t.startswith("NZCP:")}
    with capsys.disabled():
        print(f"\nNZ passes: {sum(NZ_EXPECTED[n] is r for n, r in found.items())} of {len(found)} as named")
    assert found == {name: NZ_EXPECTED[name] for name in found}
    assert len(found) >= 7


def test_every_picture_of_an_nz_pass_is_what_its_name_says(certs, nz_trust):
    scanner = hardware.load("scanner", "cascade")
    for path in sorted((certs / "nzcp").rglob("*.png")):
        (text,) = scanner.texts(cv2.imread(str(path)))
        found = reason(read(text, nz_trust), NZ_CLOCK)
        # The picture of the revoked key holds a pass that nobody listed signed.
        assert found is NZ_EXPECTED[path.stem] or path.stem == "nzcp-revoked-public-key", path
        assert (found is Reason.VALID) == (NZ_EXPECTED[path.stem] is Reason.VALID)


def test_every_seal_holds_with_its_signer_listed_and_not_without(certs, capsys):
    paths = sorted((certs / "vds-nc").glob("*.txt"))
    for path in paths:
        text = path.read_text().strip()
        tree = json.loads(text)
        signer = parse(base64.urlsafe_b64decode(tree["sig"]["cer"] + "=="), "dsc.der")
        found = read(text, signer)
        assert isinstance(found, Credential)
        assert found.holder.name == tree["data"]["msg"]["pid"]["n"]
        assert found.tests or found.vaccinations
        assert reason(read(text, Trust()), NZ_CLOCK) is Reason.UNKNOWN_ISSUER
        assert reason(read(text.replace("1990", "1991"), signer), NZ_CLOCK) is Reason.BAD_SIGNATURE
    with capsys.disabled():
        print(f"\nVDS-NC: {len(paths)} of {len(paths)} samples hold")


def test_the_green_pass_holds_with_the_key_of_its_ministry(certs):
    folder = certs / "ramzor"
    text = (folder / "Sample-VacCertificate1-Payload.txt").read_text().strip()
    trust = merge(parse(path.read_bytes(), path.name) for path in sorted(folder.glob("*.pem")))
    found = read(text, trust)
    assert isinstance(found, Credential)
    assert found.holder.name == "Moshe Cohen"
    assert validity(found, datetime(2021, 6, 1, tzinfo=UTC)) is Reason.VALID
    assert validity(found, datetime(2021, 9, 1, tzinfo=UTC)) is Reason.EXPIRED
    assert reason(read(text.replace("Moshe", "Mosha"), trust), NZ_CLOCK) is Reason.BAD_SIGNATURE


def test_the_dutch_domestic_code_is_known_by_name(certs):
    (path,) = (certs / "nl-coronacheck").glob("*.txt")
    found = read(path.read_text().strip(), Trust())
    assert (found.format, reason(found, NZ_CLOCK)) == ("nl_coronacheck", Reason.UNSUPPORTED)


def test_the_indian_sample_holds_and_what_its_signature_leaves_open_changes_no_fact(certs):
    folder = certs / "divoc"
    trust = parse((folder / "context" / "did-india.pem").read_bytes(), "did-india.pem")
    text = (folder / "DIVOCQR1Contents.txt").read_text().strip()
    found = read(text, trust)
    assert isinstance(found, Credential)
    assert found.holder.name == "Third March User One"
    document = json.loads((folder / "DIVOCQR1Unpacked.json").read_text())
    assert read(abroad.zipped(json.dumps(document).encode()), trust) == found
    event = document["evidence"][0]
    for name in ("effectiveUntil", "effectiveStart", "infoUrl"):
        value = event.pop(name)
        assert read(abroad.zipped(json.dumps(document).encode()), trust) == found, name
        event[name] = value
    event.update(dose=2, totalDoses=1, unknown="x")
    assert read(abroad.zipped(json.dumps(document).encode()), trust) == found
    document["credentialSubject"]["name"] = "Other"
    assert reason(read(abroad.zipped(json.dumps(document).encode()), trust), NZ_CLOCK) is Reason.BAD_SIGNATURE


def test_the_published_contexts_can_be_imported_and_say_the_same(certs):
    folder = certs / "divoc"
    published = [parse(path.read_bytes(), path.name) for path in sorted((folder / "context").glob("*.json"))]
    assert any(list_.contexts for list_ in published)
