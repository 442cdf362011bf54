"""The roster is taken over from a file, found in a moment, and matched with codes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.core.desk_requests import LineReason, RosterPreview
from kiosk.core.model import Certainty, Credential, Group, Holder, Kind
from kiosk.store.desk import Desk, DeskReader
from kiosk.store.pinyin import latin_name, syllables

ZONE = ZoneInfo("Asia/Shanghai")
CHINESE = """姓名,楼栋,单元,房号,电话,身份证号,出生日期,类别,核酸时间,通行证
王小明,3,1,502,138 0000 1234,110101196001010011,1960-01-01,居民,2026-11-20 08:30,pass-7
单雄信,3,2,502,,,1971/2/3,,,
Anna Müller,12,,1101,+49 170 1234567,C01X00T47,19850405,访客,,
欧阳娜娜,5,1,101,13900005678,,2000年6月15日,配送,2026-11-19,
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk.open(tmp_path / "web" / "desk.db")
    yield made
    made.close()


@pytest.fixture
def filled(desk: Desk) -> Desk:
    assert desk.roster.apply(CHINESE.encode(), ZONE).applied
    return desk


def names(desk: Desk, text: str) -> list[str]:
    return [person.name for person in desk.roster.find(text)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_roster_is_read_as_offices_save_it(desk: Desk, encoding: str, separator: str) -> None:
    data = CHINESE.replace(",", separator).encode(encoding)
    assert desk.roster.preview(data, ZONE) == RosterPreview(new=4)
    assert desk.roster.count() == 0
    assert desk.roster.apply(data, ZONE) == RosterPreview(new=4, applied=True)
    person = desk.roster.find("王小明")[0]
    assert (person.place, person.phone, person.birth_date) == ("3-1-502", "138 0000 1234", "1960-01-01")
    assert person.tested_at == datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
    assert desk.roster.find("欧阳")[0].group is Group.DELIVERIES


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("3-502", ["王小明", "单雄信"]),
        ("3 502", ["王小明", "单雄信"]),
        ("3号楼1单元502室", ["王小明"]),
        ("３栋５０２", ["王小明", "单雄信"]),
        ("502", ["王小明", "单雄信"]),
        ("3-1", ["王小明"]),
        ("王", ["王小明"]),
        ("小明", ["王小明"]),
        ("wxm", ["王小明"]),
        ("WangXiao", ["王小明"]),
        ("xm", ["王小明"]),
        ("sxx", ["单雄信"]),
        ("shan", ["单雄信"]),
        ("oynn", ["欧阳娜娜"]),
        ("muller", ["Anna Müller"]),
        ("MÜLLER anna", ["Anna Müller"]),
        ("1234", ["王小明"]),
        ("13900005678", ["欧阳娜娜"]),
        ("王 3", ["王小明"]),
        ("王 12", []),
        ("  ", []),
        ("'; --", []),
        ("%", []),
        ("\x00", []),
        ("\ud800", []),
        ("x" * 10_000, []),
    ],
)
def test_somebody_is_found_by_place_name_initials_or_phone(filled: Desk, typed: str, found: list[str]) -> None:
    assert names(filled, typed) == found


def test_every_bad_line_is_named_and_nothing_is_changed(filled: Desk) -> None:
    bad = (
        "id,name,building,room,phone,birth_date,group,tested_at,passes\n"
        "P00001,Fine,1,101,,,,,\n"
        "P00001,Twice,1,102,,,,,\n"
        ",,1,103,,,,,\n"
        ",Bad,1,104,call me,2026-02-30,aliens,yesterday,\n"
        ",Many,1,105,,,,,p1,extra\n"
        ",Nul\x00,1,106,,,,,\n"
        f",{'x' * 101},1,107,,,,,\n"
        ",One,1,108,,,,,p9\n"
        ",Two,1,109,,,,,p9\n"
        ",Same,1,110,,,,,\n"
        ",Same,1,110,,,,,\n"
    )
    preview = filled.roster.apply(bad.encode(), ZONE)
    assert not preview.applied
    assert [(problem.line, problem.column, problem.reason) for problem in preview.problems] == [
        (3, "id", LineReason.DOUBLE_ID),
        (4, "name", LineReason.EMPTY),
        (5, "birth_date", LineReason.NOT_A_DATE),
        (5, "tested_at", LineReason.NOT_A_TIME),
        (5, "phone", LineReason.NOT_A_PHONE),
        (5, "group", LineReason.UNKNOWN_GROUP),
        (6, "", LineReason.TOO_MANY_CELLS),
        (7, "name", LineReason.CONTROL_CHARACTER),
        (8, "name", LineReason.TOO_LONG),
        (10, "passes", LineReason.DOUBLE_PASS),
        (12, "id", LineReason.DOUBLE_PERSON),
    ]
    assert filled.roster.count() == 4
    assert names(filled, "Fine") == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", LineReason.NO_HEADER),
        (b"name,building\n", LineReason.NO_HEADER),
        (b"name,name,building,room\n", LineReason.DOUBLE_COLUMN),
        (b"name,building,room,shoe size\n", LineReason.UNKNOWN_COLUMN),
        (b"\xff\xff\xff", LineReason.NOT_TEXT),
        ("name,building,room\n".encode("utf-16"), LineReason.NOT_TEXT),
        (b'name,building,room\n"open,1,2\n', LineReason.BROKEN_QUOTES),
        (b"x" * (12 * 1024 * 1024), LineReason.TOO_LARGE),
    ],
)
def test_a_file_that_is_no_roster_is_refused_by_name(desk: Desk, data: bytes, reason: LineReason) -> None:
    assert reason in {problem.reason for problem in desk.roster.preview(data, ZONE).problems}


def test_a_second_import_changes_what_differs_and_keeps_who_is_not_named(filled: Desk) -> None:
    preview = filled.roster.apply("姓名,楼栋,单元,房号,电话\n王小明,3,1,502,138 0000 9999\n".encode(), ZONE)
    assert preview == RosterPreview(changed=1, kept=3, applied=True)
    person = filled.roster.person("P00001")
    assert person is not None
    assert (person.phone, person.birth_date, person.passes) == ("138 0000 9999", "1960-01-01", ("pass-7",))
    assert names(filled, "1234") == []
    assert names(filled, "9999") == ["王小明"]


def test_the_same_file_again_changes_nothing(filled: Desk) -> None:
    assert filled.roster.apply(CHINESE.encode(), ZONE) == RosterPreview(unchanged=4, applied=True)


def test_somebody_moves_house_when_the_file_names_their_id(filled: Desk) -> None:
    filled.roster.apply(b"id,name,building,room\nP00001,Wang Xiaoming,9,901\n", ZONE)
    assert names(filled, "9-901") == ["Wang Xiaoming"]
    assert names(filled, "王小明") == []
    assert filled.roster.count() == 4


def test_an_export_is_an_import_without_documents(filled: Desk) -> None:
    filled.roster.apply(b"name,building,room,phone\n=cmd(),1,1,+86 10 1234\n", ZONE)
    data, persons = filled.roster.export()
    assert persons == 5
    assert b"110101196001010011" not in data
    assert b"'=cmd()" in data
    assert filled.roster.apply(data, ZONE) == RosterPreview(unchanged=5, applied=True)


def test_documents_are_nowhere_in_the_file(filled: Desk, tmp_path: Path) -> None:
    for file in (tmp_path / "web").iterdir():
        assert b"110101196001010011" not in file.read_bytes()


def test_somebody_who_left_is_found_no_more(filled: Desk) -> None:
    assert filled.roster.remove("P00001")
    assert not filled.roster.remove("P00001")
    assert names(filled, "wxm") == []
    assert filled.roster.count() == 3


def credential(kind: Kind = Kind.HEALTH, credential_id: str | None = None, **holder: str) -> Credential:
    return Credential("eu_dcc", kind, "DE", credential_id, Holder(**holder), None, None)


@pytest.mark.parametrize(
    ("shown", "person", "certainty"),
    [
        (credential(Kind.PASS, person="P00001"), "P00001", Certainty.CERTAIN),
        (credential(Kind.PASS, "pass-7"), "P00001", Certainty.CERTAIN),
        (credential(document="110101 19600101 0011"), "P00001", Certainty.CERTAIN),
        (credential(document="c01x00t47", name="Somebody Else"), "P00003", Certainty.CERTAIN),
        (credential(name="MÜLLER, ANNA", birth_date="1985-04-05"), "P00003", Certainty.POSSIBLE),
        (credential(name="Anna Mueller", birth_date="1985-04-05"), None, None),
        (credential(name="WANG XIAOMING", birth_date="1960-01-01"), "P00001", Certainty.POSSIBLE),
        (credential(name="Xiaoming Wang", birth_date="1960"), "P00001", Certainty.POSSIBLE),
        (credential(name="王小明", birth_date="1961-01-01"), None, None),
        (credential(name="王小明"), None, None),
        (credential(person="P00001"), None, None),
        (credential(Kind.HEALTH, "pass-7"), None, None),
        (credential(Kind.PASS, person="P99999", document=""), None, None),
        (credential(name="\ud800", birth_date="\ud800", document="\ud800\x00"), None, None),
    ],
)
def test_a_code_is_matched_for_certain_possibly_or_not_at_all(
    filled: Desk, tmp_path: Path, shown: Credential, person: str | None, certainty: Certainty | None
) -> None:
    found = DeskReader(tmp_path / "web" / "desk.db").match(shown)
    assert (found and found.person, found and found.certainty) == (person, certainty)


def test_the_gate_knows_nobody_while_there_is_no_roster(tmp_path: Path) -> None:
    reader = DeskReader(tmp_path / "nothing" / "desk.db")
    assert reader.match(credential(Kind.PASS, person="P00001")) is None
    assert reader.person("P00001") is None
    assert reader.state() == "missing"


def test_the_gate_reads_the_roster_while_the_desk_runs_and_after_it_stopped(filled: Desk, tmp_path: Path) -> None:
    reader = DeskReader(tmp_path / "web" / "desk.db")
    for _ in range(2):
        found = reader.person("P00001")
        assert found is not None
        assert (found.name, found.room, found.certainty) == ("王小明", "3-1-502", Certainty.CERTAIN)
        assert reader.state() == "ok"
        filled.close()
    (tmp_path / "web" / "desk.db-wal").write_bytes(b"left over")
    assert reader.state() == "recovering"
    assert reader.person("P00001") is None


def test_names_are_read_as_passports_write_them() -> None:
    assert syllables("单雄信") == ("shan", "xiong", "xin")
    assert latin_name(syllables("王小明")) == "wang xiaoming"
    assert latin_name(syllables("Anna")) == ""
    assert syllables("") == ()
