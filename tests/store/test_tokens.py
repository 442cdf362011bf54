"""What programs identify themselves by."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.core.desk_requests import DeskRefusal, Scope
from kiosk.store.desk import Desk

START = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


class Turned:
    """A clock that a test turns."""

    time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def turned() -> Turned:
    return Turned()


@pytest.fixture
def desk(tmp_path: Path, turned: Turned) -> Iterator[Desk]:
    with closing(Desk.open(tmp_path / "desk.db", now=turned)) as desk:
        yield desk


def test_a_token_is_known_by_its_secret_until_it_ends(desk: Desk, turned: Turned) -> None:
    token, secret = desk.tokens.add("Street office", [Scope.REPORTS, Scope.LOG, Scope.LOG], days=30, by="u1")
    assert token.scopes == (Scope.LOG, Scope.REPORTS)
    assert desk.tokens.find(secret) == token
    for guessed in (secret[:-1], token.id, "", "\ud800"):
        assert desk.tokens.find(guessed) is None
    turned.time += timedelta(days=30)
    assert desk.tokens.find(secret) is None
    assert desk.tokens.list() == ()
    turned.time += timedelta(seconds=1)
    assert desk.forget_on_time(audit_days=180)["token"] == 1


def test_a_revoked_token_is_nobodys_at_once_and_both_are_written_down(desk: Desk) -> None:
    token, secret = desk.tokens.add("Street office", [Scope.STATE], days=1, by="u1")
    assert desk.tokens.revoke(token.id, by="u2") is None
    assert desk.tokens.find(secret) is None
    assert desk.tokens.revoke(token.id, by="u2") is DeskRefusal.UNKNOWN_TOKEN
    assert [(act.who, act.what) for act in desk.audit.page()] == [("u2", "token_revoked"), ("u1", "token_added")]


def test_the_day_of_its_last_use_is_known_and_written_once_a_day(desk: Desk, turned: Turned) -> None:
    _, secret = desk.tokens.add("Street office", [Scope.STATE], days=9, by="u1")
    assert [token.used for token in desk.tokens.list()] == [None]
    desk.tokens.find(secret)
    turned.time += timedelta(hours=1)
    desk.tokens.find(secret)
    assert [token.used for token in desk.tokens.list()] == [START.date()]


def test_no_secret_stands_in_the_file(desk: Desk, tmp_path: Path) -> None:
    _, secret = desk.tokens.add("Street office", [Scope.STATE], days=9, by="u1")
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()
