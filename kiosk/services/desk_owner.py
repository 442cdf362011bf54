"""What the owner of `desk.db` does when it is asked over its socket; a command does the same while it is stopped."""

from __future__ import annotations

import socket
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kiosk.core.desk_requests import (
    AddUser,
    DeskRefusal,
    DeskRefused,
    DeskReply,
    DeskRequest,
    ExportRoster,
    ImportRoster,
    ListUsers,
    RosterFile,
    RosterPreview,
    UserAdded,
    Users,
)
from kiosk.core.faults import DeskUnwritable
from kiosk.services import link
from kiosk.store.desk import Desk


def answer(desk: Desk, request: DeskRequest) -> DeskReply:
    """Does what is asked, and writes down who asked for it."""
    try:
        match request:
            case AddUser():
                return _add_user(desk, request)
            case ListUsers():
                return Users(users=desk.users.list())
            case ImportRoster():
                return _import_roster(desk, request)
            case ExportRoster():
                csv, persons = desk.roster.export()
                desk.audit.write("roster_exported", by=request.by, detail=f"persons={persons}")
                return RosterFile(csv=csv, persons=persons)
    except DeskUnwritable:
        return DeskRefused(reason=DeskRefusal.NOT_WRITTEN)


def _add_user(desk: Desk, request: AddUser) -> UserAdded | DeskRefused:
    added = desk.users.add(request.name, request.role, request.secret)
    if isinstance(added, DeskRefusal):
        return DeskRefused(reason=added)
    user, secret = added
    desk.audit.write("user_added", by=request.by, detail=f"user={user.id} role={user.role}")
    return UserAdded(user=user, secret=secret)


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
