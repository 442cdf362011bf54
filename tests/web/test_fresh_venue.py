"""The resident's screen with the fresh check-in code of its place."""

import json
import re
from datetime import datetime

import cv2
import numpy as np
import pytest
from flask import Flask

from kiosk.services.fresh_venue import FreshVenue
from kiosk.settings import Places, Settings, VenueSection
from kiosk.store.desk import Desk
from tests.support.codes import codes_in
from web import create_app
from web.gate import Gate


def drawn(path: str, modules: int) -> str:
    """What a phone reads of the drawing."""
    picture = np.full((modules, modules), 255, np.uint8)
    for column, row, count in re.findall(r"M(\d+) (\d+)h(\d+)v1", path):
        picture[int(row), int(column) : int(column) + int(count)] = 0
    (found,) = codes_in(cv2.resize(picture, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST))
    return found


@pytest.fixture
def fresh(at: Places) -> FreshVenue:
    return FreshVenue(Settings(venue=VenueSection(id="south-gate", name="南门", on_screen=True)), at)


@pytest.fixture
def showing(settings: Settings, at: Places, desk: Desk, gate: Gate, clock, fresh: FreshVenue) -> Flask:
    config = {"TESTING": True, "RATELIMIT_ENABLED": False}
    return create_app(settings, at, desk, gate, secret=b"s" * 32, now=clock.now, venue=fresh.text, config=config)


def told(parts) -> dict:
    for part in parts:
        if part.startswith(b"event: venue\n"):
            return json.loads(part.decode().partition("data: ")[2])
    raise AssertionError("no code came")


def test_the_page_and_its_news_show_the_code_of_this_moment(showing: Flask, fresh: FreshVenue, clock):
    now: datetime = clock.now()
    page = showing.test_client().get("/screen").text
    figure = page.partition('class="venue"')[2]
    path, modules = re.search(r'<path d="(M[^"]+)"', figure)[1], int(re.search(r'viewBox="0 0 (\d+) \1"', figure)[1])
    assert drawn(path, modules) == fresh.text(now)
    assert "has-venue" in page
    with showing.test_client().get("/screen/events") as stream:
        assert drawn(**told(iter(stream.response))) == fresh.text(now)


def test_a_newer_code_comes_by_itself(showing: Flask, fresh: FreshVenue, clock):
    with showing.test_client().get("/screen/events") as stream:
        parts = iter(stream.response)
        first = drawn(**told(parts))
        clock.pass_by(seconds=60)
        assert drawn(**told(parts)) == fresh.text(clock.now()) != first


def test_a_screen_that_is_to_show_none_shows_none(app: Flask):
    page = app.test_client().get("/screen").text
    assert "has-venue" not in page
    with app.test_client().get("/screen/events") as stream:
        parts = iter(stream.response)
        told = [next(parts) for _ in range(3)]
    assert [part for part in told if part.startswith(b"event: venue")] == [b"event: venue\ndata: null\n\n"]
