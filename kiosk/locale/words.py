"""The wording of every stable code: reasons, checks, answers, faces, phrases. Pages, voices and exports ask here.

A code without wording is shown as it is, so that nothing a newer gate says is ever swallowed.
"""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.core.calibration import Flaw, Standing
from kiosk.core.clocks import ClockReason
from kiosk.core.entry import EntryKind
from kiosk.core.hints import Hint
from kiosk.core.model import ConditionKind, Direction, Group, Outcome, Remedy, Want
from kiosk.core.paper import Slip
from kiosk.core.ports import Phrase
from kiosk.core.reports import Owed
from kiosk.core.view import Face
from kiosk.locale import N_, devices, gettext, language
from kiosk.locale.reasons import ANSWERS, REASONS

OUTCOMES: Mapping[str, str] = {
    Outcome.PASS: N_("Pass"),
    Outcome.CHECK: N_("Check"),
    Outcome.DENY: N_("Stop"),
}

# What a check found, and what the volunteer does about it.
CHECKS: Mapping[str, str] = {
    "credential": N_("Code"),
    "attestation": N_("Seen on the phone"),
    "identity": N_("Roster"),
    "test_age": N_("Test"),
    "country_rules": N_("Country's rules"),
    "temperature": N_("Temperature"),
    "venue": N_("Place"),
    "host": N_("Household"),
    "replay": N_("Used before"),
}

WANTS: Mapping[str, str] = {
    Want.CODE: N_("The code is still to be shown"),
    Want.TEMPERATURE: N_("The temperature is still to be measured"),
    Want.CONTACT_TEMPERATURE: N_("Please take the temperature with the contact thermometer and type it in"),
    Want.VENUE: N_("The venue code is still to be scanned"),
    Want.ATTESTATION: N_("Please look at the phone and press green, yellow or red"),
    Want.ONLINE_ANSWER: N_("The online service is being asked"),
}

# What the resident's screen says: the word, and one sentence of help.
SILENT = "silent"  # the screen's own face while the gate does not answer
FACES: Mapping[str, tuple[str, str]] = {
    SILENT: (N_("Please see the volunteer"), N_("The gate does not answer")),
    Face.WELCOME: (N_("Welcome"), N_("Hold your code up to the camera")),
    Face.SHOW_CODE: (N_("Show your code"), N_("Hold your code up to the camera")),
    Face.COME_CLOSER: (N_("Come closer"), N_("Bring your forehead to the thermometer")),
    Face.HOLD_STILL: (N_("Hold still"), N_("Your temperature is being taken")),
    Face.SHOW_VENUE: (N_("Scan the poster"), N_("Use your phone to scan the poster of this place")),
    Face.SHOW_PHONE: (N_("Show your phone"), N_("Please turn your phone to the volunteer")),
    Face.CHECKING: (N_("One moment"), N_("Your code is being checked")),
    Face.NEXT_PERSON: (N_("Next of the family"), N_("The next person steps up to the thermometer")),
    Face.PASS: (N_("Please pass"), N_("Thank you")),
    Face.SEE_VOLUNTEER: (N_("Please see the volunteer"), N_("They will help you")),
    Face.STOP: (N_("Please stop"), N_("Please speak to the volunteer")),
    Face.OUT_OF_ORDER: (N_("Out of order"), N_("Please go to the volunteer")),
    Face.EVACUATE: (N_("Leave this way"), N_("Keep calm and walk out; no code is needed")),
}

# Beside the face, while the camera sees a code that it cannot read: the word, and what to do.
HINTS: Mapping[str, tuple[str, str]] = {
    Hint.TOO_FAR: (N_("A little closer"), N_("Bring the code nearer to the camera")),
    Hint.TOO_CLOSE: (N_("Further away"), N_("Move the code away from the camera")),
    Hint.TOO_DARK: (N_("Too dark"), N_("Make your screen brighter")),
    Hint.GLARE: (N_("Light on the code"), N_("Tilt it a little, so that nothing is reflected")),
    Hint.HOLD_STILL: (N_("Hold it still"), N_("Keep the code still for a moment")),
    Hint.OUT_OF_FRAME: (N_("Not all of it"), N_("Show the whole code to the camera")),
}

PHRASES: Mapping[str, str] = {
    Phrase.SHOW_CODE: N_("Please show your code."),
    Phrase.COME_CLOSER: N_("Please come closer."),
    Phrase.HOLD_STILL: N_("Please hold still."),
    Phrase.SHOW_VENUE: N_("Please scan the poster."),
    Phrase.SHOW_PHONE: N_("Please show your phone to the volunteer."),
    Phrase.NEXT_PERSON: N_("The next person, please."),
    Phrase.PASS: N_("Please pass."),
    Phrase.SEE_VOLUNTEER: N_("Please see the volunteer."),
    Phrase.STOP: N_("Please stop."),
    Phrase.OUT_OF_ORDER: N_("Out of order. Please go to the volunteer."),
    Phrase.EVACUATE: N_("Please leave this way. Keep calm."),
    Phrase.VOLUNTEER: N_("Volunteer, please come to the gate."),
}

DEVICES, DEVICE_STATES, LAMP_PARTS = devices.DEVICES, devices.DEVICE_STATES, devices.LAMP_PARTS
DEVICE_FACTS, FACT_VALUES = devices.DEVICE_FACTS, devices.FACT_VALUES

CONDITIONS: Mapping[str, str] = {
    ConditionKind.THERMOMETER_DOWN: N_("The thermometer does not answer"),
    ConditionKind.AMBIENT_OUT_OF_RANGE: N_("It is too cold or too hot for the thermometer"),
    ConditionKind.CALIBRATION_DUE: N_("The thermometer has to be compared with a better one"),
    ConditionKind.TRUST_STALE: N_("The trust lists are out of date"),
    ConditionKind.CLOCK_IN_DOUBT: N_("The kiosk is not sure of the time"),
    ConditionKind.RESOLVER_DOWN: N_("The online service does not answer"),
    ConditionKind.CAMERA_DOWN: N_("The camera gives no picture"),
    ConditionKind.CASE_OPENED: N_("Somebody opened the kiosk's case"),
}

# How a thermometer's calibration stands, and why comparisons make none.
CALIBRATIONS: Mapping[str, str] = {
    Standing.HOLDS: N_("holds"),
    Standing.NEVER: N_("never compared"),
    Standing.EXPIRED: N_("has expired"),
    Standing.FAILED: N_("was worse than allowed"),
    Standing.OTHER_PART: N_("is of another part"),
}
CALIBRATION_FLAWS: Mapping[str, str] = {
    Flaw.TOO_FEW: N_("at least six comparisons are needed; nothing was kept"),
    Flaw.ONE_POINT: N_("a blackbody is compared at two temperatures at least 2 °C apart; nothing was kept"),
}
_CALIBRATION_PICTURE: Mapping[str, str] = {
    "title": N_("How far the thermometer agrees with the better one"),
    "mean": N_("Mean of both, °C"),
    "difference": N_("Thermometer less the better one, °C"),
    "bias": N_("bias"),
    "upper": N_("upper limit"),
    "lower": N_("lower limit"),
}

REMEDIES: Mapping[str, str] = {
    Remedy.CONTACT: N_("Use the contact thermometer"),
    Remedy.WAIVE: N_("Leave the temperature out"),
    Remedy.ACCEPT: N_("Go on as usual"),
}

DIRECTIONS: Mapping[str, str] = {Direction.IN: N_("Entrance"), Direction.OUT: N_("Exit")}

GROUPS: Mapping[str, str] = {
    Group.RESIDENTS: N_("Resident"),
    Group.VISITORS: N_("Visitor"),
    Group.DELIVERIES: N_("Delivery"),
}

FORMATS: Mapping[str, str] = {
    "local_pass": N_("Pass of this compound"),
    "eu_dcc": N_("EU certificate"),
    "venue": N_("Venue code"),
    "community_code": N_("Code of the community"),
    "online_code": N_("Online code"),
}

KINDS: Mapping[str, str] = {
    EntryKind.START: N_("Gate started"),
    EntryKind.VISIT: N_("Visit"),
    EntryKind.INCOMPLETE: N_("Left half-way"),
    EntryKind.OVERRIDE: N_("Decided by hand"),
    EntryKind.EXPLAIN: N_("Reason added"),
    EntryKind.UNDO: N_("Undone"),
    EntryKind.MEDICAL_EXIT: N_("Medical exit"),
    EntryKind.VEHICLE: N_("Vehicle"),
    EntryKind.DROP_OFF: N_("Handed over"),
    EntryKind.EVACUATION: N_("Evacuation"),
    EntryKind.CONDITION: N_("Condition"),
    EntryKind.DECISION: N_("Decision of the post"),
    EntryKind.CROWD: N_("Crowd mode"),
    EntryKind.DIRECTION: N_("Direction turned"),
    EntryKind.LOOKED: N_("Names looked at"),
    EntryKind.PURGED: N_("Days forgotten"),
    EntryKind.STOP: N_("Gate stopped"),
    EntryKind.CLOCK: N_("Clock"),
    EntryKind.TIME_CONFIRMED: N_("Time confirmed"),
    EntryKind.HAND_OVER: N_("Desk handed over"),
    EntryKind.DISPUTE: N_("Dispute note"),
    EntryKind.INSIDE_RESET: N_("Count of who is inside reset"),
    EntryKind.SHEETS: N_("Paper sheets printed"),
    EntryKind.BACKUP: N_("Backup made"),
    EntryKind.RESTORED: N_("Restored from a backup"),
    EntryKind.EXPORTED: N_("Rows exported"),
    EntryKind.ERASED: N_("Erased on request"),
}

# The header of a download.
COLUMNS: Mapping[str, str] = {
    "seq": N_("Number"),
    "happened": N_("Happened"),
    "recorded": N_("Recorded"),
    "lane": N_("Lane"),
    "direction": N_("Direction"),
    "kind": N_("What happened"),
    "outcome": N_("Outcome"),
    "reasons": N_("Reasons"),
    "findings": N_("Checks"),
    "forehead_c": N_("Forehead °C (estimate)"),
    "temperature_source": N_("Measured by"),
    "group": N_("Group"),
    "volunteer": N_("Volunteer"),
    "format": N_("Kind of code"),
    "issuer": N_("Issuer"),
    "source": N_("Source"),
    "detail": N_("Detail"),
    "visit": N_("Visit"),
    "refers": N_("About visit"),
    "kiosk": N_("Kiosk"),
    "epoch": N_("Epoch"),
    "clock": N_("Clock"),
    "rules": N_("Rules"),
    "object_c": N_("Object °C"),
    "ambient_c": N_("Ambient °C"),
    "temperature_model": N_("Model"),
    "person_tag": N_("Pseudonym of the day"),
    "name": N_("Name"),
    "document": N_("Document"),
    "phone": N_("Phone"),
    "room": N_("Room"),
    "note": N_("Note"),
    "with_visit": N_("Came with visit"),
}

# Who can ask for something without being a user.
ACTORS: Mapping[str, str] = {"button": N_("the button"), "cli": N_("the command line")}

# What the audit of the pages tells of.
ACTS: Mapping[str, str] = {
    "login": N_("Logged in"),
    "secret_wrong": N_("Wrong PIN or passphrase"),
    "secret_changed": N_("PIN or passphrase changed"),
    "handed_over": N_("Desk handed over"),
    "user_added": N_("User added"),
    "roster_imported": N_("Roster imported"),
    "roster_exported": N_("Roster exported"),
    "rules_changed": N_("Rules changed"),
    "settings_changed": N_("Settings changed"),
    "thermometer_compared": N_("Thermometer compared with a better one"),
    "passes_issued": N_("Passes issued"),
    "pass_taken_back": N_("Pass taken back"),
    "pass_given_back": N_("Pass given back"),
    "trust_imported": N_("List of keys or rules taken over"),
    "trust_removed": N_("List of keys or rules taken away"),
    "backup_asked": N_("Backup asked for"),
    "backup_stopped": N_("Backup stopped"),
    "roster_person_removed": N_("Somebody taken out of the roster"),
    "records_viewed": N_("Records looked at"),
    "records_downloaded": N_("Records saved as a file"),
    "names_revealed": N_("Names looked at"),
    "person_searched": N_("One person's rows looked for"),
    "person_exported": N_("One person's file saved"),
    "person_erased": N_("One person erased"),
    "inside_reset": N_("Count of who is inside reset"),
    "report_made": N_("Report made"),
    "audit_downloaded": N_("This list saved as a file"),
}

# How sure it is that somebody is inside.
CONFIDENCES: Mapping[str, str] = {
    "certain": N_("certain"),
    "likely": N_("likely"),
    "unknown": N_("unknown"),
}

# Why there is nothing in the log of some time.
GAPS: Mapping[str, str] = {
    "stopped": N_("switched off in good order"),
    "restarted": N_("started again after a fault"),
    "power": N_("power cut or reboot"),
    "off": N_("switched off"),
    "clock": N_("the clock was in doubt: times of this stretch may be wrong"),
}

CLOCKS: Mapping[str, str] = {
    "trusted": N_("is right"),
    "degraded": N_("is probably right"),
    "untrusted": N_("is in doubt"),
}
# Why the clock is in its state.
CLOCK_REASONS: Mapping[str, str] = {
    ClockReason.SYNCHRONISED: N_("the network set it"),
    ClockReason.CONFIRMED: N_("a manager confirmed it"),
    ClockReason.RTC: N_("the battery clock agrees"),
    ClockReason.RTC_DISAGREES: N_("the battery clock shows another time"),
    ClockReason.NOT_CHECKED: N_("nothing sets it, and nothing contradicts it"),
    ClockReason.BELOW_FLOOR: N_("it is earlier than something that has already happened"),
    ClockReason.JUMPED: N_("it jumped, and nobody confirmed it since"),
}

SOURCES: Mapping[str, str] = {
    "camera": N_("the camera"),
    "hand": N_("a hand scanner"),
    "keyboard": N_("the keyboard"),
    "paper": N_("a paper sheet"),
}

# What is wrong with a line of a paper sheet.
SLIPS: Mapping[str, str] = {
    Slip.UNKNOWN_SHEET: N_("this kiosk never printed a sheet of that number"),
    Slip.DUPLICATE: N_("this line was entered already"),
    Slip.IN_FUTURE: N_("a time that is still to come"),
    Slip.TOO_OLD: N_("more than a year ago"),
    Slip.NO_HEADER: N_("this column is missing"),
    Slip.NOT_A_NUMBER: N_("no number of a sheet or line"),
    Slip.NOT_A_DAY: N_("no date, such as 2026-11-21"),
    Slip.NOT_A_TIME: N_("no time, such as 07:30"),
    Slip.NO_SUCH_TIME: N_("the clocks went forward over this time; it never was"),
    Slip.TWICE_THAT_DAY: N_("this time came twice that day; add its offset, as 02:30+01:00"),
    Slip.NOT_AN_OUTCOME: N_("none of pass, check, deny"),
    Slip.NOT_A_TEMPERATURE: N_("no temperature between 30 and 45 °C"),
    Slip.NOT_A_DIRECTION: N_("neither in nor out"),
    Slip.NOBODY: N_("neither name nor room"),
    Slip.NO_VOLUNTEER: N_("must not be empty"),
    Slip.WRONG_LENGTH: N_("too long"),
}

# Why a visit stands in the review queue.
OWED: Mapping[str, str] = {
    Owed.DISPUTED: N_("There was a quarrel"),
    Owed.UNEXPLAINED: N_("Decided by hand, and nobody said why"),
    Owed.UNDECIDED: N_("Sent to the volunteer, and nobody decided"),
    Owed.INCOMPLETE: N_("Left half-way"),
}

ROLES: Mapping[str, str] = {
    "volunteer": N_("Volunteer"),
    "manager": N_("Manager"),
    "technician": N_("Technician"),
}


def say(table: Mapping[str, str], code: str | None) -> str:
    """The wording of `code` in the language in use; the code itself where `table` has none."""
    if not code:
        return ""
    return gettext(table[code]) if code in table else str(code)


def reason(code: str) -> str:
    """What a check found, in words."""
    words = REASONS.get(code)
    return gettext(words[0]) if words else str(code)


def advice(code: str) -> str:
    """What the volunteer does about it; empty where nothing is to be done."""
    words = REASONS.get(code)
    return gettext(words[1]) if words and words[1] else ""


def said(descriptions: Mapping[str, str]) -> str:
    """What a country's rule says, in the language in use where the country gives it, else in English, else in any."""
    wanted = language()[:2]
    for known in (wanted, "en"):
        for tag, text in descriptions.items():
            if tag[:2] == known and text:
                return text
    return next(filter(None, descriptions.values()), "")


def answer(code: str) -> str:
    """The gate's answer as one sentence."""
    return say(ANSWERS, code)


def still_forgetting() -> str:
    """What is said of rows whose bytes a long reader, as a backup, keeps in the file for a while."""
    return gettext("Nobody can read them any more; the last of their bytes leave the disk when a backup has ended.")


def face(code: str) -> tuple[str, str]:
    """What the resident's screen says: the word, and one sentence of help."""
    word, help_text = FACES[code]
    return gettext(word), gettext(help_text)


def calibration_picture() -> dict[str, str]:
    """The words in the picture of a calibration."""
    return {key: gettext(text) for key, text in _CALIBRATION_PICTURE.items()}


def phrase(code: str) -> str:
    """What the voice says."""
    return say(PHRASES, code)
