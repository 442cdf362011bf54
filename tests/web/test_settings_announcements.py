"""What the screen says while nobody is there, as a manager writes it: looked at first, never lost."""

from __future__ import annotations

import re
import tomllib
from html import unescape
from typing import Any

import pytest
from flask import Flask

from kiosk.settings import Places
from kiosk.store.desk import Desk
from tests.web.conftest import PASSPHRASE, Visitor
from tests.web.test_settings_rules import version_of

MORNING = {"since": "07:00", "until": "09:00", "chinese": "早上好，请戴好口罩", "english": "Please wear a mask"}
NIGHT = {"since": "22:00", "until": "05:00", "chinese": "夜间请按铃", "english": "At night please ring"}
EMPTY = {"since": "", "until": "", "chinese": "", "english": ""}
KEY = "screen.announcements"
FLOOD = "a" + "\u0301" * 90


def send(visitor: Visitor, *rows: dict[str, str], seen: str = "") -> Any:
    form: dict[str, Any] = {"seen": seen or version_of(visitor.page("/settings/announcements"))}
    for name in MORNING:
        form[name] = [row[name] for row in rows]
    return visitor.post("/settings/announcements/preview", form)


def carried(page: str) -> dict[str, str]:
    found = re.findall(r'name="(seen|screen.announcements)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def rows_of(page: str) -> int:
    return page.count('name="since"')


def announce(visitor: Visitor, *rows: dict[str, str]) -> Any:
    return visitor.post("/settings/announcements/apply", carried(send(visitor, *rows).get_data(as_text=True)))


@pytest.fixture
def other(app: Flask, desk: Desk) -> Visitor:
    visitor = Visitor(app.test_client())
    desk.users.add("second", "manager", PASSPHRASE)  # type: ignore[arg-type]
    visitor.log_in("second", PASSPHRASE)
    return visitor


def written(at: Places) -> list[str]:
    found = tomllib.loads(at.written_settings.read_text()) if at.written_settings.exists() else {}
    return list(found.get("screen", {}).get("announcements", []))


def test_announcements_are_seen_as_the_screen_says_them_before_they_are_in_force(manager: Visitor, at: Places):
    page = send(manager, MORNING, EMPTY, NIGHT).get_data(as_text=True)
    assert "how the screen will say it" in page
    assert "within ten seconds: the pages. Everything else goes on" in page
    assert not written(at)
    answer = announce(manager, MORNING, EMPTY, NIGHT)
    assert "within ten seconds: the pages" in manager.page(answer.headers["Location"])
    assert written(at) == [
        "07:00-09:00 | 早上好，请戴好口罩 | Please wear a mask",
        "22:00-05:00 | 夜间请按铃 | At night please ring",
    ]
    assert [at.anew(name).exists() for name in ("web", "gate", "scanner")] == [True, False, False]
    assert "夜间请按铃" in manager.page("/settings/announcements")


def test_one_that_is_emptied_is_left_away_and_shown_as_such(manager: Visitor, at: Places):
    announce(manager, MORNING, NIGHT)
    assert "left away" in send(manager, NIGHT).get_data(as_text=True)
    announce(manager, NIGHT)
    assert len(written(at)) == 1
    announce(manager)
    assert not written(at)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"since": "7"}, "from when until when"),
        ({"until": "07:00"}, "from when until when"),
        ({"until": "25:00"}, "from when until when"),
        ({"english": ""}, "in both languages"),
        ({"chinese": "a | b"}, "cannot stand in it"),
        ({"chinese": "长" * 300}, "too long"),
    ],
)
def test_what_is_wrong_is_said_at_its_row_and_the_others_stay(
    manager: Visitor, at: Places, changed: dict[str, str], said: str
):
    answer = send(manager, NIGHT, MORNING | changed)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, said in page) == (422, True)
    assert 'value="夜间请按铃"' in page
    assert not written(at)


def test_one_empty_row_waits_and_another_is_added_without_losing_what_was_typed(manager: Visitor, at: Places):
    assert rows_of(manager.page("/settings/announcements")) == 1
    page = manager.page("/settings/announcements")
    form: dict[str, Any] = {"seen": version_of(page), "another": "yes"}
    form |= {name: [text, ""] for name, text in MORNING.items()}
    page = manager.post("/settings/announcements/preview", form).get_data(as_text=True)
    assert (rows_of(page), MORNING["chinese"] in page, version_of(page)) == (3, True, form["seen"])
    assert not written(at)
    announce(manager, MORNING, NIGHT)
    assert rows_of(manager.page("/settings/announcements")) == 3
    announce(manager, *[MORNING] * 20)
    full = manager.page("/settings/announcements")
    assert (rows_of(full), "Add another" in full) == (20, False)


def test_of_two_who_write_at_once_neither_is_lost(manager: Visitor, other: Visitor, at: Places):
    seen = version_of(manager.page("/settings/announcements"))
    announce(other, NIGHT)
    answer = send(manager, MORNING, seen=seen)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "Somebody else was faster" in page) == (409, True)
    again = manager.post("/settings/announcements/preview", carried(page)).get_data(as_text=True)
    assert manager.post("/settings/announcements/apply", carried(again)).status_code == 303
    assert written(at) == ["07:00-09:00 | 早上好，请戴好口罩 | Please wear a mask"]


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "a\u202eb", "a\r\nb", "{{ config }}", "👩‍👧‍👦", FLOOD]
)
def test_hostile_texts_stay_texts(manager: Visitor, at: Places, hostile: str):
    page = send(manager, MORNING | {"chinese": hostile, "english": hostile}).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "\u202e" not in page
    announce(manager, MORNING | {"chinese": hostile, "english": hostile})
    assert len(written(at)) == 1
    assert "<script>alert" not in manager.page("/settings/announcements")


def test_the_form_of_this_kiosk_does_not_offer_the_same_a_second_time(manager: Visitor):
    assert f'name="{KEY}"' not in manager.page("/settings/kiosk")
