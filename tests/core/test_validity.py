"""Times of codes and of their signers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.model import Credential, Holder, Kind, VenueCode
from kiosk.core.reasons import Reason
from kiosk.core.validity import validity

START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CREDENTIAL = Credential("x", Kind.HEALTH, "XX", None, Holder(), START, END)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (START - SECOND, Reason.NOT_YET_VALID),
        (START, Reason.VALID),
        (END, Reason.VALID),
        (END + SECOND, Reason.EXPIRED),
    ],
)
def test_a_code_holds_from_its_first_second_to_its_last(now: datetime, reason: Reason) -> None:
    assert validity(CREDENTIAL, now) is reason
    assert validity(VenueCode("v", "", "1", valid_from=START, valid_until=END), now) is reason


def test_a_code_without_times_holds_for_ever() -> None:
    assert validity(replace(CREDENTIAL, valid_from=None, valid_until=None), END) is Reason.VALID


@pytest.mark.parametrize(
    ("since", "until", "reason"),
    [
        (START, END - SECOND, Reason.VALID),
        (START, END - 2 * SECOND, Reason.ISSUER_EXPIRED),
        (END, None, Reason.ISSUER_EXPIRED),
    ],
)
def test_a_signer_must_be_in_force_too(since: datetime, until: datetime | None, reason: Reason) -> None:
    signed = replace(CREDENTIAL, signer_valid_from=since, signer_valid_until=until)
    assert validity(signed, END - SECOND) is reason


def test_an_expired_code_of_an_expired_signer_is_called_expired() -> None:
    assert validity(replace(CREDENTIAL, signer_valid_until=START), END + SECOND) is Reason.EXPIRED
