"""The filter of the records: a form that becomes the store's `Filter`, its address, and its chips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, DecimalField, Field, HiddenField, SelectField
from wtforms.validators import NumberRange, Optional

from kiosk.core.entry import EntryKind
from kiosk.core.model import Direction, Outcome
from kiosk.core.reasons import Reason
from kiosk.locale import N_, words
from kiosk.locale import gettext as _
from kiosk.store.reader import Filter
from web.parts import parts

_TIMES = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_SHOWN = "%Y-%m-%d %H:%M"
_DEGREES = NumberRange(min=20, max=50)
_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
_NOBODY: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that the filter asks for, in words, and the address that asks for everything else."""

    name: str
    text: str
    without: dict[str, str]


class RecordsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Which rows are asked for. Sent by GET: what it holds is nobody's name.

    `who` is the number of a search (`web/records/searches.py`), `tag` a pseudonym of one day.
    """

    class Meta:
        """No token: it changes nothing."""

        csrf = False

    since = DateTimeLocalField(N_("From"), format=_TIMES, validators=[Optional()])
    until = DateTimeLocalField(N_("Until"), format=_TIMES, validators=[Optional()])
    outcome = SelectField(N_("Outcome"))
    reason = SelectField(N_("Reason"))
    kind = SelectField(N_("What happened"))
    lane = SelectField(N_("Lane"))
    direction = SelectField(N_("Direction"))
    volunteer = SelectField(N_("Volunteer"))
    min_c = DecimalField(N_("At least °C"), validators=[Optional(), _DEGREES], places=None)
    max_c = DecimalField(N_("At most °C"), validators=[Optional(), _DEGREES], places=None)
    who = HiddenField()
    tag = HiddenField()

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

    @property
    def asked(self) -> tuple[Field, ...]:
        """The fields that are filled in by hand, in their order."""
        return tuple(field for field in self if not isinstance(field, HiddenField))

    def chosen(self, person: tuple[str, ...] | None = None) -> Filter:
        """What the store is asked for; `person` has the pseudonyms of somebody who was looked for."""
        chosen = Filter(
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
        if self.tag.data:
            person = (self.tag.data,) if _PSEUDONYM.fullmatch(self.tag.data) else _NOBODY
        elif self.who.data:
            person = person or _NOBODY
        return chosen if person is None else replace(chosen, person_tags=person)

    def address(self) -> dict[str, str]:
        """The parameters that mean the same filter."""
        given = {field.name: (field.raw_data or [""])[0] for field in self if field.raw_data}
        return {name: str(value) for name, value in given.items() if value}

    def told(self) -> dict[str, str]:
        """The filter as manifests and audit tell it: of a search for somebody only that there was one."""
        return {name: "one" if name == "who" else value for name, value in self.address().items()}

    def chips(self, person: str = "") -> Iterator[Chip]:
        """What the filter asks for, one by one. `person` is the name of who was looked for."""
        address = self.address()
        for name in address:
            field = self[name]
            without = {other: value for other, value in address.items() if other != name}
            yield Chip(name, self._said(field, person), without)

    def _said(self, field: Field, person: str) -> str:
        if field.name == "who":
            return person or _("a search that has ended")
        if field.name == "tag":
            return _("one person on one day")
        label = _(field.label.text)
        if isinstance(field, SelectField):
            return f"{label}: {dict(field.choices).get(field.data, field.data)}"
        if isinstance(field, DateTimeLocalField) and field.data is not None:
            return f"{label} {field.data.strftime(_SHOWN)}"
        return f"{label}: {(field.raw_data or [''])[0]}"


def quick_spans(today: date) -> list[tuple[str, dict[str, str]]]:
    """Stretches of time that are asked for most, by their names."""
    spans = ((_("Today"), today, 1), (_("Yesterday"), today - timedelta(days=1), 1), (_("Seven days"), today, 7))
    return [
        (
            name,
            {
                "since": _midnight(last - timedelta(days=count - 1)),
                "until": _midnight(last + timedelta(days=1)),
            },
        )
        for name, last, count in spans
    ]


def _midnight(day: date) -> str:
    return datetime.combine(day, time.min).strftime(_TIMES[0])


def _utc(local: datetime | None) -> datetime | None:
    """A time as people of this kiosk's zone write it, in UTC."""
    if local is None:
        return None
    return local.replace(tzinfo=ZoneInfo(parts().settings.kiosk.timezone)).astimezone(UTC)


def _float(field: Field) -> float | None:
    return None if field.data is None else float(field.data)
