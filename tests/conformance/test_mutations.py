"""One flipped bit anywhere in any signed public sample: the answer is a refusal, or the same in every fact.

Bits of the text's characters, and of the bytes under its encodings, down to what the signature covers. A fixed part
of them is tried at every run; with KIOSK_EVERY_BIT=1 all are.
"""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.core.codecs import base45, inflate
from kiosk.core.formats import read
from kiosk.core.model import Credential, VenueCode
from kiosk.core.trust import Trust
from kiosk.core.trust.parse import parse
from tests.support.cards import b64, digits

EVERY_BIT = bool(os.environ.get("KIOSK_EVERY_BIT"))
TRIES = 100  # of each layer of each sample in a usual run
Layer = tuple[bytes, Callable[[bytes], str]]


def flips(data: bytes, start: int) -> Iterator[bytes]:
    """`data` with one bit flipped: every bit, or some spread over all of it, others for each sample."""
    bits = 8 * len(data)
    step = 1 if EVERY_BIT else max(1, bits // TRIES)
    for bit in range(start % step, bits, step):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)


def deflated(content: bytes, text_of: Callable[[bytes], str]) -> str:
    return text_of(zlib.compress(content))


def dcc(text: str) -> list[Layer]:
    data = base45.decode(text[4:])

    def of(found: bytes) -> str:
        return "HC1:" + base45.encode(found)

    return [(data, of), (inflate.inflate(data), lambda content: deflated(content, of))]


def nz(text: str) -> list[Layer]:
    body = text[8:]
    data = base64.b32decode(body + "=" * (-len(body) % 8))
    return [(data, lambda found: "NZCP:/1/" + base64.b32encode(found).decode().rstrip("="))]


def shc(text: str) -> list[Layer]:
    body = text[5:]
    token = "".join(chr(int(body[at : at + 2]) + 45) for at in range(0, len(body), 2))
    head, payload, signature = (base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in token.split("."))

    def of(parts: list[bytes]) -> str:
        return "shc:/" + digits(".".join(map(b64, parts)))

    return [
        (head, lambda found: of([found, payload, signature])),
        (payload, lambda found: of([head, found, signature])),
        (signature, lambda found: of([head, payload, found])),
    ]


def jwt(text: str) -> list[Layer]:
    prefix, token = text[: text.rindex(":") + 1], text[text.rindex(":") + 1 :]
    parts = [base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in token.split(".")]
    return [
        (part, lambda found, at=at: prefix + ".".join(map(b64, [*parts[:at], found, *parts[at + 1 :]])))  # type: ignore[misc]
        for at, part in enumerate(parts)
    ]


def archive(text: str) -> list[Layer]:
    return [(base64.b64decode(text[4:]), lambda found: "B64:" + base64.b64encode(found).decode())]


def plain(_: str) -> list[Layer]:
    return []


LAYERS = {"HC1:": dcc, "NZCP": nz, "shc:": shc, "UKC1": jwt, "B64:": archive}


@pytest.fixture(scope="module")
def samples(certs: Path) -> list[tuple[str, Trust]]:
    """Every signed sample that holds, with the list that it holds by."""

    def of(*paths: str) -> list[str]:
        return [(certs / path).read_text().strip() for path in paths]

    def by(path: str) -> Trust:
        return parse((certs / path).read_bytes(), Path(path).name)

    rows = json.loads((certs / "eu-dcc" / "manifest.json").read_text())
    texts = [json.loads((certs / row["file"]).read_text())["PREFIX"] for row in rows]
    posters = json.loads((certs / "venue" / "nhs-venue-cases.json").read_text())
    seals = of("vds-nc/single-vaccine.txt", "vds-nc/test.txt")
    signer = parse(base64.urlsafe_b64decode(json.loads(seals[0])["sig"]["cer"] + "=="), "dsc.der")
    cards = of("shc/qr/example-00-f-qr-code-numeric-value-0.txt", "shc/testdata/test-example-1195-byte-qrnumeric.txt")
    lists = [
        (texts, by("eu-dcc/trustlist.json")),
        (cards, by("shc/spec-issuer-jwks.json")),
        (of("nzcp/valid/nzcp.txt"), by("nzcp/valid/did.json")),
        (of("divoc/DIVOCQR1Contents.txt"), by("divoc/context/did-india.pem")),
        (seals, signer),
        (of("ramzor/Sample-VacCertificate1-Payload.txt"), by("ramzor/RamzorQRPubKeyEC.pem")),
        ([row["qr"] for row in posters], by("venue/nhs-test-key-kid3.pem")),
    ]
    held = [(text, trust) for texts, trust in lists for text in texts]
    return [(text, trust) for text, trust in held if isinstance(read(text, trust), Credential | VenueCode)]


@pytest.mark.timeout(0 if EVERY_BIT else 180)
def test_one_flipped_bit_is_refused_or_changes_no_fact(samples, capsys):
    tried = 0
    for number, (text, trust) in enumerate(samples):
        true = read(text, trust)
        layers: list[Layer] = [(text.encode(), lambda found: found.decode(errors="replace"))]
        layers += LAYERS.get(text[:4], plain)(text)
        for data, text_of in layers:
            for flipped in flips(data, start=7 * number):
                found = read(text_of(flipped), trust)
                tried += 1
                assert not isinstance(found, Credential | VenueCode) or found == true, (text[:40], found, true)
    with capsys.disabled():
        print(f"\nOne flipped bit: {tried} mutations of {len(samples)} signed samples, none makes another fact")
    assert len(samples) > 150
