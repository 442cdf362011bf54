"""How a command reaches the desk: by its owner's socket, or as the owner while that is stopped."""

from __future__ import annotations

from contextlib import closing

import click

from kiosk.core.desk_requests import DeskRefused, DeskReply, DeskRequest
from kiosk.core.faults import KioskError, LinkDown
from kiosk.locale import desk
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
        with closing(Desk.open(places.desk)) as store:
            reply = desk_owner.answer(store, request)
    if isinstance(reply, DeskRefused):
        raise KioskError(desk.refusal(reply.reason))
    return reply


def wrong_reply(reply: DeskReply) -> click.ClickException:
    """What to raise where the owner answered something else than was asked for."""
    return click.ClickException(_("the web's process answered %(what)s; are both of one version?", what=type(reply)))
