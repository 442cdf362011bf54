"""`kiosk read`, as scripts use it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import kiosk, main
from kiosk.core.trust import own_keys
from tests.support import cards, mint

STREET = mint.street()


@pytest.fixture
def keys(tmp_path) -> Path:
    """A trust list that knows the street's own keys."""
    path = tmp_path / "keys.json"
    path.write_bytes(own_keys.dump(s for s in STREET.trust.signers if s.scheme != "eu_dcc"))
    return path


@pytest.fixture
def ask(tmp_path, keys):
    """Runs `kiosk read` with an empty state folder and the street's keys."""

    def run(*args: str, stdin: str | bytes = "", trust: Path | None = keys) -> Result:
        options = ["--state", str(tmp_path / "state"), *(["--trust", str(trust)] if trust else [])]
        return CliRunner().invoke(kiosk, ["read", *options, *args], input=stdin, catch_exceptions=False)

    return run


def lines(result: Result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_text_gets_one_object_in_order(ask):
    result = ask(STREET.pass_(), "hello", STREET.venue(), "--at", "2026-11-21T07:30:00Z")
    assert result.exit_code == 0
    assert [(a["format"], a["status"]) for a in lines(result)] == [
        ("local_pass", "valid"),
        ("", "unsupported"),
        ("venue", "valid"),
    ]


def test_the_moment_is_given_in_any_zone(ask):
    text = STREET.pass_()
    for at, status in (
        ("2026-11-22T15:29:59+08:00", "valid"),
        ("2026-11-22T07:31", "expired"),
        ("2026-11-20", "not_yet_valid"),
    ):
        assert lines(ask(text, "--at", at))[0]["status"] == status


def test_without_a_trust_list_the_issuer_is_unknown(ask):
    assert lines(ask(STREET.pass_(), trust=None))[0]["status"] == "untrusted"


def test_without_texts_stdin_is_read_a_code_a_line(ask):
    result = ask("--at", "2026-11-21T07:30:00Z", stdin=f"{STREET.pass_()}\nhello\r\n\n")
    assert [a["status"] for a in lines(result)] == ["valid", "unsupported", "malformed"]


def test_jsonl_answers_in_order_with_the_id_and_its_own_moment(ask):
    asked = [
        {"id": 7, "text": STREET.pass_()},
        {"id": "a", "text": STREET.pass_(), "at": "2030-01-01T00:00:00Z"},
        {"text": "王"},
    ]
    result = ask("--jsonl", "--at", "2026-11-21T07:30:00Z", stdin="\n".join(map(json.dumps, asked)))
    assert result.exit_code == 0
    assert [(a["id"], a["status"]) for a in lines(result)] == [(7, "valid"), ("a", "expired"), (None, "unsupported")]


def test_a_bad_line_is_answered_in_its_place_and_the_rest_goes_on(ask):
    stdin = b'{"id": 1, "text": "x"}\nnope\n{"id": 3}\n{"id": 4, "text": 5}\n{"id": 5, "text": "x", "at": "soon"}\n' + (
        b'\xff\n{"id": 7, "text": "x", "text": "y"}\n{"id": 8, "text": "\\ud800"}\n[]\n\n{"id": 10, "text": "x"}\n'
    )
    result = ask("--jsonl", stdin=stdin)
    assert result.exit_code == 1
    answers = lines(result)
    assert [a["id"] for a in answers] == [1, None, 3, 4, 5, None, None, None, None, 10]
    assert ["error" in a for a in answers] == [False, *[True] * 8, False]


def test_a_line_without_end_is_refused_without_being_kept(ask):
    result = ask("--jsonl", stdin='{"id": 1, "text": "' + "x" * 600_000 + '"}\n{"id": 2, "text": "x"}\n')
    assert result.exit_code == 1
    assert [a["id"] for a in lines(result)] == [None, 2]


def test_the_kiosk_s_own_rules_say_which_opaque_codes_it_knows(ask, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "rules.toml").write_text('[online]\npatterns = ["city health CITY-[0-9]+"]\n')
    answer = lines(ask("CITY-17"))[0]
    assert (answer["status"], answer["facts"]) == ("online_required", {"service": "city"})


def test_wrong_use_exits_2(ask):
    assert ask("x", "--jsonl").exit_code == 2
    assert ask("x", "--at", "yesterday").exit_code == 2
    assert ask("--nonsense").exit_code == 2


def test_help_shows_an_example(ask):
    assert "kiosk read --trust trustlist.json" in ask("--help").stdout


@pytest.mark.parametrize(
    ("content", "why"), [(None, "cannot be read"), (b"", "not a trust list"), (b"{}", "no entry"), (b"{", "not JSON")]
)
def test_a_missing_or_broken_list_is_one_line_and_exit_1(tmp_path, monkeypatch, capsys, content, why):
    path = tmp_path / "list.json"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr("sys.argv", ["kiosk", "read", "x", "--state", str(tmp_path), "--trust", str(path)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kiosk: ")
    assert err.count("\n") == 1
    assert "list.json" in err
    assert why in err


def test_a_bad_entry_of_a_good_list_is_told_on_stderr(ask, keys):
    tree = json.loads(keys.read_bytes())
    tree["keys"].append({"scheme": "?"})
    keys.write_text(json.dumps(tree))
    result = ask(STREET.pass_(), "--at", "2026-11-21T07:30:00Z")
    assert lines(result)[0]["status"] == "valid"
    assert "entry 4: left out" in result.stderr


def test_the_last_of_several_parts_is_answered_as_the_whole_card(ask, tmp_path):
    issuer = cards.Issuer()
    listed = tmp_path / "jwks.json"
    listed.write_text(json.dumps({"iss": cards.ISSUER, "keys": [issuer.jwk]}))
    texts = cards.parts(issuer.token(cards.card(nbf=1_600_000_000)), 2)
    first, last = lines(ask("--trust", str(listed), *texts))
    assert (first["status"], first["reason"], first["facts"]) == (
        "unsupported",
        "part_of_several",
        {"part": 1, "of": 2},
    )
    assert (last["status"], last["format"], last["holder"]["name"]) == ("valid", "smart_health_card", "Anna B. Muster")
