"""Every code that can reach a page has words of its own."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pytest

from hardware.thermometers import SensorCode
from kiosk.core.entry import EntryKind
from kiosk.core.model import ConditionKind, Direction, Group, Outcome, Remedy, Want
from kiosk.core.ports import Phrase
from kiosk.core.reasons import Answer, Reason
from kiosk.core.rules import GroupRules
from kiosk.core.view import Face
from kiosk.locale import use, words
from kiosk.services.messages import CameraState
from kiosk.store import export
from kiosk.store.desk import Role

TABLES: list[tuple[type[StrEnum], Mapping[str, object]]] = [
    (Outcome, words.OUTCOMES),
    (Reason, words.REASONS),
    (Answer, words.ANSWERS),
    (Want, words.WANTS),
    (Face, words.FACES),
    (Phrase, words.PHRASES),
    (ConditionKind, words.CONDITIONS),
    (Remedy, words.REMEDIES),
    (Direction, words.DIRECTIONS),
    (Group, words.GROUPS),
    (EntryKind, words.KINDS),
    (Role, words.ROLES),
    (CameraState, words.DEVICE_STATES),
    (SensorCode, words.DEVICE_STATES),
]


@pytest.mark.parametrize(("codes", "table"), TABLES, ids=[codes.__name__ for codes, _ in TABLES])
def test_every_code_has_words(codes: type[StrEnum], table: Mapping[str, object]):
    assert [code for code in codes if code not in table] == []


def test_every_column_of_a_download_and_every_check_has_words():
    assert {column.name for column in export.COLUMNS} - set(words.COLUMNS) == set()
    assert set(GroupRules().checks) - set(words.CHECKS) == set()


def test_a_code_that_nobody_knows_is_shown_as_it_is():
    assert words.reason("brand_new") == "brand_new"
    assert words.advice("brand_new") == ""
    assert words.say(words.DEVICES, "x_ray") == "x_ray"
    assert words.say(words.DEVICES, None) == ""


def test_the_voice_says_the_same_as_the_screen_in_each_language():
    use("zh_Hans_CN")
    try:
        assert words.phrase("pass") == "请通行。"
        assert words.face("pass")[0] == "请通行"
    finally:
        use(None)
