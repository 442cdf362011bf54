"""The settings of the kiosk in a form: what a manager may change, and for technicians the devices.

They are written beside the administrator's file and count over it; the services start anew to take them up.
"""

from __future__ import annotations

from flask_login import current_user

from kiosk import settings as files
from kiosk.core.codecs.keys import Key, keys, members
from kiosk.core.faults import SettingsError
from kiosk.locale import gettext as _
from kiosk.settings import Lane, Settings
from kiosk.store.desk import Role
from kiosk.store.versions import Versions
from web.access import requires, requires_one_of
from web.parts import parts
from web.settings import editor
from web.settings.blueprint import blueprint
from web.settings.editor import Document, Page

_FILE = "kiosk.toml"
ANNOUNCEMENTS = "screen.announcements"  # which have a form of their own


@blueprint.get("/kiosk")
@requires(Role.MANAGER)
def kiosk() -> Page:
    """What a manager may change."""
    return editor.show(_office())


@blueprint.post("/kiosk/preview")
@requires(Role.MANAGER)
def kiosk_preview() -> Page:
    """What would change."""
    return editor.preview(_office())


@blueprint.post("/kiosk/apply")
@requires(Role.MANAGER)
def kiosk_apply() -> Page:
    """Puts it in place."""
    return editor.apply(_office())


@blueprint.get("/kiosk/before/<version>")
@requires(Role.MANAGER)
def kiosk_before(version: str) -> Page:
    """What going back to earlier settings would change, devices included."""
    return editor.compare_version(_whole(), version)


@blueprint.post("/kiosk/before/<version>")
@requires(Role.MANAGER)
def kiosk_back(version: str) -> Page:
    """Goes back to earlier settings, devices included."""
    return editor.go_back(_whole(), version)


@blueprint.get("/devices")
@requires_one_of(Role.MANAGER, Role.TECHNICIAN)
def devices() -> Page:
    """Which devices each lane has, and how the camera is looked at."""
    return editor.show(_technical())


@blueprint.post("/devices/preview")
@requires_one_of(Role.MANAGER, Role.TECHNICIAN)
def devices_preview() -> Page:
    """What would change."""
    return editor.preview(_technical())


@blueprint.post("/devices/apply")
@requires_one_of(Role.MANAGER, Role.TECHNICIAN)
def devices_apply() -> Page:
    """Puts it in place."""
    return editor.apply(_technical())


def _office() -> Document:
    chosen = tuple(key for key in _managed() if key.name != ANNOUNCEMENTS)
    hint = _("Written beside the administrator's file. What reads a value starts anew; you see what before.")
    return document("kiosk", _("This kiosk"), hint, chosen)


def _managed() -> tuple[Key, ...]:
    return tuple(k for k in keys(Settings) if k.name in files.MANAGED or k.path[0] in files.MANAGED_TABLES)


def _technical() -> Document:
    chosen = [key for key in keys(Settings) if key.path[0] in files.TECHNICAL_TABLES]
    for lane in parts().settings.lane:
        chosen += [key for key in members(Lane, ("lane", lane.name)) if key.path[-1] != "name"]
    hint = _("A driver and its part, as docs/settings.md lists them. Gate and scanner start anew: about ten seconds.")
    return document("devices", _("Devices"), hint, tuple(chosen))


def _whole() -> Document:
    office = _office()
    return document("kiosk", office.title, office.hint, (*_managed(), *_technical().keys))


def document(name: str, title: str, hint: str, chosen: tuple[Key, ...]) -> Document:
    """What the pages wrote over the administrator's file, of which one page edits the `chosen` keys."""
    at = parts()
    versions = Versions(at.places.written_settings)
    main = at.main_settings.read_bytes() if at.main_settings and at.main_settings.exists() else b""

    def meaning(data: bytes) -> Settings:
        return files.parse_with(main, data, _FILE)

    def anew(before: bytes, after: bytes) -> frozenset[str]:
        try:
            return files.concerned(meaning(before), meaning(after))
        except SettingsError:  # what was in place did not count: nobody knows what was read of it
            return files.PROCESSES

    shown = name == "kiosk" and current_user.role is Role.MANAGER
    return Document(
        name=name,
        act="settings_changed",
        title=title,
        hint=hint,
        keys=chosen,
        versions=versions,
        current=versions.read(b""),
        meaning=meaning,
        without=files.parse(main, _FILE),
        goes_back=shown,
        anew=anew,
    )
