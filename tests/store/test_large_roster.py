"""A compound of fifty thousand: somebody is found while one types, whatever is typed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from random import Random
from zoneinfo import ZoneInfo

import pytest

from kiosk.store.desk import Desk
from kiosk.store.roster import Roster

PEOPLE = 50_000
FOUND_WITHIN_S = 0.050
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚"


@pytest.fixture(scope="module")
def roster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roster]:
    with closing(Desk.open(tmp_path_factory.mktemp("large") / "desk.db")) as desk:
        assert desk.roster.apply(compound().encode(), ZoneInfo("Asia/Shanghai")).applied
        yield desk.roster


def compound() -> str:
    """A hundred buildings of five entrances, with the names that there are most of."""
    random = Random(1)
    lines = ["name,building,unit,room,phone"]
    for number in range(PEOPLE):
        name = random.choice(SURNAMES) + random.choice(GIVEN) + random.choice(GIVEN)
        place = f"{number // 500 + 1},{number // 100 % 5 + 1},{number // 4 % 25 + 1:02d}{number % 4 + 1:02d}"
        lines.append(f"{name},{place},{13_800_000_000 + number}")
    return "\n".join(lines)


def cost_s(roster: Roster, typed: str) -> float:
    """Seconds of the processor that one look-up takes; the best of three, for others work on the machine too."""
    costs = []
    for _ in range(3):
        began_s = time.process_time()
        roster.find(typed, limit=12)
        costs.append(time.process_time() - began_s)
    return min(costs)


@pytest.mark.parametrize(
    "whole", ["王伟芳", "wangweifang", "wwf", "37-5-0101", "37号楼0101室", "13800001234", "王 37", "%_*"]
)
def test_somebody_is_found_at_every_key_of_what_is_typed(roster: Roster, whole: str):
    for typed in (whole[:length] for length in range(1, len(whole) + 1)):
        assert cost_s(roster, typed) < FOUND_WITHIN_S, typed


def test_what_was_looked_for_is_found(roster: Roster):
    assert [person.phone for person in roster.find("37-5-0101")] == ["13800018400"]
    assert [person.phone for person in roster.find("13800018400")] == ["13800018400"]
