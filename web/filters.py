"""The filter of the records: a form that becomes the store's `Filter`, and the address that shows it again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, DecimalField, Field, SelectField
from wtforms.validators import NumberRange, Optional

from kiosk.core.entry import EntryKind
from kiosk.core.model import Direction, Outcome
from kiosk.core.reasons import Reason
from kiosk.locale import N_, words
from kiosk.locale import gettext as _
from kiosk.store.reader import Filter
from web.parts import parts

_TIMES = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_DEGREES = NumberRange(min=20, max=50)


class RecordsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Which rows are asked for. Sent by GET: what it holds is nobody's name."""

    class Meta:
        """No token: it changes nothing."""

        csrf = False

    since = DateTimeLocalField(N_("From"), format=_TIMES, validators=[Optional()])
    until = DateTimeLocalField(N_("Until"), format=_TIMES, validators=[Optional()])
    lane = SelectField(N_("Lane"))
    direction = SelectField(N_("Direction"))
    kind = SelectField(N_("What happened"))
    outcome = SelectField(N_("Outcome"))
    reason = SelectField(N_("Reason"))
    volunteer = SelectField(N_("Volunteer"))
    min_c = DecimalField(N_("At least °C"), validators=[Optional(), _DEGREES], places=None)
    max_c = DecimalField(N_("At most °C"), validators=[Optional(), _DEGREES], places=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        any_one = ("", _("any"))
        lanes = [lane.name for lane in parts().settings.lane]
        self.lane.choices = [any_one, *((name, name) for name in lanes)]
        self.direction.choices = [any_one, *((code.value, words.say(words.DIRECTIONS, code)) for code in Direction)]
        self.kind.choices = [any_one, *((code.value, words.say(words.KINDS, code)) for code in EntryKind)]
        self.outcome.choices = [any_one, *((code.value, words.say(words.OUTCOMES, code)) for code in Outcome)]
        self.reason.choices = [any_one, *((code.value, words.reason(code)) for code in Reason)]
        users = [(user.id, user.name) for user in parts().desk.users.list()]
        self.volunteer.choices = [any_one, *users, *((code, words.say(words.ACTORS, code)) for code in words.ACTORS)]
        for field in (self.lane, self.direction, self.kind, self.outcome, self.reason, self.volunteer):
            field.data = field.data or ""

    def chosen(self) -> Filter:
        """What the store is asked for."""
        return Filter(
            since=_utc(self.since.data),
            until=_utc(self.until.data),
            lane=self.lane.data or None,
            direction=Direction(self.direction.data) if self.direction.data else None,
            kind=EntryKind(self.kind.data) if self.kind.data else None,
            outcome=Outcome(self.outcome.data) if self.outcome.data else None,
            reason=Reason(self.reason.data) if self.reason.data else None,
            volunteer=self.volunteer.data or None,
            min_c=_float(self.min_c),
            max_c=_float(self.max_c),
        )

    def address(self) -> dict[str, str]:
        """The parameters that mean the same filter."""
        given = {field.name: (field.raw_data or [""])[0] for field in self if field.raw_data}
        return {name: str(value) for name, value in given.items() if value}


def _utc(local: datetime | None) -> datetime | None:
    """A time as people of this kiosk's zone write it, in UTC."""
    if local is None:
        return None
    return local.replace(tzinfo=ZoneInfo(parts().settings.kiosk.timezone)).astimezone(UTC)


def _float(field: Field) -> float | None:
    return None if field.data is None else float(field.data)
