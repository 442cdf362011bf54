"""The settings of one kiosk: defaults, refusals, places, and the reference that people read."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.cli import settings as reference
from kiosk.core import rules
from kiosk.core.faults import SettingsError
from kiosk.core.model import Direction, Group
from kiosk.settings import Settings, load, load_with, parse, places


def test_no_file_means_every_default():
    assert load(None) == Settings() == parse(b"", "kiosk.toml")


def test_the_pages_listen_on_loopback_unless_told_otherwise():
    assert Settings().web.host == "127.0.0.1"
    assert Settings().web.port == 8080


def test_a_gate_may_have_several_lanes(tmp_path: Path):
    file = tmp_path / "kiosk.toml"
    file.write_text('[[lane]]\nname = "in"\n[[lane]]\nname = "out"\ndirection = "out"\ncamera = "opencv:1"\n')
    lanes = load(file).lane
    assert [(lane.name, lane.direction, lane.camera) for lane in lanes] == [
        ("in", Direction.IN, "opencv:0"),
        ("out", Direction.OUT, "opencv:1"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[web]\nport = 0", "kiosk.toml: web.port: expected `int` >= 1"),
        ("[web]\nprot = 80", "kiosk.toml: web.prot: no such key; did you mean port?"),
        ("[kiosk]\nid = 'a b'", "kiosk.toml: kiosk.id: expected `str` matching regex"),
        ("[kiosk]\nlanguage = 'fr'", "kiosk.toml: kiosk.language: invalid enum value 'fr'"),
        ("[[lane]]\n[[lane]]", "kiosk.toml: lane.name: at least one lane, each with a name of its own"),
        ("lane = []", "kiosk.toml: lane.name: at least one lane, each with a name of its own"),
        ("[retention]\nidentity_days = 400", "kiosk.toml: retention.identity_days: expected `int` <= 366"),
        ("[scanner]\nfps = 'many'", "kiosk.toml: scanner.fps: expected `float`, got `str`"),
    ],
)
def test_a_wrong_setting_is_refused_with_file_key_and_reason(text, words):
    with pytest.raises(SettingsError) as caught:
        parse(text.encode(), "kiosk.toml")
    assert str(caught.value).startswith(words)


def test_a_settings_file_that_is_missing_is_one_clear_line(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"cannot be read .*; check the path and its permissions"):
        load(tmp_path / "nothing.toml")


def test_everything_a_kiosk_keeps_lies_under_its_state_folder(tmp_path: Path):
    at = places(tmp_path)
    kept = [at.logbook, at.keys, at.desk, at.pass_keys, at.trust, at.rules, at.simulation]
    sockets = [at.gate_socket, at.desk_socket, at.scanner_socket("main")]
    assert all(path.is_relative_to(tmp_path) for path in [*kept, *sockets])
    assert len(set(kept + sockets)) == len(kept + sockets)


def test_sockets_may_lie_in_a_runtime_folder_of_their_own(tmp_path: Path):
    at = places(tmp_path / "state", tmp_path / "run")
    assert at.gate_socket.parent == tmp_path / "run"
    assert at.scanner_socket("east") != at.scanner_socket("west")


def test_where_scanners_and_resolver_find_their_sockets_lies_none_of_the_gate_or_the_pages(tmp_path: Path):
    at = places(tmp_path)
    exposed = {at.scanner_socket("main").parent, at.resolver_socket.parent}
    assert len(exposed) == 2
    for theirs in (at.gate_socket, at.desk_socket):
        assert not any(theirs.is_relative_to(folder) for folder in exposed)


@pytest.mark.parametrize("shape", [Settings, rules.Rules])
def test_every_setting_has_a_default_and_one_sentence_in_the_reference(shape):
    for row in reference.rows(shape):
        assert row.sentence.endswith("."), f"{row.table} {row.key} says nothing, or no sentence"
        assert row.default != "`NODEFAULT`"


@pytest.mark.parametrize("shape", [Settings, rules.Rules])
def test_a_number_of_the_reference_has_its_unit_in_its_name_or_its_column(shape):
    units = {
        "_c": "°C",
        "_s": "s",
        "_h": "h",
        "_min": "min",
        "_minutes": "min",
        "_days": "d",
        "_hz": "1/s",
        "_mb": "MiB",
    }
    for row in reference.rows(shape):
        end = row.key.rpartition("_")[2] if "_" in row.key else ""
        assert row.unit == units.get(end, row.unit), f"{row.table} {row.key} is in {row.unit!r}"


def test_the_reference_is_what_the_command_prints():
    printed = CliRunner().invoke(reference.command, [])
    assert printed.exit_code == 0
    assert "| `port` | `8080` |  | ≥ 1, ≤ 65535 | The TCP port of the pages. |" in printed.output
    assert CliRunner().invoke(reference.command, ["--rules"]).output.startswith("# Rules\n")


def test_the_rules_in_force_carry_a_digest_of_their_file():
    one, other = rules.parse(b"", "rules.toml"), rules.parse(b"[show]\npass_s = 3\n", "rules.toml")
    assert one.version.startswith("default+")
    assert one.version != other.version


def test_every_group_has_rules_even_where_the_file_names_only_one():
    changed = rules.parse(b'[groups.deliveries]\nchecks = ["temperature"]\n', "rules.toml")
    assert changed.group(Group.DELIVERIES).checks == ("temperature",)
    assert changed.group(Group.RESIDENTS).checks == rules.Rules().group(Group.RESIDENTS).checks
    assert changed.group(None) == changed.group(Group.VISITORS)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[temperature]\nthreshold_c = 373", "temperature.threshold_c"),
        ("[test]\nwindow_h = 0", "test.window_h"),
        ("[credential]\ninvalid = 'maybe'", "credential.invalid"),
        ("[groups.residents]\nchek = []", "groups.residents.chek"),
        ("[show]\npass = 4", "show.pass"),
    ],
)
def test_wrong_rules_are_refused_whole_with_file_and_key(text, key):
    with pytest.raises(SettingsError) as caught:
        rules.parse(text.encode(), "rules.toml")
    assert str(caught.value).startswith(f"rules.toml: {key}: ")


def test_what_the_pages_wrote_counts_over_the_administrators_file(tmp_path: Path):
    main, written = tmp_path / "main.toml", tmp_path / "written.toml"
    main.write_text('[kiosk]\nid = "east"\nplace = "old"\n[[lane]]\nname = "a"\n[[lane]]\nname = "b"\nlamp = "none"\n')
    written.write_text('[kiosk]\nplace = "new"\n[lane.b]\ncamera = "opencv:1"\n')
    held = load_with(main, written)
    assert (held.kiosk.id, held.kiosk.place, held.refused) == ("east", "new", "")
    assert [(lane.name, lane.camera, lane.lamp) for lane in held.lane][1] == ("b", "opencv:1", "none")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[kiosk]\nplac = 'x'\n",
        "[web]\nhost = '0.0.0.0'\n",
        "[web]\ntls_key = '/etc/shadow'\n",
        "[backup]\nto = '/etc'\n",
        "[resolver]\nurl = 'https://elsewhere.example'\n",
        "trust = ['/']\n",
        "lane = 3\n",
        "[lane]\nmain = 3\n",
        "[lane.west]\ncamera = 'none'\n",
        "[lane.main]\nname = 'other'\n",
        "[retention]\nidentity_days = 0\n",
        "kiosk = 3\n",
        "screen = 3\n",
    ],
)
def test_a_broken_file_of_the_pages_never_stops_a_start_and_is_named(tmp_path: Path, text: str):
    written = tmp_path / "written.toml"
    written.write_text(text)
    held = load_with(None, written)
    assert str(written) in held.refused
    assert replace(held, refused="") == Settings()
