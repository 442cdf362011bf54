"""Whether a code holds at a moment: the one judgement of times, used by the check and by `kiosk read`."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.model import Credential, VenueCode
from kiosk.core.reasons import Reason


def earliest(*moments: datetime | None) -> datetime | None:
    """Of several ends the one that comes first; None: there is no end."""
    return min((moment for moment in moments if moment is not None), default=None)


def latest(*moments: datetime | None) -> datetime | None:
    """Of several beginnings the last; None: from ever."""
    return max((moment for moment in moments if moment is not None), default=None)


def validity(read: Credential | VenueCode, now: datetime) -> Reason:
    """VALID, EXPIRED, NOT_YET_VALID or ISSUER_EXPIRED at `now` (aware UTC).

    Both the first and the last instant belong to the time of validity. RFC 8392 §3.1.4 would end a code one instant
    earlier, but the issuers' own public test cases count it, as RFC 5280 §4.1.2.5 does for the signer's
    certificate. Outside that certificate's time, on either side, the answer is ISSUER_EXPIRED; what is wrong with
    the code itself is said first.
    """
    if read.valid_until is not None and now > read.valid_until:
        return Reason.EXPIRED
    if read.valid_from is not None and now < read.valid_from:
        return Reason.NOT_YET_VALID
    if isinstance(read, VenueCode):
        return Reason.VALID
    if read.signer_valid_until is not None and now > read.signer_valid_until:
        return Reason.ISSUER_EXPIRED
    if read.signer_valid_from is not None and now < read.signer_valid_from:
        return Reason.ISSUER_EXPIRED
    return Reason.VALID
