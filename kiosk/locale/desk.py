"""What the owner of desk.db refuses, what is wrong with a roster, and what programs may ask for, in words."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.core.desk_requests import DeskRefusal, LineReason, Problem, Scope
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
    Scope.SCREEN: N_("The resident's screen on a second display"),
}

ROSTER_LINES: Mapping[LineReason, str] = {
    LineReason.NOT_TEXT: N_("neither UTF-8 nor GB18030 text; save the file as CSV"),
    LineReason.TOO_LARGE: N_("the file is too large"),
    LineReason.NO_HEADER: N_("this column is missing"),
    LineReason.DOUBLE_COLUMN: N_("this column is there twice"),
    LineReason.UNKNOWN_COLUMN: N_("no column of a roster is called so"),
    LineReason.TOO_MANY_CELLS: N_("more cells than columns"),
    LineReason.EMPTY: N_("must not be empty"),
    LineReason.TOO_LONG: N_("too long"),
    LineReason.CONTROL_CHARACTER: N_("holds a control character"),
    LineReason.NOT_A_DATE: N_("no date, such as 1960-05-31"),
    LineReason.NOT_A_TIME: N_("no time, such as 2026-11-21 07:30"),
    LineReason.NOT_A_PHONE: N_("no phone number"),
    LineReason.UNKNOWN_GROUP: N_("none of residents, visitors, deliveries"),
    LineReason.DOUBLE_ID: N_("the same id as in a line before"),
    LineReason.DOUBLE_PERSON: N_("the same name and place as in a line before; give both an id"),
    LineReason.DOUBLE_PASS: N_("the same pass as in a line before"),
    LineReason.BROKEN_QUOTES: N_("a quotation mark is not closed"),
}


def refusal(reason: DeskRefusal) -> str:
    """Why nothing was changed, as the end of a sentence."""
    return gettext(REFUSALS[reason])


def scope(name: str) -> str:
    """What a program may ask for."""
    return gettext(SCOPES[Scope(name)])


def roster_problem(problem: Problem) -> str:
    """What is wrong with a place in a roster file, after the name of its column."""
    said = gettext(ROSTER_LINES[problem.reason])
    return f"{problem.column}: {said}" if problem.column else said
