"""A headless Chromium of Debian's, driven by Playwright, with an end to every wait."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for as long as the block lasts; the test is skipped with one line where there is none."""
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium here; make test installs it with apt")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET], timeout=30_000)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Windows:
    """Windows of one browser that are closed together; what their scripts failed with is kept."""

    browser: Browser
    wait_ms: int = 15_000
    troubles: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def open(
        self, size: dict[str, int], *, touch: bool = False, scripts: bool = True, login: Path | None = None
    ) -> Page:
        """An empty window of that size; `login`: the cookies that somebody's log-in left there."""
        context = self.browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            has_touch=touch,
            java_script_enabled=scripts,
            accept_downloads=True,
            storage_state=login,
        )
        self._contexts.append(context)
        context.set_default_timeout(self.wait_ms)
        page = context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda said: self.troubles.append(said.text) if "Content Security" in said.text else None)
        return page

    def close(self) -> None:
        """Closes all of them. Fails where a script failed, or where a page's own policy refused something of it."""
        while self._contexts:
            self._contexts.pop().close()
        assert self.troubles == []
