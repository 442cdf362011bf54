"""What reading a code and asking a country's rules costs, beside other packages; that no flipped bit is believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kiosk.core.certlogic import compile_logic
from kiosk.core.codecs import base45, cbor, cose, cwt, inflate
from kiosk.core.formats import read
from kiosk.core.reasons import Reason
from kiosk.core.trust import Signer, Trust
from kiosk.core.trust.parse import parse as trust_list
from kiosk.core.validity import validity
from tests.bench._peers import best_ms
from tests.support import country, flips, mint
from tests.support.figures import CannotMeasure, Figure, at_least, at_most

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("KIOSK_SHARED_DATA", ROOT.parent / "shared" / "data"))
PEERS = ROOT / ".venv" / "peers"
SIGNERS, CODES = 796, 40  # as many as the public list of the EU had in the end
LONG_S, SMOKE_S = 4.0, 0.05


@dataclass(frozen=True)
class Codes:
    """Certificates of several issuers that hold now, and the list that knows their keys."""

    texts: list[str]
    keys: list[ec.EllipticCurvePublicKey]
    kids: list[bytes]

    @property
    def trust(self) -> Trust:
        """The list of all issuers."""
        return Trust(tuple(Signer("eu_dcc", kid, key, "XX") for kid, key in zip(self.kids, self.keys, strict=True)))


def codes(now: datetime) -> Codes:
    """Fresh ones: what is compared reads the wall clock."""
    street = mint.street()
    made = [ec.generate_private_key(ec.SECP256R1()) for _ in range(SIGNERS)]
    kids = [number.to_bytes(8, "big") for number in range(1, SIGNERS + 1)]
    texts = [
        street.dcc(
            name=f"Anna Muster{n}", valid_from=now - timedelta(hours=1), valid_until=now + timedelta(days=1),
            key=made[n * 19], kid=kids[n * 19],
        )
        for n in range(CODES)
    ]  # fmt: skip
    return Codes(texts, [key.public_key() for key in made], kids)


def rule_tests() -> tuple[list[Any], list[tuple[int, Any, bool]]]:
    """The rules of countries, and (rule, data, expected) of their tests; a rule of our own where there are none."""
    rules, tests = [], []
    for file in sorted((SHARED / "certs" / "rules").glob("*/*/rule.json")):
        rules.append(json.loads(file.read_text())["Logic"])
        for test in map(json.loads, (each.read_text() for each in sorted((file.parent / "tests").glob("*.json")))):
            data = {"payload": test["payload"], "external": test["external"]}
            tests.append((len(rules) - 1, data, test["expected"]))
    if not rules:
        data = {
            "payload": {"t": [{"sc": "2021-06-01T08:00:00Z"}]},
            "external": {"validationClock": "2021-06-01T20:00:00Z"},
        }
        return [country.RECENT], [(0, data, True)]
    return rules, tests


def beside(seconds: float, found: Codes, rules: list[Any], tests: list[Any]) -> dict[str, float | str]:
    """What the other packages take for the same, or why there is no figure."""
    keys = []
    for kid, key in zip(found.kids, found.keys, strict=True):
        numbers = key.public_numbers()
        x, y = (b64encode(number.to_bytes(32, "big")).decode() for number in (numbers.x, numbers.y))
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        keys.append({"kid": b64encode(kid).decode(), "pem": pem, "x": x, "y": y})
    asked = {"codes": found.texts, "keys": keys, "rules": rules, "tests": tests, "seconds": seconds}
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench._peers"]
    path = os.pathsep.join(part for part in (str(PEERS), os.environ.get("PYTHONPATH", "")) if part)
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, input=json.dumps(asked),
        stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise CannotMeasure("the other packages could not be asked; rm -r .venv/peers, then make bench again")
    answers: dict[str, float | str] = json.loads(done.stdout)
    return answers


def measure(smoke: bool) -> Iterator[Figure]:
    """Certificates, then rules, each beside others in the same run; then every bit of a sample of every format."""
    seconds, now = SMOKE_S if smoke else LONG_S, datetime.now(UTC)
    found = codes(now)
    trust = found.trust

    def verify(text: str) -> None:
        """Signature and time alone: what the others are asked for, by the parts that the format is made of."""
        message = cose.parse(inflate.inflate(base45.decode(text.removeprefix("HC1:"))))
        assert cose.signers(message, trust.find("eu_dcc", message.kid))
        claims = cbor.decode(message.payload, tags=cwt.DATE_TAGS)
        since, until = cwt.moment(claims[cwt.ISSUED]), cwt.moment(claims[cwt.EXPIRES])
        assert since is not None
        assert until is not None
        assert since <= now <= until

    def whole(text: str) -> None:
        certificate = read(text, trust)
        assert validity(certificate, now) is Reason.VALID  # type: ignore[arg-type]

    rules, tests = rule_tests()
    compiled = [compile_logic(rule) for rule in rules]
    wrong = sum(compiled[number](data) is not expected for number, data, expected in tests)
    ours_code = best_ms(verify, found.texts, seconds)
    ours_rule = best_ms(lambda test: compiled[test[0]](test[1]), tests, seconds)
    theirs = beside(seconds, found, rules, tests)
    yield Figure(f"a certificate: signature and time, {SIGNERS} signers known", ours_code, "ms")
    yield Figure("a certificate: with every fact, as the gate reads it", best_ms(whole, found.texts, seconds), "ms")
    yield from _compared("a certificate", ours_code, theirs, {"cwt": 2, "pycose": None})
    yield from _our_own(seconds)
    yield at_most(f"country rules that answer otherwise than expected, of {len(tests)}", wrong, "", 0)
    yield Figure("a rule", ours_rule, "ms")
    yield Figure("a rule: made ready once", best_ms(compile_logic, rules, seconds / 4), "ms")
    yield from _compared("a rule", ours_rule, theirs, {"panzi-json-logic": 4})
    yield from _flipped(smoke)


def _our_own(seconds: float) -> Iterator[Figure]:
    """What codes of our own cost the gate, whole, times included."""
    street = mint.street()
    for what, text in (
        ("a pass of ours", street.pass_()),
        ("a community's health code", street.community_code()),
        ("a venue code of ours", street.venue()),
        ("a community's venue code", street.place_code()),
    ):

        def whole(text: str) -> None:
            assert validity(read(text, street.trust), mint.NOW) is Reason.VALID  # type: ignore[arg-type]

        yield Figure(f"{what}: with every fact", best_ms(whole, [text], seconds / 4), "ms")


def _compared(what: str, ours: float, theirs: dict[str, float | str], aims: dict[str, int | None]) -> Iterator[Figure]:
    for name, aim in aims.items():
        answer = theirs[name]
        if isinstance(answer, str):
            yield Figure(f"{what}: {name}", answer)
            continue
        yield Figure(f"{what}: {name}", answer, "ms")
        times = f"{what}: times as fast as {name}"
        yield Figure(times, answer / ours, "×") if aim is None else at_least(times, answer / ours, "×", aim)


def _flipped(smoke: bool) -> Iterator[Figure]:
    """Every bit of a code of every format, and of one of each country in the public suite; a smoke run takes few."""
    every = 97 if smoke else 1
    for sample in flips.samples():
        tried = flips.tried(sample, every)
        yield _believed(sample.name, tried.bits, len(tried.believed))
    if (SHARED / "certs" / "eu-dcc").is_dir():
        known = trust_list((SHARED / "certs" / "eu-dcc" / "trustlist.json").read_bytes(), "trustlist.json")
        all_tried = [flips.tried(sample, every) for sample in flips.public(SHARED / "certs", known)]
        bits, believed = sum(tried.bits for tried in all_tried), sum(len(tried.believed) for tried in all_tried)
        yield _believed(f"{len(all_tried)} public eu_dcc", bits, believed)


def _believed(what: str, bits: int, believed: int) -> Figure:
    return at_most(f"{what}: flipped bits believed with other facts, of {bits}", believed, "", 0)
