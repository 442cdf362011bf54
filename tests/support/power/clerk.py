"""An owner of desk.db at work between power cuts: users, sessions, audit, roster; one line for each whole change.

`python -m tests.support.power.clerk STATE SEED`. What it says is what the desk has acknowledged.
"""

from __future__ import annotations

import random
import sys
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.core.desk_requests import DeskRefusal, Role
from kiosk.core.faults import DeskUnwritable
from kiosk.settings import places
from kiosk.store.desk import Desk

PEOPLE = 12  # of the roster: all of one import, or all of the one before
ZONE = ZoneInfo("Asia/Shanghai")


def roster(version: int) -> bytes:
    """A roster whose people all bear the number of the import."""
    lines = ["id,name,building,room", *(f"P{number},n{version},3,{number}" for number in range(PEOPLE))]
    return "\n".join(lines).encode()


def main(state: Path, seed: int) -> None:
    """Works until the power goes."""
    dice = random.Random(seed)
    desk = Desk.open(places(state).desk)
    added = desk.users.add(f"clerk-{seed}", Role.VOLUNTEER)
    assert not isinstance(added, DeskRefusal), added
    user = added[0]
    _say("user", user.id)
    for number in count(1):
        version = seed * 10_000 + number
        try:
            match dice.randrange(6):
                case 0:
                    desk.roster.apply(roster(version), ZONE)
                    _say("roster", str(version))
                case 1:
                    token = desk.sessions.open(user.id)
                    _say("session", token)
                    if dice.random() < 0.5:
                        desk.sessions.close(token)
                        _say("ended", token)
                case 2:
                    desk.forget_on_time(audit_days=180)
                case _:
                    desk.audit.write("power_cut", by=user.id, detail=str(version))
                    _say("audit", str(version))
        except DeskUnwritable:
            return


def _say(what: str, which: str) -> None:
    sys.stdout.write(f"{what} {which}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
