"""Every route with every role, and what a request must carry to be taken at all."""

from __future__ import annotations

import pytest
from flask import Flask

from kiosk.settings import Places
from kiosk.store.desk import Role
from tests.support import written_logbook
from tests.web.conftest import PASSPHRASE, PIN, Visitor
from web.access import open_to

PUBLIC = {
    "screen.show",
    "screen.events",
    "screen.call",
    "displays.pair",
    "health.show",
    "login.home",
    "login.enter",
    "login.check",
    "login.leave",
}
MANAGERS = {
    f"records.{name}"
    for name in (
        *("show", "names", "download", "make", "list_files", "file", "save", "seal", "drop", "entry", "entry_names"),
        *("charts", "day", "day_pdf", "day_csv", "inspect", "inspect_pdf", "inside", "reset_inside"),
        *("people", "person_rows", "person_file", "person_erase", "acts", "acts_file"),
    )
}
MANAGERS |= {"desk.print_sheets", "displays.show", "displays.confirm", "displays.revoke"}
MANAGERS |= {f"users.{name}" for name in ("show", "add", "reset", "enable", "add_token", "revoke")}
MANAGERS |= {f"settings.rules{name}" for name in ("", "_preview", "_apply", "_before", "_back")}
MANAGERS |= {
    f"settings.passes{name}" for name in ("", "_issue", "_card", "_sheets", "_sheet", "_save", "_drop", "_deny")
}
MANAGERS |= {f"settings.kiosk{name}" for name in ("", "_preview", "_apply", "_before", "_back")}
MANAGERS |= {f"settings.announcements{name}" for name in ("", "_preview", "_apply")}
MANAGERS |= {f"settings.backup{name}" for name in ("", "_now", "_stop", "_progress")}
MANAGERS |= {f"settings.trust{name}" for name in ("", "_list", "_preview", "_apply", "_remove")}
TECHNICAL = {f"settings.devices{name}" for name in ("", "_preview", "_apply")}
TECHNICAL |= {"calibration.show", "calibration.show_compared"}
MANAGERS |= {f"settings.roster{name}" for name in ("", "_preview", "_apply", "_remove", "_export")}
EVERYBODY = {"settings.show", "settings.change_pin"}
FILES = {"static", "bootstrap.static"}
EXAMPLES = {"visit": "visit-1", "lane": "main", "condition": "trust_stale", "filename": "tokens.css"}
EXAMPLES |= {
    "seq": 1,
    "made": "0123456789abcdef",
    "day": "2026-11-21",
    "user": "u9",
    "token": "t-9",
    "version": "0123456789ab",
    "name": "list.json",
}
LOG_INS = {Role.VOLUNTEER: ("Anna", PIN), Role.MANAGER: ("manager", PASSPHRASE), Role.TECHNICIAN: ("tech", PASSPHRASE)}


def walk(app: Flask):
    """Every address and method, with examples for what varies."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        address = adapter.build(rule.endpoint, {name: EXAMPLES[name] for name in rule.arguments})
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield rule.endpoint, method, address


def expected(endpoint: str) -> set[Role]:
    if endpoint in MANAGERS:
        return {Role.MANAGER}
    if endpoint in TECHNICAL:
        return {Role.MANAGER, Role.TECHNICIAN}
    return set(Role) if endpoint in EVERYBODY else {Role.VOLUNTEER, Role.MANAGER}


def test_every_view_says_to_whom_it_is_open(app: Flask):
    open_ones = {name for name, view in app.view_functions.items() if open_to(view) == frozenset()}
    closed = {name for name, view in app.view_functions.items() if open_to(view) is None}
    assert open_ones == PUBLIC
    assert closed == FILES


def test_a_stranger_is_sent_to_the_log_in_by_every_page_that_is_not_public(app: Flask, stranger: Visitor):
    for endpoint, method, address in walk(app):
        if endpoint in PUBLIC | FILES:
            continue
        answer = stranger.get(address) if method == "GET" else stranger.post(address, token_of="/login")
        assert (answer.status_code, "/login" in answer.headers["Location"]) == (303, True), (method, address)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_its_own_pages_and_no_other(app: Flask, at: Places, role: Role):
    written_logbook.write(at, [written_logbook.draft(1)])
    visitor = Visitor(app.test_client())
    visitor.log_in(*LOG_INS[role])
    for endpoint, method, address in walk(app):
        if endpoint in PUBLIC | FILES or endpoint == "desk.events":
            continue
        answer = visitor.get(address) if method == "GET" else visitor.post(address, token_of="/settings")
        answer.close()
        reached = answer.status_code != 403
        assert reached == (role in expected(endpoint)), (role, method, address, answer.status_code)
        assert answer.status_code < 500 or answer.status_code == 503, (method, address)


def test_no_change_is_taken_without_the_token_of_a_page(app: Flask, manager: Visitor):
    for _, method, address in walk(app):
        if method == "POST":
            answer = manager.client.post(address, headers={"Accept": "text/html", "Accept-Language": "en"})
            assert answer.status_code == 400, address
            said = (
                "页面打开太久" if address.startswith("/screen") else "open too long"
            )  # the screen has a language of its own
            assert said in answer.get_data(as_text=True)


def test_a_form_from_another_site_is_refused(volunteer: Visitor):
    answer = volunteer.post("/desk/visits/visit-1/again", Origin="http://elsewhere.example")
    assert answer.status_code == 403
    answer = volunteer.post("/desk/visits/visit-1/again", **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_a_strange_host_name_is_not_answered_but_addresses_are(stranger: Visitor):
    assert stranger.get("/login", Host="evil.example").status_code == 421
    assert stranger.get("/login", Host="192.168.1.7:8080").status_code == 200
    assert stranger.get("/login", Host="[::1]:8080").status_code == 200
    assert stranger.get("/login", Host="localhost:8080").status_code == 200


def test_every_answer_forbids_scripts_and_styles_that_are_not_ours(manager: Visitor):
    records = (
        "/records",
        "/records/charts",
        "/records/days",
        "/records/inspection",
        "/records/inside",
        "/records/looks",
    )
    for address in (
        *records,
        "/records/people",
        "/records/files",
        "/screen",
        "/desk",
        "/settings",
        "/health",
        "/nothing",
    ):
        answer = manager.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        page = answer.get_data(as_text=True)
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick" not in page
        assert "<script>" not in page
        assert "http://" not in page.replace("http://www.w3.org", "")
        assert "https://" not in page


def test_pages_are_never_kept_by_a_browser_but_files_are(manager: Visitor):
    assert manager.get("/desk").headers["Cache-Control"] == "no-store"
    with manager.get("/static/pages.css") as file:
        assert "max-age" in file.headers["Cache-Control"]


def test_an_unknown_page_is_one_clear_sentence(stranger: Visitor):
    assert "There is no such page." in stranger.page("/nothing")
    answer = stranger.client.get("/nothing", headers={"Accept": "application/json", "Accept-Language": "zh"})
    assert answer.json == {"done": False, "said": "没有这个页面。"}
