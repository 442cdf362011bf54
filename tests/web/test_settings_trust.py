"""Lists of keys and country rules as a manager looks after them: shown, looked through, taken over, taken away."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask

from kiosk.core.trust import own_keys
from kiosk.settings import Places
from kiosk.store import lists, rule_files
from kiosk.store.desk import Desk
from tests.support import abroad, mint
from tests.support.country import VALUE_SETS, rule
from tests.web.conftest import PASSPHRASE, Clock, Visitor
from tests.web.test_settings_roster import sheet_of

STREET = mint.street()
OWN = [signer for signer in STREET.trust.signers if signer.scheme in own_keys.SCHEMES]
KEYS = own_keys.dump(OWN)
RAMZOR = abroad.key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
RULES = json.dumps([rule("TR-XY-0001"), rule("TR-ZZ-0001"), VALUE_SETS]).encode()


def deny(*ids: str, as_of: str = "2026-11-20T00:00:00Z") -> bytes:
    return json.dumps({"kiosk_deny": 1, "as_of": as_of, "denied": list(ids)}).encode()


def bring(visitor: Visitor, *files: tuple[str, bytes], language: str = "en", **fields: str):
    """Sends files as a browser does."""
    parts = {"csrf_token": visitor.token("/settings"), **fields}
    body = b"".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in parts.items()
    )
    for name, data in files:
        body += f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + data
        body += b"\r\n"
    return visitor.client.post(
        "/settings/trust/preview",
        data=body + b"--edge--\r\n",
        content_type="multipart/form-data; boundary=edge",
        headers={"Accept": "text/html", "Accept-Language": language},
    )


def take_over(visitor: Visitor, *files: tuple[str, bytes], **fields: str):
    page = bring(visitor, *files, **fields).get_data(as_text=True)
    return visitor.post("/settings/trust/apply", {"token": sheet_of(page)})


@pytest.fixture
def other(app: Flask, desk: Desk) -> Visitor:
    visitor = Visitor(app.test_client())
    desk.users.add("second", "manager", PASSPHRASE)  # type: ignore[arg-type]
    visitor.log_in("second", PASSPHRASE)
    return visitor


def test_a_list_is_looked_through_first_and_taken_over_when_the_manager_says_so(
    manager: Visitor, at: Places, desk: Desk
):
    page = bring(manager, ("neighbours.json", KEYS)).get_data(as_text=True)
    assert "It is new here." in page
    assert not lists.files(at)
    answer = manager.post("/settings/trust/apply", {"token": sheet_of(page)})
    page = manager.page(answer.headers["Location"])
    assert (answer.status_code, "is taken over" in page, "neighbours.json" in page) == (303, True, True)
    assert [file.name for file in lists.files(at)] == ["neighbours.json"]
    act = desk.audit.page()[0]
    assert (act.what, act.detail.split(" ")[0]) == ("trust_imported", "neighbours.json")
    assert OWN[0].issuer in manager.page("/settings/trust/lists/neighbours.json")


def test_what_a_list_would_change_is_counted(manager: Visitor):
    take_over(manager, ("a.json", KEYS))
    page = bring(manager, ("a.json", deny("venue:x", "venue:y"))).get_data(as_text=True)
    numbers = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))
    assert "takes the place" in page
    assert (numbers["keys new"], numbers["codes taken back"]) == ("0", "2")
    assert int(numbers["keys gone"]) == len(OWN)


@pytest.mark.parametrize(
    ("name", "data", "english", "chinese"),
    [
        ("x.json", b"[]", "This is no list of keys that the kiosk knows", "本终端不认识"),
        ("x.json", b"{}", "no entry in it", "一项也没有"),
        ("x.json", b"{", "not JSON at line 1", "第 1 行不是 JSON"),
        ("x.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate", "证书"),
        ("x.txt", KEYS, "The file&#39;s name has to end in", "文件名"),
        ("x.json", b"", "x.json is empty", "是空的"),
        ("x.json", json.dumps([rule("TR-XY-0001", Version=None)]).encode(), "its Version is missing", "Version"),
        ("x.json", json.dumps([rule("xy")]).encode(), "looks like VR-AT-0001", "VR-AT-0001"),
    ],
)
def test_every_bad_file_is_answered_with_one_sentence_in_the_readers_language(
    manager: Visitor, at: Places, name: str, data: bytes, english: str, chinese: str
):
    for language, said in (("en", english), ("zh", chinese)):
        answer = bring(manager, (name, data), language=language)
        page = answer.get_data(as_text=True)
        (problem,) = re.findall(r'class="problem" role="alert"><bdi>(.*?)</bdi>', page)
        assert answer.status_code == 422
        assert said in problem, problem
        assert 'name="token"' not in page
        if language == "zh":
            assert not re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", problem), f"not all Chinese: {problem}"
    assert not lists.files(at)
    assert not rule_files.files(at.country_rules)


def test_an_older_list_is_refused_until_somebody_ticks_that_it_may_be(manager: Visitor, at: Places):
    take_over(manager, ("d.json", deny("venue:x", as_of="2026-11-20T00:00:00Z")))
    older = deny("venue:y", as_of="2026-11-01T00:00:00Z")
    answer = bring(manager, ("d.json", older))
    assert (answer.status_code, "older than the one in force" in answer.get_data(as_text=True)) == (422, True)
    assert take_over(manager, ("d.json", older), older="yes").status_code == 303
    assert lists.load(lists.files(at)).denied == {"venue:y"}


def test_a_list_that_leaves_something_open_is_looked_through_again_without_choosing_it_again(
    manager: Visitor, at: Places
):
    page = bring(manager, ("il.pem", RAMZOR)).get_data(as_text=True)
    assert "The file leaves something open" in page
    again = manager.post("/settings/trust/preview", {"token": sheet_of(page), "purpose": "ramzor"})
    page = again.get_data(as_text=True)
    assert "leaves something open" not in page
    assert manager.post("/settings/trust/apply", {"token": sheet_of(page)}).status_code == 303
    assert {s.scheme for s in lists.load(lists.files(at)).signers} == {"ramzor"}


def test_several_certificates_become_one_list(manager: Visitor, at: Places):
    files = [(f"key-{n}.pem", abroad.key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
             for n in range(3)]  # fmt: skip
    assert take_over(manager, *files, purpose="ramzor", title="IL").status_code == 303
    (file,) = lists.files(at)
    assert (file.name, len(lists.load([file]).signers)) == ("IL.pem", 3)


def test_country_rules_are_taken_over_and_away_the_same_way(manager: Visitor, at: Places, desk: Desk):
    page = bring(manager, ("world.json", RULES)).get_data(as_text=True)
    assert "Rules by country" in page
    assert manager.post("/settings/trust/apply", {"token": sheet_of(page)}).status_code == 303
    assert {r.country for r in rule_files.load(at.country_rules).rules} == {"XY", "ZZ"}
    form = {"list": "world.json", "kind": "rules"}
    assert "Take this list away?" in manager.post("/settings/trust/remove", form).get_data(as_text=True)
    assert rule_files.files(at.country_rules)
    assert manager.post("/settings/trust/remove", form | {"sure": "yes"}).status_code == 303
    assert not rule_files.files(at.country_rules)
    assert desk.audit.page()[0].what == "trust_removed"


def test_a_list_that_changed_meanwhile_is_shown_anew_and_never_replaced_unseen(
    manager: Visitor, other: Visitor, at: Places
):
    take_over(manager, ("d.json", deny("venue:x")))
    page = bring(manager, ("d.json", deny("venue:mine"))).get_data(as_text=True)
    take_over(other, ("d.json", deny("venue:theirs")))
    answer = manager.post("/settings/trust/apply", {"token": sheet_of(page)})
    shown = answer.get_data(as_text=True)
    assert (answer.status_code, "Somebody changed this list" in shown) == (409, True)
    assert lists.load(lists.files(at)).denied == {"venue:theirs"}
    assert manager.post("/settings/trust/apply", {"token": sheet_of(shown)}).status_code == 303
    assert lists.load(lists.files(at)).denied == {"venue:mine"}


def test_what_waits_is_its_managers_alone_and_not_for_ever(manager: Visitor, other: Visitor, clock: Clock, at: Places):
    page = bring(manager, ("d.json", deny("venue:x"))).get_data(as_text=True)
    assert other.post("/settings/trust/apply", {"token": sheet_of(page)}).status_code == 409
    clock.pass_by(minutes=16)
    assert manager.post("/settings/trust/apply", {"token": sheet_of(page)}).status_code == 409
    assert not lists.files(at)


def test_broken_and_stale_lists_are_told_apart_from_good_ones(manager: Visitor, at: Places):
    at.trust.mkdir(parents=True)
    (at.trust / "broken.json").write_bytes(b"{")
    old = (datetime.now(UTC) - timedelta(days=30)).strftime("%Y-%m-%dT00:00:00Z")
    (at.trust / "stale.json").write_bytes(deny("venue:x", as_of=old))
    (at.trust / "good.json").write_bytes(deny("venue:y", as_of=f"{datetime.now(UTC):%Y-%m-%dT00:00:00Z}"))
    page = manager.page("/settings/trust")
    assert len(re.findall("cannot be used", page)) == 1
    assert len(re.findall("stale: 3", page)) == 1
    assert len(re.findall("in force</span>", page)) == 1
    assert "copy that was made at its import" in manager.page("/settings/trust/lists/broken.json")
    assert manager.post("/settings/trust/remove", {"list": "broken.json", "sure": "yes"}).status_code == 303
    assert "cannot be used" not in manager.page("/settings/trust")


def test_a_list_is_read_again_only_when_its_file_has_changed(
    manager: Visitor, at: Places, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    at.trust.mkdir(parents=True)
    (at.trust / "a.json").write_bytes(deny("venue:x", as_of=f"{clock.at:%Y-%m-%dT00:00:00Z}"))
    (at.trust / "b.json").write_bytes(b"{")
    read: list[str] = []
    look = lists.look
    monkeypatch.setattr(lists, "look", lambda file: read.append(file.name) or look(file))
    for language, known in (
        ("en", ["a.json", "b.json"]),
        ("en", []),
        ("zh_Hans_CN", ["a.json", "b.json"]),
        ("zh_Hans_CN", []),
    ):
        read.clear()
        manager.page(f"/settings/trust?lang={language}")
        assert read == known, language
    (at.trust / "a.json").write_bytes(deny("venue:x", "venue:y"))
    (at.trust / "b.json").unlink()
    page = manager.page("/settings/trust?lang=en")
    assert (read, "2 codes taken back" in page, "cannot be used" in page) == (["a.json"], True, False)


def test_no_name_leaves_the_folder_of_lists(manager: Visitor, at: Places):
    for name in ("../../etc/passwd.json", "/tmp/x.json", "..\\x.json", ".hidden.json", "王" * 300 + ".json"):
        assert take_over(manager, (name, KEYS)).status_code == 303
    assert sorted(len(file.name) for file in lists.files(at)) == sorted(
        map(len, ("passwd.json", "x.json", "hidden.json", "王" * 50 + ".json"))
    )
    assert manager.get("/settings/trust/lists/..%2f..%2fkeys").status_code == 404
    assert manager.post("/settings/trust/remove", {"list": "../keys/root.key", "sure": "yes"}).status_code == 409


@pytest.mark.parametrize("hostile", ['"><script>alert(1)</script>', "=1+1", "a\u202eb", "{{ config }}", "x" * 9000])
def test_hostile_names_and_issuers_stay_texts(manager: Visitor, hostile: str):
    name = hostile.replace('"', "%22")
    page = bring(manager, (f"{name}.pem", RAMZOR), purpose="ramzor", issuer=hostile).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "\u202e" not in page
    manager.post("/settings/trust/apply", {"token": sheet_of(page)})
    whole = manager.page("/settings/trust")
    assert "<script>alert" not in whole
    assert "x" * 600 not in whole
