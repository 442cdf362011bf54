"""What axe has against a page: run inside it through the browser's own debugger, so that its content policy stays."""

from __future__ import annotations

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.pages import AT_REST

AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AAA_CONTRAST = "color-contrast-enhanced"


def troubles(page: Page, *rules: str, tags: list[str] | None = None) -> list[str]:
    """What axe has against the page as it stands: the rule, what it asks, and the first places."""
    page.evaluate(f"() => {{ {AT_REST} }}")
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(Axe().axe_script)
    only = {"type": "rule", "values": [*rules]} if rules else {"type": "tag", "values": tags or AA}
    found = page.evaluate(f"axe.run(document, {json.dumps({'runOnly': only, 'resultTypes': ['violations']})})")
    return [
        f"{each['id']} ({each['help']}): " + "; ".join(node["html"][:150] for node in each["nodes"][:3])
        for each in found["violations"]
    ]
