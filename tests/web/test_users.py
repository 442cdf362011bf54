"""Who may log in, as a manager changes it."""

from __future__ import annotations

import re

from flask import Flask

from kiosk.store.desk import Desk, Role
from tests.web.conftest import PIN, Visitor


def secret_of(page: str) -> str:
    found = re.search(r'class="secret">([^<]+)<', page)
    assert found, "no secret is shown"
    return found[1]


def test_a_manager_adds_a_volunteer_who_logs_in_with_the_pin_that_is_shown_once(
    app: Flask, manager: Visitor, stranger: Visitor
):
    answer = manager.post("/users", {"name": "Li Na", "role": "volunteer"})
    pin = secret_of(answer.get_data(as_text=True))
    assert answer.headers["Cache-Control"] == "no-store"
    assert pin not in manager.page("/users")
    assert stranger.log_in("Li Na", pin).status_code == 303
    assert stranger.get("/desk").status_code == 200


def test_whoever_is_locked_out_gets_another_pin_from_a_manager(manager: Visitor, stranger: Visitor, desk: Desk):
    for _ in range(5):
        stranger.log_in("Anna", "000000")
    anna = desk.users.named("Anna")
    pin = secret_of(manager.post(f"/users/{anna.id}/reset").get_data(as_text=True))
    assert stranger.log_in("Anna", PIN).status_code == 401
    assert stranger.log_in("Anna", pin).status_code == 303


def test_a_manager_who_resets_their_own_passphrase_sees_it_before_they_are_out(manager: Visitor, stranger: Visitor):
    page = manager.post("/users/u1/reset").get_data(as_text=True)
    assert manager.get("/users").status_code == 303
    assert stranger.log_in("manager", secret_of(page)).status_code == 303


def test_whoever_is_shut_out_is_out_at_once_and_comes_back(manager: Visitor, volunteer: Visitor, desk: Desk):
    anna = desk.users.named("Anna")
    assert manager.post(f"/users/{anna.id}/enabled", {"enabled": "no"}).status_code == 303
    assert volunteer.get("/desk").status_code == 303
    assert "shut out" in manager.page("/users")
    manager.post(f"/users/{anna.id}/enabled", {"enabled": "yes"})
    assert volunteer.log_in("Anna", PIN).status_code == 303


def test_the_last_manager_stays(manager: Visitor, desk: Desk):
    answer = manager.post("/users/u1/enabled", {"enabled": "no"})
    assert (answer.status_code, "somebody must be left" in answer.get_data(as_text=True)) == (422, True)
    assert desk.users.find("u1").enabled


def test_what_is_wrong_with_a_new_user_is_one_sentence(manager: Visitor):
    for values, sentence in (
        ({"name": "", "role": "volunteer"}, "a user needs a name"),
        ({"name": "Anna", "role": "volunteer"}, "already a user of that name"),
        ({"name": "u7", "role": "volunteer"}, "already a user of that name"),
        ({"name": "Li", "role": "king"}, "a user needs a name"),
    ):
        answer = manager.post("/users", values)
        assert (answer.status_code, sentence in answer.get_data(as_text=True)) == (422, True), values


def test_a_token_is_made_for_what_is_ticked_and_ended(app: Flask, manager: Visitor, desk: Desk):
    values = {"name": "Street office", "scope": "reports", "days": "30"}
    secret = secret_of(manager.post("/users/tokens", values).get_data(as_text=True))
    asked = app.test_client()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert asked.get("/api/v1/days/2026-11-21", headers=bearer).status_code in (200, 503)
    assert asked.get("/api/v1/entries", headers=bearer).status_code == 403
    (token,) = desk.tokens.list()
    assert secret not in manager.page("/users")
    assert manager.post(f"/users/tokens/{token.id}/revoke").status_code == 303
    assert asked.get("/api/v1/days/2026-11-21", headers=bearer).status_code == 401


def test_a_token_for_nothing_or_for_ever_is_refused(manager: Visitor, desk: Desk):
    for values in ({"name": "x"}, {"name": "", "scope": "log"}, {"name": "x", "scope": "log", "days": "9999"}):
        assert manager.post("/users/tokens", values).status_code == 422
    assert desk.tokens.list() == ()


def test_what_changes_is_written_down_under_the_managers_name(manager: Visitor, desk: Desk):
    manager.post("/users", {"name": "Li Na", "role": "technician"})
    user = desk.users.named("Li Na")
    assert user.role is Role.TECHNICIAN
    manager.post(f"/users/{user.id}/reset")
    manager.post(f"/users/{user.id}/enabled", {"enabled": "no"})
    assert [(act.who, act.what) for act in desk.audit.page()[:3]] == [
        ("u1", "user_disabled"),
        ("u1", "secret_reset"),
        ("u1", "user_added"),
    ]


def test_hostile_names_are_text(manager: Visitor):
    manager.post("/users", {"name": "<script>alert(1)</script>", "role": "volunteer"})
    assert "<script>alert" not in manager.page("/users")
