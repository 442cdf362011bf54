"""What the owner of `desk.db` does when it is asked over its socket; a command does the same while it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kiosk.core.desk_requests import (
    AddToken,
    AddUser,
    DeskRefusal,
    DeskRefused,
    DeskReply,
    DeskRequest,
    Done,
    EnableUser,
    ExportRoster,
    ImportRoster,
    ListTokens,
    ListUsers,
    ResetSecret,
    RevokeToken,
    RosterFile,
    RosterPreview,
    TokenAdded,
    Tokens,
    UserAdded,
    Users,
)
from kiosk.core.faults import DeskUnwritable
from kiosk.services import link
from kiosk.store.desk import Desk


def answer(desk: Desk, request: DeskRequest) -> DeskReply:
    """Does what is asked, and writes down who asked for it."""
    try:
        return _HANDLERS[type(request)](desk, request)
    except DeskUnwritable:
        return DeskRefused(reason=DeskRefusal.NOT_WRITTEN)


def _list_users(desk: Desk, _: ListUsers) -> Users:
    return Users(users=desk.users.list())


def _add_user(desk: Desk, request: AddUser) -> UserAdded | DeskRefused:
    added = desk.users.add(request.name, request.role, request.secret)
    if isinstance(added, DeskRefusal):
        return DeskRefused(reason=added)
    user, secret = added
    desk.audit.write("user_added", by=request.by, detail=f"user={user.id} role={user.role}")
    return UserAdded(user=user, secret=secret)


def _change_user(desk: Desk, request: ResetSecret | EnableUser) -> UserAdded | Done | DeskRefused:
    user = desk.users.named(request.user)
    if user is None:
        return DeskRefused(reason=DeskRefusal.UNKNOWN_USER)
    if isinstance(request, EnableUser):
        return _done(desk.users.enable(user.id, enabled=request.enabled, by=request.by))
    reset = desk.users.reset(user.id, request.by)
    if isinstance(reset, DeskRefusal):
        return DeskRefused(reason=reset)
    return UserAdded(user=reset[0], secret=reset[1])


def _done(refused: DeskRefusal | None) -> Done | DeskRefused:
    return Done() if refused is None else DeskRefused(reason=refused)


def _add_token(desk: Desk, request: AddToken) -> TokenAdded:
    token, secret = desk.tokens.add(request.name, request.scopes, request.days, request.by)
    return TokenAdded(token=token, secret=secret)


def _list_tokens(desk: Desk, _: ListTokens) -> Tokens:
    return Tokens(tokens=desk.tokens.list())


def _revoke_token(desk: Desk, request: RevokeToken) -> Done | DeskRefused:
    return _done(desk.tokens.revoke(request.token, request.by))


def _export_roster(desk: Desk, request: ExportRoster) -> RosterFile:
    csv, persons = desk.roster.export()
    desk.audit.write("roster_exported", by=request.by, detail=f"persons={persons}")
    return RosterFile(csv=csv, persons=persons)


def _import_roster(desk: Desk, request: ImportRoster) -> RosterPreview:
    try:
        zone = ZoneInfo(request.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("Asia/Shanghai")
    if not request.apply:
        return desk.roster.preview(request.csv, zone)
    done = desk.roster.apply(request.csv, zone)
    if done.applied:
        desk.audit.write("roster_imported", by=request.by, detail=f"new={done.new} changed={done.changed}")
    return done


_HANDLERS: dict[type[DeskRequest], Callable[[Desk, Any], DeskReply]] = {
    AddUser: _add_user,
    ListUsers: _list_users,
    ResetSecret: _change_user,
    EnableUser: _change_user,
    AddToken: _add_token,
    ListTokens: _list_tokens,
    RevokeToken: _revoke_token,
    ImportRoster: _import_roster,
    ExportRoster: _export_roster,
}


class DeskOwner:
    """Listens at the desk's socket for as long as the web runs."""

    def __init__(self, path: Path, desk: Desk) -> None:
        self._desk = desk
        self._server = link.Server(path, self._serve, most=8)

    def _serve(self, connection: socket.socket) -> None:
        link.serve_requests(connection, DeskRequest, lambda request: answer(self._desk, request))

    def close(self) -> None:
        """Stops listening."""
        self._server.close()
