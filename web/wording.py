"""What templates may say and ask: the wording of codes, times in the kiosk's zone, the pages of a role."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from flask import Flask, g, request
from flask_babel import format_datetime, format_decimal, format_time

from kiosk.locale import desk, details, words
from kiosk.locale import gettext as _
from kiosk.locale import keys as keys_said
from kiosk.locale import lists as list_words
from kiosk.store.desk import Role, User
from web import language
from web.access import MAY, Login
from web.parts import parts

_NAMES = {language.ENGLISH: "English", language.CHINESE: "中文"}


class Say:
    """The wording of codes, by their kind: `say.reason("febrile")`."""

    reason = staticmethod(words.reason)
    advice = staticmethod(words.advice)
    face = staticmethod(words.face)
    said = staticmethod(words.said)
    scope = staticmethod(desk.scope)
    detail = staticmethod(details.detail)


def _says(table_name: str) -> object:
    def say(code: str | None) -> str:
        return words.say(getattr(words, table_name), code)

    return staticmethod(say)


for _name, _table in {
    "outcome": "OUTCOMES",
    "check": "CHECKS",
    "want": "WANTS",
    "condition": "CONDITIONS",
    "remedy": "REMEDIES",
    "direction": "DIRECTIONS",
    "group": "GROUPS",
    "device": "DEVICES",
    "state": "DEVICE_STATES",
    "kind": "KINDS",
    "role": "ROLES",
    "column": "COLUMNS",
    "format": "FORMATS",
    "act": "ACTS",
    "confidence": "CONFIDENCES",
    "gap": "GAPS",
    "clock": "CLOCKS",
    "calibration": "CALIBRATIONS",
    "calibration_flaw": "CALIBRATION_FLAWS",
    "source": "SOURCES",
    "slip": "SLIPS",
    "owed": "OWED",
}.items():
    setattr(Say, _name, _says(_table))


def quick_reasons() -> tuple[str, ...]:
    """What volunteers most often write down as the reason of a decision."""
    return (
        _("Document seen"),
        _("Known to me"),
        _("Measured again by hand: normal"),
        _("Phone seen, code not readable"),
        _("With family"),
        _("Sent to the test point"),
    )


def late_reasons() -> tuple[str, ...]:
    """What there most often is to say about a visit afterwards."""
    return (
        _("Let in after a look"),
        _("Turned back"),
        _("Went away by themselves"),
        _("Measured again by hand: normal"),
        _("Settled in peace"),
    )


def desk_pages() -> tuple[tuple[str, str, str], ...]:
    """The pages of the post: endpoint, key, name."""
    return (
        ("desk.show", "q", _("Desk")),
        ("desk.review", "l", _("To be reviewed")),
        ("desk.inside", "i", _("Still inside")),
        ("desk.typing", "s", _("Paper sheets")),
    )


def column_word(column: str) -> str:
    """How the column of a paper sheet is called."""
    names = {
        "sheet": _("Sheet"),
        "date": _("Date"),
        "time": _("Time"),
        "name": _("Name"),
        "room": _("Building and room"),
        "temperature": _("Temperature"),
        "outcome": _("Outcome"),
        "volunteer": _("Volunteer"),
        "direction": _("In or out"),
        "lane": _("Lane"),
    }
    return names.get(column, column)


def keys() -> tuple[tuple[str, str], ...]:
    """Every key of the desk and what it does."""
    return (
        ("p", _("Let pass")),
        ("c", _("Hold")),
        ("d", _("Refuse")),
        ("u", _("Undo")),
        ("g", _("Seen green on the phone")),
        ("y", _("Seen yellow on the phone")),
        ("r", _("Seen red on the phone")),
        ("a", _("Measure again")),
        ("t", _("Contact thermometer")),
        ("w", _("And these with me")),
        ("n", _("I am coming")),
        ("f", _("The household expects a visitor")),
        ("b", _("This rider drops off and does not enter")),
        ("m", _("A person without a phone")),
        ("j", _("Another rider drops off")),
        ("k", _("Type a code")),
        ("h", _("Medical exit")),
        ("v", _("Vehicle")),
        ("x", _("Crowd mode")),
        ("e", _("Evacuation")),
        ("o", _("Turn this lane round")),
        ("l", _("To be reviewed")),
        ("i", _("Still inside")),
        ("s", _("Paper sheets")),
        ("z", _("Hand over")),
        ("1-9", _("Open a visit of just now")),
        ("Esc", _("Close what is open")),
        ("?", _("Show these keys")),
    )


def pages_of(user: Login) -> list[tuple[str, str]]:
    """The pages that somebody of this role uses."""
    pages = (
        ("desk.show", _("Desk"), Role.VOLUNTEER),
        ("records.show", _("Records"), Role.MANAGER),
        ("users.show", _("Accounts"), Role.MANAGER),
        ("settings.show", _("Settings"), Role.TECHNICIAN),
    )
    return [(endpoint, name) for endpoint, name, role in pages if user.role in MAY[role]]


def settings_pages(user: Login) -> list[tuple[str, str]]:
    """The pages of the settings that somebody of this role uses."""
    pages = (
        ("settings.show", _("Me"), Role.TECHNICIAN),
        ("settings.roster", _("Roster"), Role.MANAGER),
        ("settings.passes", _("Passes"), Role.MANAGER),
        ("settings.trust", _("Trusted lists"), Role.MANAGER),
        ("settings.rules", _("Rules"), Role.MANAGER),
        ("settings.announcements", _("Announcements"), Role.MANAGER),
        ("settings.kiosk", _("This kiosk"), Role.MANAGER),
        ("settings.backup", _("Backups"), Role.MANAGER),
    )
    own = [(endpoint, name) for endpoint, name, role in pages if user.role in MAY[role]]
    technical = [("settings.devices", _("Devices")), ("calibration.show", _("Calibration"))]
    return [*own, *technical] if user.role is not Role.VOLUNTEER else own


def volunteers() -> tuple[User, ...]:
    """Everybody who may do duty at the desk."""
    users = parts().desk.users.list()
    return tuple(user for user in users if user.enabled and user.role in MAY[Role.VOLUNTEER])


def companies() -> tuple[str, ...]:
    """Whose riders come most often."""
    return parts().settings.web.companies


def who(user_id: str) -> str:
    """The name of a user; what is no user (a button, the command line) by its own word."""
    user = parts().desk.users.find(user_id) if user_id else None
    return user.name if user else words.say(words.ACTORS, user_id)


def clock(at: datetime) -> str:
    """Hours and minutes in the kiosk's zone."""
    return str(format_time(at, "HH:mm"))


def moment(at: datetime) -> str:
    """Date and time in the kiosk's zone."""
    return str(format_datetime(at, "yyyy-MM-dd HH:mm:ss"))


def day(at: datetime) -> str:
    """The date in the kiosk's zone."""
    return str(format_datetime(at, "yyyy-MM-dd"))


def number(value: float) -> str:
    """One decimal, as the language writes it."""
    return str(format_decimal(round(value, 1), "0.0"))


def whole(value: int) -> str:
    """A count, grouped as the language groups it."""
    return str(format_decimal(value, "#,##0"))


def later(minutes: int) -> str:
    """The time so many minutes from now."""
    return clock(parts().now() + timedelta(minutes=minutes))


def same_page(**changes: str) -> str:
    """The address of this page with other parameters."""
    values = {**request.args.to_dict(), **changes}
    return f"{quote(request.path)}?{urlencode(values)}"


def init(app: Flask) -> None:
    """Gives all of this to the templates."""
    app.jinja_env.globals.update(
        say=Say,
        quick_reasons=quick_reasons,
        late_reasons=late_reasons,
        desk_pages=desk_pages,
        column_word=column_word,
        keys=keys,
        who=who,
        volunteers=volunteers,
        companies=companies,
        pages_of=pages_of,
        settings_pages=settings_pages,
        key_said=keys_said,
        list_said=list_words,
        roster_problem=desk.roster_problem,
        clock=clock,
        moment=moment,
        day_of=day,
        number=number,
        whole=whole,
        later=later,
        same_page=same_page,
        new_request_id=lambda: secrets.token_hex(16),
        language_tag=language.tag,
        language_name=_NAMES.__getitem__,
        other=language.other,
        place=app.config["KIOSK"].kiosk.place,
        shared_idle_s=app.config["KIOSK"].screen.strip_idle_s,
        g=g,
    )
