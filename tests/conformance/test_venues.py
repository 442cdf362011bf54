"""The public samples of venue codes.

One row is labelled wrongly: of the two NotifyMe links that the sample file accepts, one lacks a character in the
middle of its base 64, so that everything behind it is shifted by six bits; the project that it comes from calls it
the wrong code itself. Nothing in it is a place, and it is MALFORMED.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from kiosk.core.formats import read
from kiosk.core.model import Refusal, VenueCode
from kiosk.core.trust import Trust
from kiosk.core.trust.parse import parse

FORMATS = {"nz-covid-tracer": "nz_covid_tracer", "cwa-event": "corona_warn_app", "notifyme": "notify_me"}


@pytest.fixture(scope="module")
def folder(certs: Path) -> Path:
    return certs / "venue"


def samples(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text())


def lacks_a_character(text: str, others: list[str]) -> bool:
    """Whether one of `others` is this text with one character more."""
    return any(len(o) == len(text) + 1 and any(o[:i] + o[i + 1 :] == text for i in range(len(o))) for o in others)


def test_every_nhs_poster_is_accepted_or_refused_as_labelled(folder, capsys):
    trust = parse((folder / "nhs-test-key-kid3.pem").read_bytes(), "nhs-test-key-kid3.pem")
    rows = samples(folder, "nhs-venue-cases")
    wrong = [r["name"] for r in rows if isinstance(read(r["qr"], trust), VenueCode) != r["accept"]]
    with capsys.disabled():
        print(f"\nNHS posters: {len(rows) - len(wrong)} of {len(rows)} as labelled")
    assert wrong == []
    assert all(isinstance(read(r["qr"], Trust()), Refusal) for r in rows)


@pytest.mark.parametrize("name", FORMATS)
def test_every_unsigned_code_is_accepted_or_refused_as_labelled(folder, name, capsys):
    rows = samples(folder, name)
    accepted = rows["accept"] + rows.get("doc_example", [])
    damaged = [text for text in accepted if lacks_a_character(text, accepted)]
    for text in accepted:
        found = read(text, Trust())
        assert isinstance(found, Refusal if text in damaged else VenueCode), text
        assert found.format == FORMATS[name]
    for text in rows.get("reject", []):
        assert isinstance(read(text, Trust()), Refusal), text
    with capsys.disabled():
        print(f"\n{name}: {len(accepted) - len(damaged)} places read, {len(damaged)} damaged, "
              f"{len(rows.get('reject', []))} refused")  # fmt: skip
    assert len(damaged) == (name == "notifyme")
