"""Which language a page speaks, and how it says the same thing in the other one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, current_app, g, request
from flask_babel import Babel

from kiosk import locale

ENGLISH, CHINESE = "en", "zh_Hans_CN"
COOKIE = "kiosk_language"
_YEAR_S = 365 * 24 * 3600
_TAGS = {ENGLISH: "en", CHINESE: "zh-Hans-CN"}


def other(language: str) -> str:
    """The other of the two languages."""
    return CHINESE if language == ENGLISH else ENGLISH


def tag(language: str) -> str:
    """The BCP 47 tag for `lang` attributes."""
    return _TAGS[language]


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within, `kiosk.locale.gettext` answers in `language`."""
    locale.use(language)
    try:
        yield
    finally:
        locale.use(g.language)


def choose() -> str:
    """`?lang`, else the cookie, else what the browser asks for, else the kiosk's own language.

    The resident's screen belongs to everybody, so nobody's cookie rules it.
    """
    default: str = current_app.config["KIOSK"].kiosk.language
    asked = request.args.get("lang", "")
    if asked in locale.LANGUAGES:
        return asked
    if request.path.startswith("/screen"):
        return default
    kept = request.cookies.get(COOKIE, "")
    if kept in locale.LANGUAGES:
        return kept
    accepted = request.accept_languages.best_match(["zh", "en"])
    return {"zh": CHINESE, "en": ENGLISH}.get(accepted or "", default)


def init(app: Flask) -> None:
    """Chooses a language before every request and keeps one that was asked for."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(locale.FOLDER)
    app.config["BABEL_DEFAULT_TIMEZONE"] = app.config["KIOSK"].kiosk.timezone
    Babel(app, locale_selector=lambda: g.get("language", ENGLISH))

    @app.before_request
    def speak() -> None:
        g.language = choose()
        locale.use(g.language)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.args.get("lang") in locale.LANGUAGES and not request.path.startswith("/screen"):
            response.set_cookie(COOKIE, g.language, max_age=_YEAR_S, httponly=True, samesite="Lax", path="/")
        return response
