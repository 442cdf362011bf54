"""The gate over the public certificate pictures: from the picture to the lamp, at each case's own clock."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest

import hardware
from kiosk.core.lane import Arrival, Lane, Look
from kiosk.core.model import Direction, Presented, Refusal, Scan, Source
from kiosk.core.ports import LampPattern
from kiosk.core.reasons import Reason
from kiosk.core.rules import GroupRules, Rules
from kiosk.core.step import step
from kiosk.core.trust.parse import parse
from kiosk.services.lists_watch import Policy
from kiosk.services.passers import Passers

NOT_VERIFIED = {
    Reason.MALFORMED, Reason.UNSUPPORTED, Reason.UNKNOWN_ISSUER, Reason.BAD_SIGNATURE
}  # fmt: skip
CURVE_BY_LABEL = {f"eu-dcc/ES/2DCode/raw/{number}.json" for number in (401, 402, 403)}  # see test_eu_dcc.py


class Seen(NamedTuple):
    """What the gate made of one picture."""

    file: str
    label: str
    expected: dict[str, bool]
    known_bad: bool
    picture: bool  # whether the case brings one
    text: str | None
    verified: bool
    lamp: LampPattern


class Nobody:
    """A roster that knows nobody."""

    def match(self, _: Any) -> None:
        return None

    def person(self, _: Any) -> None:
        return None


@pytest.fixture(scope="module")
def seen(certs) -> list[Seen]:
    trust = parse((certs / "eu-dcc" / "trustlist.json").read_bytes(), "trustlist.json")
    scanner = hardware.load("scanner", "cascade")
    passers = Passers(b"k" * 32, Nobody(), lambda *_, **__: None)
    rules = Rules(groups={group: GroupRules(checks=("credential",)) for group in Rules().groups})
    answers = []
    for row in json.loads((certs / "eu-dcc" / "manifest.json").read_text()):
        case = json.loads((certs / row["file"]).read_text())
        picture = case.get("2DCODE", "")
        texts = _texts(scanner, picture)
        clock = datetime.fromisoformat(row["clock"])
        clock = clock if clock.tzinfo else clock.replace(tzinfo=UTC)
        verified, lamp = False, LampPattern.OFF
        if texts:
            arrival = passers.arrival(Scan(texts[0], clock, Source.CAMERA, "main"), Direction.IN, Policy(rules, trust))
            verified, lamp = _verified(arrival), _lamp(arrival, rules, clock)
        text = texts[0] if texts else None
        answers.append(
            Seen(row["file"], case["PREFIX"], row["expected"], "known_bad" in row, bool(picture), text, verified, lamp)
        )
    return answers


def _texts(scanner: Any, picture: str) -> tuple[str, ...]:
    if not picture:
        return ()
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(picture), np.uint8), cv2.IMREAD_COLOR)
    return () if decoded is None else scanner.texts(decoded)


def _verified(arrival: Arrival) -> bool:
    presented: Presented = arrival.presented
    return not (isinstance(presented.read, Refusal) and presented.read.reason in NOT_VERIFIED)


def _lamp(arrival: Arrival, rules: Rules, clock: datetime) -> LampPattern:
    lane, _ = step(Lane("main"), Look(clock, "v", arrivals=(arrival,)), rules)
    return lane.lamp


def test_every_picture_is_read_exactly_as_what_it_says(seen, capsys):
    pictures = [s for s in seen if s.expected.get("EXPECTEDPICTUREDECODE") and s.picture]
    exact = [s for s in pictures if s.text == s.label]
    with capsys.disabled():
        print(f"\nEU DCC pictures: {len(exact)} of {len(pictures)} read exactly as labelled")
    assert {s.file for s in pictures} - {s.file for s in exact} == set()


def test_the_lamp_follows_the_signature_verdict_that_the_manifest_expects(seen, capsys):
    labelled = [s for s in seen if s.text is not None and "EXPECTEDVERIFY" in s.expected and s.text == s.label]
    agree = [s for s in labelled if s.verified == s.expected["EXPECTEDVERIFY"]]
    with capsys.disabled():
        print(f"\nEU DCC pictures through the gate: {len(agree)} of {len(labelled)} signature verdicts as expected")
    wrong = {s.file for s in labelled if not s.known_bad} - {s.file for s in agree}
    assert wrong == set()
    assert {s.file for s in labelled} - {s.file for s in agree} <= CURVE_BY_LABEL
    assert len(labelled) > 150


def test_nobody_whose_signature_is_not_verified_is_shown_green(seen):
    green = [s for s in seen if s.lamp is LampPattern.PASS]
    assert green
    assert all(s.verified for s in green)
    invalid = [s for s in seen if s.text is not None and s.expected.get("EXPECTEDVERIFY") is False]
    assert all(s.lamp is not LampPattern.PASS for s in invalid if not s.known_bad)
