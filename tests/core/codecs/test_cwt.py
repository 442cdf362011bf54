"""Times of claims, in the forms that issuers write."""

from datetime import UTC, datetime

import pytest
from cbor2 import CBORTag

from kiosk.core.codecs import Rejected, cwt

EXPECTED = datetime(2021, 5, 5, 12, 0, tzinfo=UTC)
SECONDS = int(EXPECTED.timestamp())


@pytest.mark.parametrize(
    "value",
    [
        SECONDS,
        SECONDS + 0.9,
        CBORTag(1, SECONDS),
        CBORTag(1, SECONDS + 0.5),
        CBORTag(0, "2021-05-05T12:00:00Z"),
        CBORTag(0, "2021-05-05T14:00:00+02:00"),
    ],
)
def test_a_time_is_understood_in_every_form_met_in_the_wild(value):
    assert cwt.moment(value) == EXPECTED


def test_no_time_is_none():
    assert cwt.moment(None) is None


@pytest.mark.parametrize(
    "value",
    [
        *(True, "2021", b"", [], -1, 1e20, 2**63),
        *(CBORTag(0, 5), CBORTag(0, "yesterday"), CBORTag(0, "0001-01-01T00:00:00+14:00")),
        *(CBORTag(1, "x"), CBORTag(1, None), CBORTag(2, 5)),
    ],
)
def test_what_is_no_time_is_refused(value):
    with pytest.raises(Rejected):
        cwt.moment(value)
