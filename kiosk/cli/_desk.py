"""How a command reaches the desk: by its owner's socket, or as the owner while that is stopped."""

from __future__ import annotations

from contextlib import closing

import click

from kiosk.core.desk_requests import DeskRefusal, DeskRefused, DeskReply, DeskRequest
from kiosk.core.faults import KioskError, LinkDown
from kiosk.locale import gettext as _
from kiosk.services import desk_owner, link
from kiosk.settings import Places
from kiosk.store.desk import Desk

BY = "cli"  # what the audit calls the command line
_WITHIN_S = 180.0  # a roster of 50,000 people on a small device


def ask(places: Places, request: DeskRequest) -> DeskReply:
    """The owner's answer. Raises KioskError with one line where it refused."""
    reply: DeskReply
    try:
        reply = link.ask(places.desk_socket, request, DeskReply, timeout_s=_WITHIN_S)  # type: ignore[arg-type]
    except LinkDown:
        with closing(Desk.open(places.desk)) as desk:
            reply = desk_owner.answer(desk, request)
    if isinstance(reply, DeskRefused):
        raise KioskError(_why(reply.reason))
    return reply


def wrong_reply(reply: DeskReply) -> click.ClickException:
    """What to raise where the owner answered something else than was asked for."""
    return click.ClickException(_("the web's process answered %(what)s; are both of one version?", what=type(reply)))


def _why(refused: DeskRefusal) -> str:
    return {
        DeskRefusal.NAME_TAKEN: _("there is already a user of that name; choose another"),
        DeskRefusal.NAME_EMPTY: _("a user needs a name"),
        DeskRefusal.PIN_NOT_DIGITS: _("a volunteer's PIN is digits only"),
        DeskRefusal.PIN_TOO_SHORT: _("a volunteer's PIN has six digits or more"),
        DeskRefusal.PIN_TOO_SIMPLE: _("that PIN is too easy to guess; choose digits without an order"),
        DeskRefusal.PASSPHRASE_TOO_SHORT: _("a passphrase has twelve characters or more"),
        DeskRefusal.UNKNOWN_USER: _("there is no such user"),
        DeskRefusal.LAST_MANAGER: _("somebody must be left who can manage; add another manager first"),
        DeskRefusal.UNKNOWN_TOKEN: _("there is no such token"),
        DeskRefusal.ROSTER_HAS_PROBLEMS: _("the roster has problems; nothing was changed"),
        DeskRefusal.NOT_WRITTEN: _("it could not be written; is the disk full?"),
    }[refused]
