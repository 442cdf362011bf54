"""Every text that people read is there in Chinese, with the same places for values."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CHINESE = ROOT / "kiosk" / "locale" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every text of the code and the templates, as `make catalogues` finds them."""
    template = tmp_path_factory.mktemp("texts") / "messages.pot"
    extract = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "pyproject.toml", "-k", "says:1"]
    subprocess.run([*extract, "-o", str(template), "."], cwd=ROOT, check=True, capture_output=True)
    return catalogue(template)


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    return catalogue(CHINESE)


def test_every_text_has_its_chinese(texts: Catalog, chinese: Catalog):
    missing = [m.id for m in texts if m.id and not ((found := chinese.get(m.id, m.context)) and found.string)]
    assert missing == [], "run make catalogues, then translate what is empty"


def test_no_translation_is_a_guess(chinese: Catalog):
    assert [message.id for message in chinese if message.fuzzy and message.id] == []


def test_no_translation_is_left_over(texts: Catalog, chinese: Catalog):
    assert [m.id for m in chinese if m.id and m.id not in texts] == [], "run make catalogues"


def test_a_translation_has_the_places_for_values_that_the_text_has(chinese: Catalog):
    def places(text: str | tuple[str, ...]) -> set[str]:
        return set(re.findall(r"%\((\w+)\)[sd]|(?<!%)%[sd]", text if isinstance(text, str) else text[-1]))

    assert [m.id for m in chinese if m.id and m.string and places(m.id) != places(m.string)] == []
