"""The WHO validator's public samples: one of Italy's acceptance system, and one of the WHO's own payload.

The WHO's sample names the key "11", which is published nowhere beside it: the sample is recognised, believed by nobody,
and what it states is compared under a signature of our own over its very bytes.
"""

import json
from datetime import UTC, date, datetime

from kiosk.core.codecs import base45, cose, inflate
from kiosk.core.formats import read
from kiosk.core.model import Credential, Vaccination
from kiosk.core.reasons import Reason
from kiosk.core.trust.parse import parse
from kiosk.core.validity import validity
from tests.support import mint


def test_italy_s_sample_holds_by_the_public_list_at_its_time(certs):
    trust = parse((certs / "eu-dcc" / "trustlist.json").read_bytes(), "trustlist.json")
    found = read((certs / "who-ddcc" / "EUItalyAcceptanceQRContents.txt").read_text().strip(), trust)
    assert isinstance(found, Credential)
    assert (found.issuer, found.holder.name) == ("IT", "MARIO LUIGI ROSSI VERDI")
    assert found.vaccinations == (Vaccination(1, 2, date(2021, 6, 7), "EU/1/21/1529"),)
    assert validity(found, datetime(2021, 9, 1, tzinfo=UTC)) is Reason.VALID
    assert validity(found, datetime(2024, 1, 1, tzinfo=UTC)) is Reason.EXPIRED


def test_the_who_s_own_sample_is_recognised_and_states_what_its_authors_unpacked(certs):
    folder, street = certs / "who-ddcc", mint.street()
    text = (folder / "WHOQR1Contents.txt").read_text().strip()
    assert read(text, street.trust).reason is Reason.UNKNOWN_ISSUER
    message = cose.parse(inflate.inflate(base45.decode(text.removeprefix("HC1:"))))
    assert (message.algorithm, message.kid, len(message.signature)) == (cose.Algorithm.ES256, b"11", 64)
    found = read(mint.hc1(cose.sign1(message.payload, street.dcc_key, mint.KID)), street.trust)
    stated = json.loads((folder / "WHOQR1Unpacked.json").read_text())
    assert isinstance(found, Credential)
    assert dict(found.claims) == stated
    assert (found.holder.name, found.holder.birth_date) == (stated["name"], stated["birthDate"])
    assert (found.holder.document, found.credential_id) == (stated["identifier"], stated["hcid"])
    assert found.vaccinations == (Vaccination(1, 2, date.fromisoformat(stated["date"]), "TEST"),)
    assert validity(found, datetime(2022, 7, 8, 12, tzinfo=UTC)) is Reason.VALID
    assert validity(found, datetime(2022, 7, 9, tzinfo=UTC)) is Reason.EXPIRED
