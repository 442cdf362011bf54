"""What a country's rule says is shown in the reader's language, else in English, else in whatever there is."""

import pytest

from kiosk import locale
from kiosk.locale.words import said


@pytest.fixture(autouse=True)
def _as_before():
    yield
    locale.use(None)


@pytest.mark.parametrize(
    ("language", "descriptions", "shown"),
    [
        ("en", {"de": "Frist", "en": "Term"}, "Term"),
        ("zh_Hans_CN", {"en": "Term", "zh-Hans": "期限"}, "期限"),
        ("zh_Hans_CN", {"de": "Frist", "en": "Term"}, "Term"),
        ("zh_Hans_CN", {"de": "Frist", "fr": "Terme"}, "Frist"),
        ("en", {"en": "", "de": "Frist"}, "Frist"),
        ("en", {}, ""),
    ],
)
def test_the_best_language_is_chosen(language, descriptions, shown):
    locale.use(language)
    assert said(descriptions) == shown
