"""Logging in, being locked out, and coming back to the page after a login has ended."""

from __future__ import annotations

from flask import Flask

from kiosk.settings import Places, Settings
from kiosk.store.desk import Desk, Role
from tests.web.conftest import PASSPHRASE, PIN, Clock, Visitor
from web import create_app
from web.gate import Gate


def test_a_volunteer_lands_on_the_desk(stranger: Visitor):
    assert stranger.log_in("Anna", PIN).headers["Location"] == "/"
    assert stranger.get("/").headers["Location"] == "/desk"


def test_a_wrong_pin_is_one_sentence_and_does_not_say_which_of_the_two_was_wrong(stranger: Visitor):
    wrong = stranger.log_in("Anna", "000000")
    unknown = stranger.log_in("Nobody", "000000")
    assert wrong.status_code == unknown.status_code == 401
    sentence = "Name or PIN is wrong. Please try again."
    assert sentence in wrong.get_data(as_text=True)
    assert sentence in unknown.get_data(as_text=True)


def test_after_many_wrong_pins_the_page_says_how_long_to_wait(stranger: Visitor):
    for _ in range(4):
        answer = stranger.log_in("Anna", "000000")
    assert "Please wait 5 seconds." in answer.get_data(as_text=True)
    assert stranger.log_in("Anna", PIN).status_code == 401


def test_a_login_that_ended_says_so_and_comes_back_to_the_page(volunteer: Visitor, clock: Clock):
    assert volunteer.get("/desk?lane=main").status_code == 200
    clock.pass_by(hours=2)
    answer = volunteer.get("/desk?lane=main")
    assert answer.headers["Location"] == "/login?next=/desk?lane%3Dmain&said=ended"
    assert "Your login has ended. Please log in to go on." in volunteer.page(answer.headers["Location"])
    assert volunteer.log_in("Anna", PIN, answer.headers["Location"]).headers["Location"] == "/desk?lane=main"


def test_a_script_is_told_where_to_log_in(volunteer: Visitor, clock: Clock):
    clock.pass_by(hours=2)
    answer = volunteer.post("/desk/visits/visit-1/again", token_of="/login", Accept="application/json")
    assert answer.status_code == 401
    assert answer.json["login"].startswith("/login?")
    assert answer.json["said"] == "Your login has ended. Please log in to go on."


def test_logging_out_ends_the_session_on_the_server(app: Flask, volunteer: Visitor):
    kept = volunteer.client.get_cookie("kiosk").value
    volunteer.post("/logout")
    other = app.test_client()
    other.set_cookie("kiosk", kept)
    assert Visitor(other).get("/desk").status_code == 303


def test_after_the_login_nobody_is_sent_to_another_site(stranger: Visitor):
    for address in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb"):
        answer = stranger.post("/login", {"name": "Anna", "secret": PIN}, token_of="/login")
        assert answer.status_code == 303
        stranger.post("/logout")
        answer = stranger.client.post(
            "/login",
            query_string={"next": address},
            data={"csrf_token": stranger.token(), "name": "Anna", "secret": PIN},
        )
        assert answer.headers["Location"] == "/", address
        stranger.post("/logout")


def test_a_manager_whose_right_was_taken_away_is_out_at_once(manager: Visitor, desk: Desk):
    desk.users.add("Deputy", Role.MANAGER, PASSPHRASE)
    desk.users.enable("u1", enabled=False, by="u4")
    assert manager.get("/records").status_code == 303


def test_the_pin_is_changed_only_with_the_old_one_and_other_devices_log_in_anew(
    app: Flask, volunteer: Visitor, stranger: Visitor
):
    new = {"old": "000000", "new": "583926", "again": "583926"}
    assert "The old PIN is wrong." in volunteer.post("/settings/pin", new).get_data(as_text=True)
    assert "differ" in volunteer.post("/settings/pin", new | {"old": PIN, "again": "1"}).get_data(as_text=True)
    weak = {"old": PIN, "new": "111111", "again": "111111"}
    assert volunteer.post("/settings/pin", weak).status_code == 422
    elsewhere = Visitor(app.test_client())
    elsewhere.log_in("Anna", PIN)
    assert volunteer.post("/settings/pin", new | {"old": PIN}).headers["Location"] == "/settings?said=changed"
    assert volunteer.get("/desk").status_code == 200
    assert elsewhere.get("/desk").status_code == 303
    assert stranger.log_in("Anna", "583926").status_code == 303


def test_too_many_log_ins_from_one_address_are_slowed_down(settings: Settings, at: Places, desk: Desk, gate: Gate):
    app = create_app(settings, at, desk, gate, secret=b"s" * 32, config={"TESTING": True})
    stranger = Visitor(app.test_client())
    answers = [stranger.log_in(f"nobody{number}", "x").status_code for number in range(21)]
    assert answers[0] == 401
    assert answers[-1] == 429


def test_under_tls_the_cookie_is_bound_to_this_host(at: Places, desk: Desk, gate: Gate):
    from dataclasses import replace

    settings = Settings(web=replace(Settings().web, tls_cert="x.pem"))
    app = create_app(settings, at, desk, gate, secret=b"s" * 32, config={"TESTING": True, "RATELIMIT_ENABLED": False})
    cookie = app.test_client().get("/login", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-kiosk=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_the_language_is_chosen_by_one_touch_and_kept(stranger: Visitor):
    assert "Log in" in stranger.page("/login")
    assert "登录" in stranger.page("/login?lang=zh_Hans_CN")
    assert "登录" in stranger.page("/login")
    assert "Log in" in stranger.page("/login?lang=en")


def test_a_passphrase_lets_the_manager_in_by_id_too(stranger: Visitor):
    assert stranger.log_in("u1", PASSPHRASE).status_code == 303


def test_whoever_asks_for_pairing_codes_all_the_time_is_slowed_down_and_a_waiting_display_is_not(
    settings, at, desk, gate
):
    app = create_app(settings, at, desk, gate, secret=b"s" * 32, config={"TESTING": True})
    client = app.test_client()
    answers = [client.get("/screen/pair").status_code for _ in range(61)]
    assert answers[:60] == [200] * 60  # a display asks fifteen times a minute
    assert answers[60] == 429
