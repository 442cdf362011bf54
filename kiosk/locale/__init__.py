"""The languages of pages, voice, exports and the command line: English message ids, one catalogue a language."""

from __future__ import annotations

import gettext as _gettext
import os
from contextvars import ContextVar
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
LANGUAGES = ("zh_Hans_CN", "en")

_current: ContextVar[str | None] = ContextVar("language", default=None)


@cache
def catalogue(language: str) -> _gettext.NullTranslations:
    """The catalogue of `language`; English, the language of the ids, where there is none."""
    return _gettext.translation("messages", FOLDER, [language], fallback=True)


def use(language: str | None) -> None:
    """From here on, in this thread or task, `gettext` answers in `language`."""
    _current.set(language)


def language_of_environment() -> str:
    """Chinese where the environment's locale is Chinese, else English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh_Hans_CN" if spoken.startswith("zh") else "en"


def language() -> str:
    """The language in use: the one that `use` named, else that of the environment."""
    return _current.get() or language_of_environment()


def gettext(message: str, **values: object) -> str:
    """`message` in the language in use, with `%(name)s` filled in from `values`."""
    text = catalogue(language()).gettext(message)
    return text % values if values else text


def N_(message: str) -> str:  # noqa: N802 - the name by which gettext's tools know a message
    """Marks `message` for extraction; it is translated when it is asked for."""
    return message
