"""What is asked of the owner of desk.db over its socket, and what it answers. Plain values that travel as JSON."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec


class Role(StrEnum):
    """What somebody who logs in may do."""

    VOLUNTEER = "volunteer"
    MANAGER = "manager"
    TECHNICIAN = "technician"


class DeskRefusal(StrEnum):
    """Why the owner of desk.db did not do what it was asked."""

    NAME_TAKEN = "name_taken"
    NAME_EMPTY = "name_empty"
    PIN_NOT_DIGITS = "pin_not_digits"
    PIN_TOO_SHORT = "pin_too_short"
    PIN_TOO_SIMPLE = "pin_too_simple"
    PASSPHRASE_TOO_SHORT = "passphrase_too_short"
    UNKNOWN_USER = "unknown_user"
    ROSTER_HAS_PROBLEMS = "roster_has_problems"
    LAST_MANAGER = "last_manager"
    UNKNOWN_TOKEN = "unknown_token"
    TOKEN_INCOMPLETE = "token_incomplete"
    NOT_WRITTEN = "not_written"


class Scope(StrEnum):
    """What a program that identifies itself by a token may do."""

    STATE = "state"  # what the gate is doing; nobody's name
    LOG = "log"  # the rows of the logbook, without names
    REPORTS = "reports"  # the report of a day, and how many are inside
    ROSTER = "roster"  # to bring in a roster
    SCREEN = "screen"  # the resident's screen, on a display of its own


class LineReason(StrEnum):
    """What is wrong with a place in a roster file."""

    NOT_TEXT = "not_text"  # neither UTF-8 nor GB18030
    TOO_LARGE = "too_large"
    NO_HEADER = "no_header"  # the column must be there and is not
    DOUBLE_COLUMN = "double_column"
    UNKNOWN_COLUMN = "unknown_column"
    TOO_MANY_CELLS = "too_many_cells"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    NOT_A_DATE = "not_a_date"
    NOT_A_TIME = "not_a_time"
    NOT_A_PHONE = "not_a_phone"
    UNKNOWN_GROUP = "unknown_group"
    DOUBLE_ID = "double_id"
    DOUBLE_PERSON = "double_person"  # the same name and place twice: an id must tell them apart
    DOUBLE_PASS = "double_pass"
    BROKEN_QUOTES = "broken_quotes"


class _Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="action"):
    by: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class AddUser(_Request, frozen=True, kw_only=True, tag="add_user"):
    """A new user; the owner makes up a PIN or passphrase where `secret` is empty."""

    name: Annotated[str, msgspec.Meta(max_length=64)]
    role: Role
    secret: Annotated[str, msgspec.Meta(max_length=256)] = ""


class ListUsers(_Request, frozen=True, kw_only=True, tag="list_users"):
    """Everybody who may log in."""


class ResetSecret(_Request, frozen=True, kw_only=True, tag="reset_secret"):
    """A made-up PIN or passphrase for `user`, by id or name; what they were locked out by is forgotten."""

    user: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class EnableUser(_Request, frozen=True, kw_only=True, tag="enable_user"):
    """Lets `user`, by id or name, log in, or no longer."""

    user: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    enabled: bool


class AddToken(_Request, frozen=True, kw_only=True, tag="add_token"):
    """A token for a program, good for `days`."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1, max_length=8)]
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 90


class ListTokens(_Request, frozen=True, kw_only=True, tag="list_tokens"):
    """Every token that is still good."""


class RevokeToken(_Request, frozen=True, kw_only=True, tag="revoke_token"):
    """From now on the token of that id is nobody's."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class ImportRoster(_Request, frozen=True, kw_only=True, tag="import_roster"):
    """A roster as a CSV file: looked through, and taken over whole where `apply` and nothing is wrong."""

    csv: bytes
    apply: bool = False
    timezone: str = "Asia/Shanghai"  # of times without an offset


class ExportRoster(_Request, frozen=True, kw_only=True, tag="export_roster"):
    """The roster as a CSV file, without document numbers."""


DeskRequest = (
    AddUser | ListUsers | ResetSecret | EnableUser | AddToken | ListTokens | RevokeToken | ImportRoster | ExportRoster
)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may log in. `id` is what the log calls them."""

    id: str
    name: str
    role: Role
    enabled: bool = True


class UserAdded(msgspec.Struct, frozen=True, kw_only=True, tag="user_added"):
    """The new user, and the secret that is shown this once."""

    user: User
    secret: str


class Users(msgspec.Struct, frozen=True, kw_only=True, tag="users"):
    """Everybody who may log in."""

    users: tuple[User, ...]


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """It is done, and there is nothing to show."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A program's access. `used` is the day it was last used, None while it never was."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    by: str
    until: datetime
    used: date | None = None


class TokenAdded(msgspec.Struct, frozen=True, kw_only=True, tag="token_added"):
    """The new token, and the secret that is shown this once."""

    token: Token
    secret: str


class Tokens(msgspec.Struct, frozen=True, kw_only=True, tag="tokens"):
    """Every token that is still good."""

    tokens: tuple[Token, ...]


class Problem(msgspec.Struct, frozen=True):
    """A place in a roster file that is wrong. Lines count from 1, the header included."""

    line: int
    column: str
    reason: LineReason


class RosterPreview(msgspec.Struct, frozen=True, kw_only=True, tag="roster_preview"):
    """What an import would do, or did. With any problem it does nothing."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: int = 0  # people of the roster whom the file does not name; they stay
    problems: tuple[Problem, ...] = ()
    applied: bool = False


class RosterFile(msgspec.Struct, frozen=True, kw_only=True, tag="roster_file"):
    """The roster as CSV."""

    csv: bytes
    persons: int


class DeskRefused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """Nothing was changed, and why."""

    reason: DeskRefusal


DeskReply = Done | UserAdded | Users | TokenAdded | Tokens | RosterPreview | RosterFile | DeskRefused
