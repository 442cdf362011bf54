"""A bit that was flipped on the way makes a code invalid, or changes nothing that is said of it."""

import json
from datetime import UTC, datetime

import pytest

from tests.support import flips, fuzz_targets
from tests.support.flips import Sample, tried

SAMPLES = flips.samples()
BITS = 300  # of each sample here; `make bench` flips every one


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
def test_a_flipped_bit_is_never_believed_with_other_facts(sample: Sample):
    bits = 8 * len(sample.text.encode())
    found = tried(sample, every=max(1, bits // BITS), first=3)
    assert found.believed == ()
    assert found.bits >= min(bits, BITS)


def test_what_is_said_of_two_codes_differs():
    sample = SAMPLES[0]
    good = flips.said(sample, sample.text)
    assert good is not None
    assert good != flips.said(sample, SAMPLES[1].text)
    assert flips.said(sample, flips.flipped(sample.text.encode(), 100)) is None


def test_every_place_can_be_flipped_and_back():
    data = b"HC1:6BF"
    for place in range(8 * len(data)):
        changed = flips.flipped(data, place)
        assert changed.encode("utf-8", "surrogateescape") != data
        assert flips.flipped(changed.encode("utf-8", "surrogateescape"), place).encode() == data


def test_public_samples_are_found_at_their_own_clocks(tmp_path):
    text = fuzz_targets.world()[0]["eu_dcc"]
    (tmp_path / "eu-dcc" / "XX").mkdir(parents=True)
    (tmp_path / "eu-dcc" / "XX" / "1.json").write_text(json.dumps({"PREFIX": text}))
    row = {"file": "eu-dcc/XX/1.json", "clock": "2026-11-21T07:30:00", "expected": {"EXPECTEDVERIFY": True}}
    (tmp_path / "eu-dcc" / "manifest.json").write_text(json.dumps([row, {**row, "known_bad": "x"}]))
    (sample,) = flips.public(tmp_path, fuzz_targets.world()[1])
    assert (sample.text, sample.at) == (text, datetime(2026, 11, 21, 7, 30, tzinfo=UTC))
