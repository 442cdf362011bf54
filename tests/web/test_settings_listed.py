"""Summaries of lists: kept while their files stay, and never older than what they tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.core.trust import Signer, Trust
from tests.support import abroad
from web.settings.listed import Summaries

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
WEEK = timedelta(days=7)


def test_what_is_kept_of_a_list_grows_old_as_the_list_does(tmp_path: Path):
    file = tmp_path / "a.json"
    file.write_bytes(b"{}")
    ends = [NOW + timedelta(days=2), NOW + timedelta(days=4), None]
    signers = (Signer("dcc", b"k", abroad.key().public_key(), "AT", valid_until=end) for end in ends)
    trust = Trust(signers=tuple(signers), as_of=NOW - timedelta(days=1))
    reads: list[Path] = []

    def read(path: Path) -> Trust:
        reads.append(path)
        return trust

    summaries = Summaries()
    told = []
    for days in (0, 1, 3, 5, 6.5, 60):
        listed = summaries.of(file, "a.json", read, NOW + timedelta(days=days), WEEK, "en")
        told.append((listed.keys[0].expired, listed.days, listed.stale, len(reads)))
    assert told == [
        (0, 1, False, 1),
        (0, 2, False, 1),
        (1, 4, False, 2),
        (2, 6, False, 3),
        (2, 7, True, 3),
        (2, 61, True, 3),
    ]
    summaries.of(file, "a.json", read, NOW, WEEK, "en")
    assert len(reads) == 4, "at an earlier time fewer of its keys had ended"


def test_a_file_that_is_gone_or_cannot_be_looked_at_is_asked_every_time(tmp_path: Path):
    reads: list[Path] = []

    def read(path: Path) -> Trust:
        reads.append(path)
        return Trust()

    summaries = Summaries()
    for _ in range(2):
        summaries.of(tmp_path / "none.json", "none.json", read, NOW, WEEK, "en")
    assert len(reads) == 2
