"""A folder of recordings in which one phrase is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.core.ports import Phrase


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "zh_Hans_CN"
    folder.mkdir()
    for phrase in Phrase:
        if phrase is not Phrase.EVACUATE:
            (folder / f"{phrase.value}.wav").write_bytes(b"RIFF")
    return tmp_path
