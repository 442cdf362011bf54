"""Lists of revoked credentials: exact, possible, large and fast."""

import time
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.checks import credential
from kiosk.core.formats import read
from kiosk.core.judge import judge
from kiosk.core.model import Credential, Direction, Evidence, Outcome, Presented, Refusal, Source, Verdict
from kiosk.core.reasons import Reason
from kiosk.core.revoked import Hashes, hashes
from kiosk.core.rules import GroupRules, Rules
from kiosk.core.trust import Trust
from kiosk.core.trust.hash_file import dump, parse
from tests.support import mint

STREET = mint.street()
UCI = "URN:UVCI:01:XX:MINT1#A"


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def revoking(*digests: bytes, whole: bool = True) -> Trust:
    return replace(STREET.trust, revoked=(hashes("eu_dcc", digests, whole=whole),))


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=30), st.binary(min_size=16, max_size=16))
def test_a_list_names_what_is_in_it_and_nothing_else(listed, other):
    whole, short = hashes("x", listed, whole=True), hashes("x", listed, whole=False)
    assert all(whole.names(d) is Reason.REVOKED for d in listed)
    assert all(short.names(d) is Reason.POSSIBLY_REVOKED for d in listed)
    assert whole.names(other) is (Reason.REVOKED if other in listed else None)


def test_equal_prefixes_are_told_apart_by_the_rest():
    twins = [bytes(8) + bytes([n]) * 8 for n in (9, 1, 5)]
    known = hashes("x", twins, whole=True)
    assert all(known.names(twin) is Reason.REVOKED for twin in twins)
    assert known.names(bytes(8) + b"\x02" * 8) is None


@pytest.mark.parametrize("named", [UCI, "XX" + UCI])
def test_a_certificate_is_revoked_by_the_hash_of_its_id_with_or_without_its_country(named):
    assert read(STREET.dcc(), revoking(digest(named))).reason is Reason.REVOKED
    assert isinstance(read(STREET.dcc(), revoking(digest(named + "x"))), Credential)


def test_a_certificate_is_revoked_by_its_signature_whichever_of_its_two_forms_it_has():
    text = STREET.dcc()
    protected, unprotected, payload, signature = mint.message_of(text)
    trust = revoking(sha256(signature[:32]).digest())
    assert read(text, trust).reason is Reason.REVOKED
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
    other = (order - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    turned = mint.hc1(mint.cbor.encode([protected, unprotected, payload, signature[:32] + other]))
    assert isinstance(read(turned, STREET.trust), Credential)
    assert read(turned, trust).reason is Reason.REVOKED


def test_a_hit_of_a_short_list_is_a_check_and_never_red_or_green():
    found = read(STREET.dcc(), revoking(digest(UCI), whole=False))
    assert isinstance(found, Refusal)
    assert found.reason is Reason.POSSIBLY_REVOKED
    rules = Rules(groups={group: GroupRules(checks=("credential",)) for group in Rules().groups})
    evidence = Evidence(Direction.IN, codes=(Presented(found, "k", mint.NOW, Source.CAMERA),))
    verdict = judge(evidence, rules, mint.NOW + timedelta(0))
    assert isinstance(verdict, Verdict)
    assert (verdict.outcome, verdict.reasons) == (Outcome.CHECK, (Reason.POSSIBLY_REVOKED,))
    assert credential.check(evidence, rules, mint.NOW).outcome is Outcome.CHECK


def test_a_list_of_another_format_says_nothing_about_this_one():
    assert isinstance(
        read(STREET.dcc(), replace(STREET.trust, revoked=(hashes("x", [digest(UCI)], whole=True),))), Credential
    )


def test_ten_million_entries_fit_into_a_hundred_megabytes_and_are_looked_up_within_a_millisecond():
    tracemalloc.start()
    try:
        numbers = np.arange(10_000_000, dtype="<u8")
        numbers *= np.uint64(1_844_674_407_370)  # spread over all 64 bits, in order
        data = dump(Hashes("eu_dcc", numbers, numbers[:0]))
        del numbers
        known = parse(data, "big").revoked[0]
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(known) == 10_000_000
    assert size < 100_000_000
    digests = [digest(str(n)) for n in range(1000)]
    started = time.perf_counter()
    for one in digests:
        known.names(one)
    assert (time.perf_counter() - started) / len(digests) < 0.001
