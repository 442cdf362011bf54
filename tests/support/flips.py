"""One flipped bit in a valid code: the answer is either not valid, or the very same in every fact."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk.core.formats import read
from kiosk.core.model import Credential, VenueCode
from kiosk.core.summary import Status, summary
from kiosk.core.trust import Trust
from tests.support import fuzz_targets, mint

UNSIGNED = frozenset({"online_code", "recognised", "nz_covid_tracer", "corona_warn_app", "notify_me"})


@dataclass(frozen=True)
class Sample:
    """A code that is valid at a moment."""

    name: str
    text: str
    trust: Trust
    at: datetime = mint.NOW


@dataclass(frozen=True)
class Tried:
    """How many bits were flipped, and the places of those after which other facts were believed."""

    bits: int
    believed: tuple[int, ...]


def samples() -> list[Sample]:
    """One code of every signed format, made anew."""
    texts, known = fuzz_targets.world()
    return [Sample(name, text, known) for name, text in texts.items() if name not in UNSIGNED]


def public(certs: Path, known: Trust) -> list[Sample]:
    """The first certificate of each country in the public EU suite that is valid at its own clock."""
    first: dict[str, Sample] = {}
    for row in json.loads((certs / "eu-dcc" / "manifest.json").read_text()):
        country = row["file"].split("/")[1]
        if country not in first and row["expected"].get("EXPECTEDVERIFY") and "known_bad" not in row:
            clock = datetime.fromisoformat(row["clock"])
            clock = clock if clock.tzinfo else clock.replace(tzinfo=UTC)
            sample = Sample(country, json.loads((certs / row["file"]).read_text())["PREFIX"], known, clock)
            if said(sample, sample.text):
                first[country] = sample
    return list(first.values())


def tried(sample: Sample, every: int = 1, first: int = 0) -> Tried:
    """Flips every `every`th bit of the text from bit `first` on, one at a time, and reads what came of it."""
    data = sample.text.encode()
    good = said(sample, sample.text)
    assert good is not None, f"{sample.name}: the sample is not valid"
    places = range(first, 8 * len(data), every)
    believed = tuple(place for place in places if said(sample, flipped(data, place)) not in (None, good))
    return Tried(len(places), believed)


def flipped(data: bytes, place: int) -> str:
    """`data` as text with the bit at `place` the other way round; what is no UTF-8 then stays what it is."""
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return changed.decode("utf-8", "surrogateescape")


def said(sample: Sample, text: str) -> dict[str, Any] | None:
    """Everything that is said of a valid code; None of any other."""
    found = read(text, sample.trust)
    answer = summary(text, found, sample.trust, sample.at)
    if answer["status"] != Status.VALID or not isinstance(found, Credential | VenueCode):
        return None
    del answer["text_sha256"]
    return {**answer, "claims": dict(found.claims)} if isinstance(found, Credential) else answer
