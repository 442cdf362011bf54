"""The wiring page and picture name the lines of the default settings and the patterns of the lamp."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk.core.ports import LampPattern, Phrase
from kiosk.settings import Lane

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "wiring.md").read_text(encoding="utf-8")
PICTURE = (DOCS / "wiring.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("spec", [Lane().thermometer, Lane().lamp])
def test_the_default_devices_stand_on_the_page(spec: str) -> None:
    assert f'"{spec}"' in PAGE


@pytest.mark.parametrize("line", re.findall(r"=(\d+)", Lane().lamp + "gpio:pass=5,deny=6,again=13,call=19,evacuate=26"))
def test_every_line_stands_in_table_and_picture(line: str) -> None:
    assert re.search(rf"\| GPIO{line} \| \d+ \|", PAGE)
    assert f">GPIO{line}<" in PICTURE


@pytest.mark.parametrize("pattern", [pattern for pattern in LampPattern if pattern is not LampPattern.OFF])
def test_every_pattern_of_the_lamp_is_explained(pattern: LampPattern) -> None:
    assert re.search(rf"^\| {pattern.value.replace('_', ' ')}\b", PAGE, re.MULTILINE)


@pytest.mark.parametrize("phrase", Phrase)
def test_every_phrase_that_can_be_recorded_is_named(phrase: Phrase) -> None:
    assert f"`{phrase.value}`" in PAGE
