"""The rules of the gate in a form: what is checked, what a failing check means. The gate takes them up by itself."""

from __future__ import annotations

from kiosk.core import rules as rules_file
from kiosk.core.codecs import toml
from kiosk.core.codecs.keys import keys
from kiosk.core.formats import online_code
from kiosk.core.rules import Rules
from kiosk.locale import gettext as _
from kiosk.store.desk import Role
from kiosk.store.versions import Versions
from web.access import requires
from web.parts import parts
from web.settings import editor
from web.settings.blueprint import blueprint
from web.settings.editor import Document, Page

KEYS = keys(Rules)
_FILE = "rules.toml"


@blueprint.get("/rules")
@requires(Role.MANAGER)
def rules() -> Page:
    """Every rule, with what it is for and what it usually is."""
    return editor.show(_document())


@blueprint.post("/rules/preview")
@requires(Role.MANAGER)
def rules_preview() -> Page:
    """What would change."""
    return editor.preview(_document())


@blueprint.post("/rules/apply")
@requires(Role.MANAGER)
def rules_apply() -> Page:
    """Puts it in force."""
    return editor.apply(_document())


@blueprint.get("/rules/before/<version>")
@requires(Role.MANAGER)
def rules_before(version: str) -> Page:
    """What going back to earlier rules would change."""
    return editor.compare_version(_document(), version)


@blueprint.post("/rules/before/<version>")
@requires(Role.MANAGER)
def rules_back(version: str) -> Page:
    """Goes back to earlier rules."""
    return editor.go_back(_document(), version)


def _document() -> Document:
    at = parts().places
    return Document(
        name="rules",
        act="rules_changed",
        title=_("Rules"),
        hint=_("What the gate asks of people. A change is in force within a few seconds."),
        keys=KEYS,
        versions=Versions(at.written_rules),
        current=at.rules.read_bytes() if at.rules.exists() else b"",
        meaning=_meaning,
        without=Rules(),
    )


def _meaning(data: bytes) -> Rules:
    """The rules as the gate reads them. Raises SettingsError."""
    online_code.services(rules_file.parse(data, _FILE).online.patterns)
    return toml.decode(data, _FILE, Rules)  # without the digest that `parse` adds to their name
