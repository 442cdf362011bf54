"""What the owner of desk.db refuses, and what programs may ask for, in words."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.core.desk_requests import DeskRefusal, Scope
from kiosk.locale import N_, gettext

REFUSALS: Mapping[DeskRefusal, str] = {
    DeskRefusal.NAME_TAKEN: N_("there is already a user of that name; choose another"),
    DeskRefusal.NAME_EMPTY: N_("a user needs a name"),
    DeskRefusal.PIN_NOT_DIGITS: N_("a volunteer's PIN is digits only"),
    DeskRefusal.PIN_TOO_SHORT: N_("a volunteer's PIN has six digits or more"),
    DeskRefusal.PIN_TOO_SIMPLE: N_("that PIN is too easy to guess; choose digits without an order"),
    DeskRefusal.PASSPHRASE_TOO_SHORT: N_("a passphrase has twelve characters or more"),
    DeskRefusal.UNKNOWN_USER: N_("there is no such user"),
    DeskRefusal.ROSTER_HAS_PROBLEMS: N_("the roster has problems; nothing was changed"),
    DeskRefusal.LAST_MANAGER: N_("somebody must be left who can manage; add another manager first"),
    DeskRefusal.UNKNOWN_TOKEN: N_("there is no such token"),
    DeskRefusal.TOKEN_INCOMPLETE: N_("a token needs a name, something it may ask for, and 1 to 366 days"),
    DeskRefusal.NOT_WRITTEN: N_("it could not be written; is the disk full?"),
}

SCOPES: Mapping[Scope, str] = {
    Scope.STATE: N_("What the gate is doing"),
    Scope.LOG: N_("Rows of the log, without names"),
    Scope.REPORTS: N_("Daily reports and how many are inside"),
    Scope.ROSTER: N_("Bringing in a roster"),
}


def refusal(reason: DeskRefusal) -> str:
    """Why nothing was changed, as the end of a sentence."""
    return gettext(REFUSALS[reason])


def scope(name: str) -> str:
    """What a program may ask for."""
    return gettext(SCOPES[Scope(name)])
