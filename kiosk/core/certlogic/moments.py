"""CertLogic's date-times: read from texts, moved by an amount.  Source: CertLogic specification 1.3.2, "plusTime"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from kiosk.core.certlogic.values import CertLogicError

_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:Z|([+-])([0-9]{1,2})(?::?([0-9]{2}))?)?"
)
LONGEST = 64  # characters of a time; those beyond the milliseconds say nothing


def moment(text: str) -> datetime:
    """The moment of a time or a whole or partial day, cut off to milliseconds; without an offset it is UTC.

    Raises CertLogicError for any other form and for a day or time that the calendar does not have.
    """
    parts = _MOMENT.fullmatch(text) if len(text) <= LONGEST else None
    if parts is None:
        return day(text)
    year, month, date, hour, minute, second, fraction, sign, hours, minutes = parts.groups()
    millis = int((fraction + "00")[:3]) if fraction else 0
    try:
        found = datetime(int(year), int(month), int(date), int(hour), int(minute), int(second), millis * 1000, UTC)
        if sign:
            offset = timezone(timedelta(hours=int(hours), minutes=int(minutes or 0)) * (1 if sign == "+" else -1))
            found = found.replace(tzinfo=offset).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CertLogicError("a time that the calendar does not have") from None
    if minutes and int(minutes) > 59:
        raise CertLogicError("a time that the calendar does not have")
    return found


def day(text: str) -> datetime:
    """The last day that a date of birth may mean, at midnight UTC: YYYY is its 31 December, YYYY-MM its last day.

    Raises CertLogicError for any other form and for a day that the calendar does not have.
    """
    parts = _DAY.fullmatch(text) if len(text) <= LONGEST else None
    if parts is None:
        raise CertLogicError("not an allowed form of a date or time")
    year, month, date = parts.groups()
    try:
        if date:
            return datetime(int(year), int(month), int(date), tzinfo=UTC)
        first = datetime(int(year), int(month or 12), 1, tzinfo=UTC)
        return _months(first, 1) - timedelta(days=1) if first.month < 12 else first.replace(day=31)
    except (ValueError, OverflowError):
        raise CertLogicError("a day that the calendar does not have") from None


def _months(start: datetime, amount: int) -> datetime:
    """As `setUTCMonth` of ECMAScript: a day that the month does not have runs over into the next one."""
    year, month = divmod(start.year * 12 + start.month - 1 + amount, 12)
    return start.replace(year=year, month=month + 1, day=1) + timedelta(days=start.day - 1)


_PLUS: dict[str, Callable[[datetime, int], datetime]] = {
    "year": lambda start, amount: _months(start, 12 * amount),
    "month": _months,
    "day": lambda start, amount: start + timedelta(days=amount),
    "hour": lambda start, amount: start + timedelta(hours=amount),
}
UNITS = tuple(_PLUS)


@lru_cache(maxsize=256)  # the rules of one visit ask for the same few times again and again
def moved(text: str, amount: int, unit: str) -> datetime:
    """The moment of `text`, moved by `amount` units ("year", "month", "day", "hour").

    Neither summer time nor leap seconds count. Raises CertLogicError for a `text` that is no time, and where the
    result lies outside the years 1 to 9999.
    """
    start = moment(text)
    try:
        return _PLUS[unit](start, amount) if amount else start
    except (ValueError, OverflowError):
        raise CertLogicError("a time beyond the calendar") from None
