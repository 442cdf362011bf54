"""Where the rules name issuers, who issued a code is what the trust list says, never what the code says of itself."""

from dataclasses import replace

import pytest

from kiosk.core.checks import credential
from kiosk.core.formats import read
from kiosk.core.model import Direction, Evidence, Outcome, Presented, Source
from kiosk.core.reasons import Reason
from kiosk.core.rules import CredentialRules, Rules
from kiosk.core.trust import Trust
from tests.support import cards, mint

STREET, CARD = mint.street(), cards.Issuer()
UNNAMED = Trust(signers=tuple(replace(signer, issuer="") for signer in STREET.trust.signers))


def finding(text: str, trust: Trust, *issuers: str):
    evidence = Evidence(Direction.IN, codes=(Presented(read(text, trust), "key", mint.NOW, Source.CAMERA),))
    return credential.check(evidence, Rules(credential=CredentialRules(issuers=issuers)), mint.NOW)


@pytest.mark.parametrize(
    ("text", "named", "unnamed", "issuer"),
    [
        (STREET.dcc(), STREET.trust, UNNAMED, "XX"),
        (CARD.card(), CARD.trust(), CARD.trust(iss=None), cards.ISSUER),
    ],
)
def test_an_issuer_that_only_the_code_names_is_none_of_the_accepted(text, named, unnamed, issuer):
    assert read(text, unnamed).issuer == issuer  # told, because it is signed
    assert finding(text, named, issuer).outcome is Outcome.PASS
    assert finding(text, unnamed, issuer).reason is Reason.FORMAT_NOT_ACCEPTED
    assert finding(text, unnamed).outcome is Outcome.PASS
    assert finding(text, named, "another").reason is Reason.FORMAT_NOT_ACCEPTED
