"""The public SMART Health Card suite: what its authors' own validator says of each file, and what the gate says.

An expectation is a list of error codes, then one of warnings. A warning is about how a card was made, and costs
nobody their way home. An error is one of these:
- about what a card says or how it is signed: then we refuse it;
- about the picture it came in, or about being split in several (deprecated, not forbidden): `OF_THE_PICTURE`. A gate
  reads what its camera gives, whatever mode or version the code was drawn in, so such a card holds. One picture has
  holes that the authors' decoder gives up on; ours corrects them, and the signature of what it reads is good.
"""

import json
import re
from pathlib import Path
from typing import Any

import cv2
import pytest

import hardware
from kiosk.core.formats import read
from kiosk.core.model import Credential, Part, Read
from kiosk.core.parts import collect
from kiosk.core.reasons import Reason
from kiosk.core.trust import merge
from kiosk.core.trust.parse import parse
from kiosk.core.validity import validity
from tests.support import cards

TYPES = {"qr", "qrnumeric", "jws", "jwspayload"}
OF_THE_PICTURE = {"QR_CHUNKING_DEPRECATED", "INVALID_QR", "INVALID_QR_VERSION", "QR_DECODE_ERROR"}


def errors(row: dict[str, Any]) -> set[str]:
    """The codes of its errors, without the warnings."""
    if row["expected_errors_then_warnings"] == "none":
        return set()
    listed = re.match(r"\[\s*(?:\[([^\]]*)\]|0)", row["expected_errors_then_warnings"])
    assert listed, row
    return set(re.findall(r"ec\.(\w+)", listed[1] or ""))


@pytest.fixture(scope="module")
def folder(certs: Path) -> Path:
    return certs / "shc"


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, Any]]:
    every = json.loads((folder / "expected.json").read_text())
    there = [r for r in every if r["type"] in TYPES and r["files"]]
    return [r for r in there if all((folder / "testdata" / name).exists() for name in r["files"])]


@pytest.fixture(scope="module")
def answer(folder: Path):
    issuer = cards.Issuer()
    published = parse((folder / "spec-issuer-jwks.json").read_bytes(), "jwks.json")
    trust = merge([published, issuer.trust(iss=None)])
    scanner = hardware.load("scanner", "cascade")

    def texts(row: dict[str, Any], path: Path) -> list[str]:
        if row["type"] == "jwspayload":  # a bare payload is signed here, with a key of our own
            return [issuer.card(json.loads(path.read_text()))]
        if row["type"] == "qr":
            return list(scanner.texts(cv2.imread(str(path))))
        return [path.read_text().strip()]

    def answered(row: dict[str, Any]) -> Read | None:
        held: tuple[Part, ...] = ()
        last: Read | None = None
        for name in row["files"]:
            for text in texts(row, folder / "testdata" / name):
                last = read(text, trust)
                if isinstance(last, Part):
                    held, whole = collect(held, last)
                    last = last if whole is None else read(whole, trust)
        return last

    return answered


def test_every_expectation_is_met(rows, answer, capsys):
    wrong = {}
    for row in rows:
        found = answer(row)
        holds = isinstance(found, Credential)
        if holds != (errors(row) <= OF_THE_PICTURE):
            wrong[row["name"]] = (found, errors(row))
    with capsys.disabled():
        print(
            f"\nSMART Health Cards: {len(rows) - len(wrong)} of {len(rows)} expectations of {', '.join(sorted(TYPES))}"
        )
    assert wrong == {}
    assert len(rows) >= 24


def test_a_code_with_holes_tells_of_the_same_person_as_a_whole_one(answer):
    holed, whole = (
        answer({"type": "qr", "files": [f"test-example-00-g-qr-code-0-{name}"]})
        for name in ("corrupted.png", "scaled-23.jpg")  # signed on different days
    )
    assert isinstance(holed, Credential)
    assert (holed.holder, holed.vaccinations) == (whole.holder, whole.vaccinations)


def test_a_card_that_begins_later_says_so(rows, answer):
    (row,) = [r for r in rows if "NOT_YET_VALID" in r["expected_errors_then_warnings"]]
    found = answer(row)
    assert isinstance(found, Credential)
    assert found.valid_from is not None
    assert validity(found, found.valid_from.replace(year=found.valid_from.year - 1)) is Reason.NOT_YET_VALID


def test_the_specification_s_own_examples_hold(folder):
    trust = parse((folder / "spec-issuer-jwks.json").read_bytes(), "jwks.json")
    for path in sorted((folder / "qr").glob("*.txt")):
        if path.read_text().startswith("shc:/"):
            found = read(path.read_text().strip(), trust)
            assert isinstance(found, Credential)
            assert found.issuer == "https://spec.smarthealth.cards/examples/issuer"


def test_the_directory_s_snapshot_gives_every_key_bound_to_its_issuer(certs):
    found = parse((certs / "trust" / "vci_snapshot.json").read_bytes(), "vci.json")
    assert (len(found.signers), found.notes) == (961, ())
    assert len({s.issuer for s in found.signers}) >= 640
    assert found.as_of is not None
