"""Times as options: ISO 8601, in UTC where no zone is given."""

from __future__ import annotations

from datetime import datetime

import click

from kiosk.core.codecs import Rejected, cwt
from kiosk.locale import gettext as _


class Moment(click.ParamType[datetime]):
    """An aware UTC time from `2026-11-21`, `2026-11-21T07:30`, `2026-11-21T07:30:00+08:00`, ..."""

    name = "ISO8601"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time; fails as a wrong use."""
        if isinstance(value, datetime):
            return value
        try:
            return cwt.instant(str(value))
        except Rejected:
            self.fail(_("%(value)s is no ISO 8601 time, such as 2026-11-21T07:30:00Z", value=repr(value)), param, ctx)


MOMENT = Moment()
