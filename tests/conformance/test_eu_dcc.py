"""The public EU suite: every case at its own clock, against what its manifest expects.

Our stance on the rows that the manifest calls known bad:
- ES/401-403 are labelled ES256 and signed with a P-384 key in 96 bytes. RFC 9053 binds the curve no more, the
  HCERT specification does (ES256 is P-256); accepting them would mean to let a label choose the curve.
  They are BAD_SIGNATURE.
- common/CO15's certificate holds an empty extended key usage, which strict ASN.1 readers refuse together with
  every other extension. Ours reads that one extension by itself: it names no purpose, so like every certificate
  that names none it may sign all. The case is valid, as its own label says.
- FI's certificates (in the rest of the published suite) are the same case with another extension: key, times and
  purposes are read without it, and the signature decides.
- PL/*/6 expects a failed verification and means the key usage: its signature is genuine, and it is WRONG_KEY_USAGE,
  which no gate lets pass either.
"""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from kiosk.core.formats import read
from kiosk.core.model import Credential, Read
from kiosk.core.reasons import Reason
from kiosk.core.trust import Trust
from kiosk.core.trust.parse import parse
from kiosk.core.validity import validity

CURVE_BY_LABEL = {f"eu-dcc/ES/2DCode/raw/{number}.json" for number in (401, 402, 403)}
EMPTY_KEY_USAGE = {"eu-dcc/common/2DCode/raw/CO15.json"}
BEFORE_THE_SIGNATURE = ("EXPECTEDUNPREFIX", "EXPECTEDB45DECODE", "EXPECTEDCOMPRESSION", "EXPECTEDDECODE")


class Case(NamedTuple):
    """One row of the manifest, and what we made of it."""

    file: str
    expected: dict[str, bool]
    known_bad: bool
    clock: datetime
    found: Read

    @property
    def verified(self) -> bool:
        """Whether a trusted key made the signature."""
        return isinstance(self.found, Credential) or self.found.reason is Reason.WRONG_KEY_USAGE

    @property
    def should_verify(self) -> bool | None:
        """What the manifest says of the signature; None where it says nothing."""
        if "EXPECTEDVERIFY" in self.expected:
            return self.expected["EXPECTEDVERIFY"]
        return False if any(self.expected.get(step) is False for step in BEFORE_THE_SIGNATURE) else None


@pytest.fixture(scope="module")
def trust(certs) -> Trust:
    return parse((certs / "eu-dcc" / "trustlist.json").read_bytes(), "trustlist.json")


@pytest.fixture(scope="module")
def cases(certs, trust) -> list[Case]:
    def case(row: dict[str, Any]) -> Case:
        text = json.loads((certs / row["file"]).read_text())["PREFIX"]
        clock = datetime.fromisoformat(row["clock"])
        clock = clock if clock.tzinfo else clock.replace(tzinfo=UTC)
        return Case(row["file"], row["expected"], "known_bad" in row, clock, read(text, trust))

    return [case(row) for row in json.loads((certs / "eu-dcc" / "manifest.json").read_text())]


def test_every_certificate_of_the_trust_list_can_be_used(trust):
    assert trust.notes == ()


def test_the_signature_verdict_is_the_one_that_the_manifest_expects(cases, capsys):
    labelled = [c for c in cases if c.should_verify is not None]
    agree = [c for c in labelled if c.verified == c.should_verify]
    with capsys.disabled():
        print(f"\nEU DCC signature verdicts: {len(agree)} of {len(labelled)} labelled cases agree ({len(cases)} cases)")
    disagree = {c.file for c in labelled} - {c.file for c in agree}
    assert disagree - {c.file for c in cases if c.known_bad} == set()
    assert disagree == CURVE_BY_LABEL


def test_the_known_bad_rows_are_the_ones_that_we_took_a_stance_on(cases):
    assert {c.file for c in cases if c.known_bad} == CURVE_BY_LABEL | EMPTY_KEY_USAGE


def test_a_label_does_not_choose_the_curve(cases):
    assert {c.found.reason for c in cases if c.file in CURVE_BY_LABEL} == {Reason.BAD_SIGNATURE}


def test_an_empty_key_usage_names_no_purpose(cases):
    (case,) = [c for c in cases if c.file in EMPTY_KEY_USAGE]
    assert isinstance(case.found, Credential)


def test_the_key_usage_verdict_is_the_one_that_the_manifest_expects(cases, capsys):
    labelled = [c for c in cases if "EXPECTEDKEYUSAGE" in c.expected]
    wrong = {c.file for c in labelled if c.verified and not isinstance(c.found, Credential)}
    with capsys.disabled():
        print(f"\nEU DCC key usage: {len(labelled)} labelled cases, {len(wrong)} refused for it")
    assert wrong == {c.file for c in labelled if not c.expected["EXPECTEDKEYUSAGE"]}


def test_the_expiration_verdict_is_the_one_that_the_manifest_expects(cases, capsys):
    labelled = [c for c in cases if "EXPECTEDEXPIRATIONCHECK" in c.expected and isinstance(c.found, Credential)]
    disagree = {
        c.file: validity(c.found, c.clock)
        for c in labelled
        if (validity(c.found, c.clock) is Reason.VALID) != c.expected["EXPECTEDEXPIRATIONCHECK"]
    }
    with capsys.disabled():
        print(f"\nEU DCC expiration: {len(labelled) - len(disagree)} of {len(labelled)} labelled cases agree")
    assert disagree == {}


def test_every_credential_of_the_suite_names_a_holder_an_issuer_an_id_and_its_facts(cases):
    found = [c.found for c in cases if isinstance(c.found, Credential)]
    assert all(c.issuer and c.credential_id for c in found)
    missing = Counter(bool(c.tests or c.vaccinations or c.recoveries) for c in found)
    assert missing[False] == 0
