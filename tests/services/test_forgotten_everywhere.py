"""Three weeks later no byte that a whole kiosk keeps or has said tells whom it met: files, backups, journal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from kiosk.cli import kiosk
from kiosk.core.model import Outcome
from kiosk.core.requests import Dispute, Explain, ManualVisit, MedicalExit, Override, Reveal, Vehicle
from kiosk.store.recovery import RecoveryKey
from kiosk.store.verify import check

PLANTED = ("欧阳植入", "Planted-Quarrel", "Planted-Note", "Planted-Reason", "PLANTED77", "13911112222", "9-9-909")


def bearing(folder: Path, *texts: str) -> list[str]:
    """The files under `folder` in whose bytes one of `texts` stands, in any encoding that the kiosk writes."""
    forms = [
        form for text in texts for form in (text.encode(), text.encode("utf-16-le"), json.dumps(text)[1:-1].encode())
    ]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in files if any(form in path.read_bytes() for form in forms))


def asks_the_log(house, kind, **values):
    until = house.gate._clock.now() + timedelta(seconds=9)
    return house.gate._book.answer(kind(request_id=f"log-{kind.__name__}", by="li", expires_at=until, **values))


@pytest.fixture
def met(house, tmp_path):
    """A morning at the gate with everything that people write down, and a backup of it."""
    visit = house.asks(
        ManualVisit,
        lane="main",
        name="欧阳植入",
        room="9-9-909",
        phone="13911112222",
        document="PLANTED77",
        celsius=36.4,
    ).visit
    house.asks(Override, visit=visit, outcome=Outcome.PASS, reason="Planted-Reason")
    house.asks(Explain, visit=visit, reason="Planted-Note")
    house.asks(MedicalExit, lane="main", name="欧阳植入", note="Planted-Note")
    house.asks(Vehicle, lane="main", plate="PLANTED77")
    asks_the_log(house, Dispute, visit=visit, second="wang", note="Planted-Quarrel")
    seen = asks_the_log(house, Reveal, seqs=tuple(range(1, 20)), reason="Planted-Reason").data
    assert "欧阳植入" in json.dumps(seen, ensure_ascii=False)
    key = RecoveryKey.new(datetime.now(UTC).date())
    house.at.recovery.write_bytes(msgspec.json.encode(key.public(400)))
    (tmp_path / "stick").mkdir()
    made = CliRunner().invoke(kiosk, ["backup", "--state", str(house.at.state), str(tmp_path / "stick")])
    assert made.exit_code == 0, made.output
    return house


def test_nothing_that_is_kept_or_was_said_names_anybody_after_its_time(met, tmp_path, monkeypatch, capfd):
    at = met.at
    later = datetime.now(UTC) + timedelta(days=21)
    monkeypatch.setattr(met.gate._clock, "now", lambda: later)
    log = met.gate._book._logbook
    log._ambient = replace(log._ambient, now=lambda: later)
    met.gate._book.forget_on_time(met.gate._settings.retention)
    met.gate._book.catch_up()
    assert bearing(tmp_path, *PLANTED) == []  # while it runs: the write-ahead log as well
    met.gate.close()
    assert bearing(tmp_path, *PLANTED) == []
    said = capfd.readouterr()
    assert not [text for text in PLANTED if text in said.out + said.err]
    assert not list((at.keys / "days").glob(f"{datetime.now(UTC):%Y-%m-%d}.*"))
    *_, verified = check(at.logbook)
    assert (verified.broken, verified.forgotten > 4) == (None, True)
