"""What the details of rows mean, in words; each is made as the code that writes the row makes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kiosk import locale
from kiosk.core import clocks, gate, requests
from kiosk.core.effects import Record, RecordLater
from kiosk.core.entry import EntryKind, SealClass
from kiosk.core.model import ConditionKind, Remedy
from kiosk.core.rules import Rules
from kiosk.locale.details import detail
from kiosk.store.forgetting import Intent

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
COLD = ConditionKind.AMBIENT_OUT_OF_RANGE


@pytest.fixture(params=["en", "zh_Hans_CN"])
def language(request):
    locale.use(request.param)
    yield request.param
    locale.use(None)


def written_by_the_gate():
    asked = {"by": "li", "expires_at": NOW + timedelta(minutes=1)}
    requested = (
        requests.Evacuate(request_id="1", on=True, **asked),
        requests.Crowd(request_id="2", on=True, minutes=30, **asked),
        requests.Crowd(request_id="3", on=False, **asked),
        requests.Decide(request_id="4", condition=COLD, remedy=Remedy.CONTACT, minutes=150, **asked),
    )
    open_gate, effects = gate.step(gate.Gate(), frozenset({COLD}), requested, Rules(), NOW)
    _, after = gate.step(open_gate, frozenset(), (), Rules(), NOW)
    for effect in (*effects, *after):
        if isinstance(effect, Record | RecordLater):
            yield effect.draft.kind, effect.draft.detail


def test_no_detail_that_the_gate_writes_is_shown_as_a_code(language):
    written = list(written_by_the_gate())
    assert len(written) == 6
    for kind, code in written:
        assert detail(kind, code) != code
        assert not set("_") & set(detail(kind, code))


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (EntryKind.CLOCK, clocks.jump_said(timedelta(hours=1))),
        (EntryKind.CLOCK, clocks.jump_said(timedelta(seconds=-7))),
        (EntryKind.CLOCK, f"{clocks.ClockState.TRUSTED.value} {clocks.ClockReason.SYNCHRONISED.value}"),
        (EntryKind.PURGED, Intent(before=date(2026, 11, 7), classes=tuple(SealClass), by="li", after=1).detail),
        (EntryKind.PURGED, Intent(before=date(2026, 11, 7), classes=(SealClass.NOTE,), by="li", after=1).detail),
        (EntryKind.START, "cut_short"),
        (EntryKind.VISIT, "refused"),
        (EntryKind.VISIT, "3 parcels"),
        (EntryKind.VISIT, "sheet 3 line 12 typed by li"),
        (EntryKind.LOOKED, "40 entries"),
        (EntryKind.EXPORTED, "pseudonyms"),
    ],
)
def test_what_the_others_write_has_its_words_too(language, kind, code):
    assert detail(kind, code) != code


def test_a_name_a_number_and_what_a_later_version_writes_stand_as_they_are(language):
    for kind, code in ((EntryKind.SHEETS, "1-5"), (EntryKind.VISIT, ""), (EntryKind.CROWD, "on <b>x</b> min")):
        assert detail(kind, code) == code
