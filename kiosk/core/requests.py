"""What people ask of a gate: by a page, a button, or the command line. Plain values that travel as JSON.

Every request names the visit, lane or condition it is about, so that a late one can never reach the
next person. `request_id` makes a retry harmless; `expires_at` makes an old one void.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from kiosk.core.model import Attested, ConditionKind, Direction, Group, Outcome, Remedy
from kiosk.core.reasons import Answer

BUTTON = "button"  # the `by` of a physical button

Moment = Annotated[datetime, msgspec.Meta(tz=True)]  # one without a zone cannot be compared
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Words = Annotated[str, msgspec.Meta(max_length=500)]


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag=str.lower):
    """The base of all requests: who asks, until when it is worth answering."""

    request_id: Id
    by: Id
    expires_at: Moment


class Override(Request, frozen=True, kw_only=True, tag="override"):
    """The volunteer decides a visit. The reason may follow later with `Explain`."""

    visit: Id
    outcome: Outcome
    reason: Words = ""


class Explain(Request, frozen=True, kw_only=True, tag="explain"):
    """The reason of an override, or a neutral note about a visit, as its own entry."""

    visit: Id
    reason: Words


class Undo(Request, frozen=True, kw_only=True, tag="undo"):
    """Takes back the last override of a visit, as its own entry."""

    visit: Id


class Again(Request, frozen=True, kw_only=True, tag="again"):
    """Measure the temperature of this visit again."""

    visit: Id


class ContactTemperature(Request, frozen=True, kw_only=True, tag="contact_temperature"):
    """A hand-held thermometer's value, entered by the volunteer."""

    visit: Id
    celsius: Annotated[float, msgspec.Meta(ge=30, le=45)]


class Seen(Request, frozen=True, kw_only=True, tag="seen"):
    """What the volunteer saw on the phone: SEEN_GREEN, SEEN_YELLOW or SEEN_RED."""

    visit: Id
    what: Attested


class Companions(Request, frozen=True, kw_only=True, tag="companions"):
    """'And these with me': so many more people come with the holder of this visit."""

    visit: Id
    count: Annotated[int, msgspec.Meta(ge=1, le=20)]


class HostConfirms(Request, frozen=True, kw_only=True, tag="host_confirms"):
    """The household that a visitor comes to see says that they are expected."""

    visit: Id
    host: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]  # building and room


class ManualVisit(Request, frozen=True, kw_only=True, tag="manual_visit"):
    """A person without a phone: from the roster (`person`) or typed (`name`).

    `host` is the household that a visitor comes to see, once it has said that they are expected.
    """

    lane: Id
    person: Annotated[str, msgspec.Meta(max_length=64)] = ""
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    document: Annotated[str, msgspec.Meta(max_length=64)] = ""
    room: Annotated[str, msgspec.Meta(max_length=64)] = ""
    phone: Annotated[str, msgspec.Meta(max_length=32)] = ""
    host: Annotated[str, msgspec.Meta(max_length=64)] = ""
    group: Group = Group.RESIDENTS
    celsius: Annotated[float, msgspec.Meta(ge=30, le=45)] | None = None


class Typed(Request, frozen=True, kw_only=True, tag="typed"):
    """A code typed or pasted at the desk instead of being held up."""

    lane: Id
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]


class MedicalExit(Request, frozen=True, kw_only=True, tag="medical_exit"):
    """Somebody goes to hospital: always possible, told to the staff, expected back."""

    lane: Id
    name: Words = ""
    note: Words = ""


class Vehicle(Request, frozen=True, kw_only=True, tag="vehicle"):
    """One vehicle through (an ambulance, a delivery), logged once."""

    lane: Id
    plate: Annotated[str, msgspec.Meta(max_length=20)] = ""
    note: Words = ""


class DropOff(Request, frozen=True, kw_only=True, tag="drop_off"):
    """A rider hands parcels over and does not enter; `visit` is theirs where they held up a code."""

    lane: Id
    visit: Annotated[str, msgspec.Meta(max_length=64)] = ""
    company: Annotated[str, msgspec.Meta(max_length=40)] = ""
    parcels: Annotated[int, msgspec.Meta(ge=1, le=500)] = 1


class Call(Request, frozen=True, kw_only=True, tag="call"):
    """Somebody at the lane calls the volunteer, or (`on` false) the volunteer has come."""

    lane: Id
    on: bool = True


class Evacuate(Request, frozen=True, kw_only=True, tag="evacuate"):
    """Starts or ends an evacuation of the whole gate."""

    on: bool


class Decide(Request, frozen=True, kw_only=True, tag="decide"):
    """One timed decision about a condition."""

    condition: ConditionKind
    remedy: Remedy
    minutes: Annotated[int, msgspec.Meta(ge=1, le=24 * 60)]


class Crowd(Request, frozen=True, kw_only=True, tag="crowd"):
    """Begins or ends crowd mode: results stand more shortly, whoever must wait steps aside. It ends by itself."""

    on: bool
    minutes: Annotated[int, msgspec.Meta(ge=1, le=240)] = 30


class SetDirection(Request, frozen=True, kw_only=True, tag="set_direction"):
    """Turns a lane round."""

    lane: Id
    direction: Direction


class Reveal(Request, frozen=True, kw_only=True, tag="reveal"):
    """Shows the sealed fields of entries; writes down who looked and why."""

    seqs: Annotated[tuple[Annotated[int, msgspec.Meta(ge=0, le=2**53)], ...], msgspec.Meta(max_length=500)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    export: Annotated[str, msgspec.Meta(max_length=64)] = ""  # of `OpenNames`: then that one look is written down once


class Purge(Request, frozen=True, kw_only=True, tag="purge"):
    """Deletes the keys of every day before `before` (UTC midnight): what they sealed is gone."""

    before: Moment


class ConfirmTime(Request, frozen=True, kw_only=True, tag="confirm_time"):
    """A manager's watch shows `time` (UTC): it is the kiosk's, and may be relied on until the next boot."""

    time: Moment


class Dispute(Request, frozen=True, kw_only=True, tag="dispute"):
    """A neutral note about a quarrel over a visit, witnessed by a second volunteer; at any time after it."""

    visit: Id
    second: Id
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Review(Request, frozen=True, kw_only=True, tag="review"):
    """A note about a visit that the gate no longer holds; at any time after it."""

    visit: Id
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class HandOver(Request, frozen=True, kw_only=True, tag="hand_over"):
    """`by` takes the desk over from the user `before`; `Reply.data` has a signed head, as of `SignHead`."""

    before: Id


class Inside(Request, frozen=True, kw_only=True, tag="inside"):
    """Who is still inside, without names: `Reply.data` as `kiosk.core.inside.told` gives it.

    Of those who came in within so many `days`, or since the last reset: the more, the longer it takes.
    """

    days: Annotated[int, msgspec.Meta(ge=1, le=31)] = 2


class ResetInside(Request, frozen=True, kw_only=True, tag="reset_inside"):
    """From here on nobody counts as inside; the reason is written down."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class NumberSheets(Request, frozen=True, kw_only=True, tag="number_sheets"):
    """Numbers for so many new paper sheets; `Reply.data` has `first` and `last`. No number is given twice."""

    count: Annotated[int, msgspec.Meta(ge=1, le=500)]


class PaperLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a numbered paper sheet: one person, as a volunteer wrote them down."""

    sheet: Annotated[int, msgspec.Meta(ge=1)]
    line: Annotated[int, msgspec.Meta(ge=1, le=20)]
    happened: Moment
    outcome: Outcome
    volunteer: Id
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    room: Annotated[str, msgspec.Meta(max_length=64)] = ""
    celsius: Annotated[float, msgspec.Meta(ge=30, le=45)] | None = None
    direction: Direction = Direction.IN
    lane: Annotated[str, msgspec.Meta(max_length=64)] = ""


class EnterPaper(Request, frozen=True, kw_only=True, tag="enter_paper"):
    """Lines of paper sheets, typed afterwards. Good ones are written, others named in `Reply.data`."""

    lines: Annotated[tuple[PaperLine, ...], msgspec.Meta(min_length=1, max_length=500)]


class NoteBackup(Request, frozen=True, kw_only=True, tag="note_backup"):
    """A backup up to row `seq` was written and read again."""

    seq: Annotated[int, msgspec.Meta(ge=0)]
    backup: Id


class OpenNames(Request, frozen=True, kw_only=True, tag="open_names"):
    """An export with names begins: written down with its reason. `Reply.data` has `export`, good for `Reveal`."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class SignExport(Request, frozen=True, kw_only=True, tag="sign_export"):
    """An export is done: `manifest` says what it holds; `Reply.data` has it signed, with a fresh signed head."""

    manifest: Annotated[str, msgspec.Meta(max_length=64_000)]
    export: Annotated[str, msgspec.Meta(max_length=64)] = ""


class SignHead(Request, frozen=True, kw_only=True, tag="sign_head"):
    """Signs what the log has come to, at the end of a shift; `Reply.data` has `head`, `seq` and `code`."""


class About(Request, frozen=True, kw_only=True, tag="about"):
    """Everything about somebody, by roster id or name; `Reply.data` has `rows`. Who asked and why is written down."""

    persons: Annotated[tuple[str, ...], msgspec.Meta(max_length=50)] = ()
    names: Annotated[tuple[str, ...], msgspec.Meta(max_length=50)] = ()
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Erase(About, frozen=True, kw_only=True, tag="erase"):
    """Forgets the personal fields of every row about somebody; `Reply.data` has `rows`, how many."""


# Looking, taking away and forgetting.
Released = Reveal | Purge | OpenNames | SignExport | SignHead | HandOver | About | Erase

# What the logbook itself answers, beside the lanes' turns.
Archived = Released | ConfirmTime | Dispute | Review | Inside | ResetInside | NumberSheets | EnterPaper | NoteBackup

AnyRequest = (
    Override
    | Explain
    | Undo
    | Again
    | ContactTemperature
    | Seen
    | Companions
    | HostConfirms
    | ManualVisit
    | Typed
    | MedicalExit
    | Call
    | Vehicle
    | DropOff
    | Evacuate
    | Crowd
    | Decide
    | SetDirection
    | Archived
)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's answer. `visit` names the visit that a request began; `data` is what an `Archived` one came to."""

    request_id: str
    answer: Answer
    visit: str = ""
    data: dict[str, object] = {}
