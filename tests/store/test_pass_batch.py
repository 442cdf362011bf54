"""Passes out of a CSV file: every line makes one, or says what is wrong; said again it is the very same pass."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.formats import read
from kiosk.core.model import Credential, Group
from kiosk.settings import places
from kiosk.store import lists, pass_batch, pass_keys
from kiosk.store.pass_batch import Issued, LineReason, Usual

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)  # midnight there
USUAL = Usual(NOW, 30, ZONE)


@pytest.fixture
def at(tmp_path):
    return places(tmp_path)


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def issued(at, *lines: str) -> list[Issued]:
    own = pass_keys.open_key(at.pass_keys, "local_pass", "East", NOW)
    return [pass_batch.issue(wish, own) for wish in pass_batch.parse(csv(*lines), USUAL).wishes]


def reasons(*lines: str) -> list[tuple[int, str, LineReason]]:
    return [(p.line, p.column, p.reason) for p in pass_batch.parse(csv(*lines), USUAL).problems]


def test_every_line_makes_a_pass_that_the_kiosk_believes(at):
    made = issued(at, "姓名,编号,类别,截止", "王小明,R1,访客,2026-12-01", "Rider 7,,deliveries,")
    found = [read(each.text, lists.of_kiosk(at)) for each in made]
    assert all(isinstance(one, Credential) for one in found)
    assert [(f.holder.name, f.holder.person, f.group) for f in found] == [
        ("王小明", "R1", Group.VISITORS),
        ("Rider 7", None, Group.DELIVERIES),
    ]
    assert [f.credential_id for f in found] == [each.credential_id for each in made]
    assert found[0].valid_until == datetime(2026, 12, 1, 16, tzinfo=UTC)  # a day alone counts whole, where the gate is


def test_a_household_is_one_pass_for_several_people(at):
    (made,) = issued(at, "name,person,household", "黄丽,R1,3-201", "黄小宝,,3-201", "黄大宝,R3,3-201")
    found = read(made.text, lists.of_kiosk(at))
    assert [(h.name, h.person) for h in found.household] == [("黄小宝", None), ("黄大宝", "R3")]
    assert found.holder.name == "黄丽"


def test_said_again_everybody_gets_the_very_same_pass(at):
    lines = ("name,person", "王小明,R1", "黄丽,")
    assert issued(at, *lines) == issued(at, *lines)
    assert issued(at, *lines)[1].credential_id == issued(at, lines[0], "", lines[2])[0].credential_id
    assert len({each.credential_id for each in issued(at, *lines)}) == 2


def test_one_more_of_a_household_is_the_same_pass_with_one_more_name(at):
    (one,) = issued(at, "name,household", "黄丽,1", "黄小宝,1")
    (two,) = issued(at, "name,household", "黄丽,1", "黄小宝,1", "黄大宝,1")
    assert one.credential_id == two.credential_id
    assert one.text != two.text


def test_a_record_of_an_earlier_run_keeps_its_lines_and_its_first_day(at):
    first, second = issued(at, "name", "A", "B")
    before = pass_batch.record([first])
    after = pass_batch.record([second], before).decode("utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in after] == ["name", "A", "B"]
    assert pass_batch.record([first], before) == before
    assert pass_batch.begins_of(before) == NOW
    assert pass_batch.begins_of(b"") is pass_batch.begins_of(b"from\nsoon\n") is None


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (("name", "A", "A"), (3, "name", LineReason.SAME_AS_BEFORE)),
        (("name,person", "A,R1", "B,R1"), (3, "person", LineReason.SAME_AS_BEFORE)),
        (("name,household", "A,1", "A,1"), (3, "name", LineReason.SAME_AS_BEFORE)),
        (("name,group", "A,kings"), (2, "group", LineReason.UNKNOWN_GROUP)),
        (("name,until", "A,soon"), (2, "until", LineReason.NOT_A_TIME)),
        (("name,until", "A,2026-11-01"), (2, "until", LineReason.ENDS_FIRST)),
        (("name,days", "A,0"), (2, "days", LineReason.NOT_DAYS)),
        (("name,days", "A,99999999999999"), (2, "days", LineReason.NOT_DAYS)),
        (("name,days", "A,02222222222222222"), (2, "days", LineReason.NOT_DAYS)),
        (("name,from", "A,9999-12-31"), (2, "from", LineReason.NOT_A_TIME)),
        (("name,until", "A,0001-01-01"), (2, "until", LineReason.NOT_A_TIME)),
        (("name,days,until", "A,1,2027-01-01"), (2, "days", LineReason.BOTH_ENDS)),
        (("name,person", ",R1"), (2, "name", LineReason.NO_NAME)),
        (("name", "A,B"), (2, "", LineReason.TOO_MANY_CELLS)),
        (("name,shoe", "A,1"), (1, "shoe", LineReason.UNKNOWN_COLUMN)),
        (("person", "R1"), (1, "name", LineReason.NO_NAME_COLUMN)),
        (("name", '"A'), (2, "", LineReason.BROKEN_QUOTES)),
        (("name,household", *(f"A{n},1" for n in range(11))), (12, "household", LineReason.LARGE_HOUSEHOLD)),
    ],
)
def test_a_wrong_line_is_named_with_its_column_and_reason(lines, problem):
    assert reasons(*lines) == [problem]


def test_a_wrong_line_costs_the_others_nothing(at):
    assert [each.wish.name for each in issued(at, "name,group", "A,kings", "B,")] == ["B"]


def test_what_is_no_text_is_refused_whole():
    assert [p.reason for p in pass_batch.parse("name\nA".encode("utf-16"), USUAL).problems] == [LineReason.NOT_TEXT]
    too_large = b"name\n" + b"A" * pass_batch.MAX_BYTES
    assert [p.reason for p in pass_batch.parse(too_large, USUAL).problems] == [LineReason.TOO_LARGE]


def test_the_file_of_errors_can_be_mended_and_given_again(at):
    sheet = pass_batch.parse(csv("name,group", "A,", "=B,kings"), USUAL)
    told = pass_batch.errors(sheet, dict.fromkeys(LineReason, "why")).decode("utf-8-sig")
    assert told.splitlines() == ["line,column,reason,name,group", "3,group,why,'=B,kings"]
    mended = pass_batch.parse(told.replace("kings", "visitors").encode(), USUAL)
    assert [(wish.name, wish.group) for wish in mended.wishes] == [("=B", Group.VISITORS)]


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: ("name\n" + text).encode("utf-8", "replace")))
def test_no_file_breaks_it(data):
    pass_batch.parse(data, USUAL)
