"""The words for every reason and answer: what was found, and what the volunteer or the holder can do next."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.core.reasons import Answer, Reason
from kiosk.locale import N_

_GO_ON = N_("Nothing more is needed for this; they go on.")

REASONS: Mapping[str, tuple[str, str]] = {
    Reason.VALID: (N_("The code is genuine and holds today"), _GO_ON),
    Reason.MALFORMED: (
        N_("The code is damaged or incomplete"),
        N_("Ask for the code again, larger and brighter; else write the person up by hand."),
    ),
    Reason.UNSUPPORTED: (
        N_("This kind of code is not known here"),
        N_("Look at the phone and press what you see, or write the person up by hand."),
    ),
    Reason.UNKNOWN_ISSUER: (
        N_("Nobody on the trust list issued this code"),
        N_("Ask for another code or a document; decide by what you see."),
    ),
    Reason.BAD_SIGNATURE: (
        N_("The signature is wrong: the code may be forged"),
        N_("Do not let pass on this code. Ask for a document and tell the manager."),
    ),
    Reason.WRONG_KEY_USAGE: (
        N_("The issuer may not sign this kind of code"),
        N_("Ask for another code and tell the manager."),
    ),
    Reason.REVOKED: (
        N_("The issuer has withdrawn this code"),
        N_("Do not let pass on this code. Ask for a newer one."),
    ),
    Reason.POSSIBLY_REVOKED: (
        N_("The issuer may have withdrawn this code"),
        N_("Ask for a newer code or a document; the short list cannot tell for certain."),
    ),
    Reason.PART_OF_SEVERAL: (
        N_("This is one of several codes that belong together"),
        N_("Ask the person to show the other codes too, one after the other."),
    ),
    Reason.ONLINE_REQUIRED: (
        N_("Only the online service understands this code"),
        N_("Look at the phone and press green, yellow or red."),
    ),
    Reason.EXPIRED: (
        N_("The code has expired"),
        N_("Ask for a newer one: it shows when the app is opened again, or its issuer renews it."),
    ),
    Reason.NOT_YET_VALID: (
        N_("The code does not hold yet"),
        N_("Look at its first day together; until then ask for another code or a document."),
    ),
    Reason.ISSUER_EXPIRED: (
        N_("The issuer's own certificate has expired"),
        N_("Ask for a newer code; tell the manager when it happens often."),
    ),
    Reason.FORMAT_NOT_ACCEPTED: (
        N_("The rules of this gate do not accept this kind of code"),
        N_("Ask for a code that is accepted here, as the pass of this compound, or write the person up by hand."),
    ),
    Reason.NO_CODE: (
        N_("No code was shown"),
        N_("Help with the phone, or find the person in the roster."),
    ),
    Reason.TEST_RECENT: (N_("The last test is recent enough"), _GO_ON),
    Reason.TEST_TOO_OLD: (
        N_("The last test is too old"),
        N_("Ask for a newer result, or send to the test point."),
    ),
    Reason.TEST_POSITIVE: (
        N_("The last test is positive"),
        N_("Keep distance, do not let pass, and call the health team."),
    ),
    Reason.TEST_MISSING: (N_("No test is known"), N_("Ask for a test result, or send to the test point.")),
    Reason.TEST_IN_FUTURE: (
        N_("The test is dated in the future"),
        N_("Compare the time of this kiosk with your own watch; if it is right, ask for the result itself."),
    ),
    Reason.COUNTRY_RULES_MET: (N_("The certificate meets the country's rules"), _GO_ON),
    Reason.COUNTRY_RULE_FAILED: (
        N_("The certificate does not meet a rule of the country"),
        N_("Ask for another certificate that meets the rule, such as a newer test."),
    ),
    Reason.COUNTRY_RULE_OPEN: (
        N_("A rule of the country cannot tell about this certificate"),
        N_("Read the rule and decide by what the certificate says, or ask for another one."),
    ),
    Reason.COUNTRY_RULES_MISSING: (
        N_("The country's rules are not on this kiosk or are out of date"),
        N_("Decide by what the certificate says; ask the manager to bring in the country's rules."),
    ),
    Reason.VENUE_HERE: (N_("Checked in at this place"), _GO_ON),
    Reason.VENUE_ELSEWHERE: (
        N_("The venue code belongs to another place"),
        N_("Show where this gate's own code hangs, and let them scan that one."),
    ),
    Reason.VENUE_MISSING: (
        N_("The venue code was not scanned"),
        N_("Show where this gate's own code hangs, and let them scan that one."),
    ),
    Reason.VENUE_UNPROVEN: (
        N_("Nobody has signed this venue code"),
        N_("Show where this gate's own code hangs, and let them scan that one."),
    ),
    Reason.VENUE_FLAGGED: (
        N_("A list warns of this place at that time"),
        N_("Keep distance, ask when they were there, and let the health team say what test they need."),
    ),
    Reason.FIRST_USE: (N_("Not seen just before"), _GO_ON),
    Reason.ALREADY_PASSED: (
        N_("The same code passed here a moment ago"),
        N_("Is it the same person, or somebody with the same phone? Family members can be added."),
    ),
    Reason.ROSTER_CERTAIN: (N_("Known to the roster"), _GO_ON),
    Reason.ROSTER_POSSIBLE: (
        N_("Perhaps known to the roster"),
        N_("Ask for building and room, and compare."),
    ),
    Reason.ROSTER_UNKNOWN: (
        N_("Not on the roster"),
        N_("A visitor? Ask whom they visit and let the household confirm."),
    ),
    Reason.HOST_CONFIRMED: (N_("The household expects this visitor"), _GO_ON),
    Reason.HOST_NOT_CONFIRMED: (
        N_("No household has said that it expects this visitor"),
        N_("Ask whom they visit, call there, and enter building and room."),
    ),
    Reason.CODE_YELLOW: (
        N_("The health code is yellow"),
        N_("Keep distance; ask for a newer test or send to the test point, and decide by the rules of your post."),
    ),
    Reason.CODE_RED: (
        N_("The health code is red"),
        N_("Keep distance, do not let pass, and call the health team; it tells them what to do next."),
    ),
    Reason.SEEN_GREEN: (N_("A volunteer saw green on the phone"), _GO_ON),
    Reason.SEEN_YELLOW: (
        N_("A volunteer saw yellow on the phone"),
        N_("Ask when they were last tested, and decide by the rules of your post."),
    ),
    Reason.SEEN_RED: (N_("A volunteer saw red on the phone"), N_("Keep distance and call the health team.")),
    Reason.BY_ROSTER: (N_("A volunteer found the person in the roster"), _GO_ON),
    Reason.BY_NAME: (N_("A volunteer wrote the person up by name"), _GO_ON),
    Reason.WITH_HOLDER: (N_("Came together with the holder of the code"), _GO_ON),
    Reason.NORMAL: (N_("The temperature is normal"), _GO_ON),
    Reason.FEBRILE: (
        N_("The temperature is raised"),
        N_("Measure again with the contact thermometer, out of the wind."),
    ),
    Reason.IMPLAUSIBLY_LOW: (
        N_("The temperature is too low to be believed"),
        N_("Hat off, forehead dry, a minute out of the wind; then measure again."),
    ),
    Reason.TEMPERATURE_MISSING: (
        N_("No temperature was taken"),
        N_("Measure again, or use the contact thermometer."),
    ),
    Reason.TEMPERATURE_WAIVED: (N_("The temperature is left out by decision"), _GO_ON),
    Reason.THERMOMETER_DOWN: (
        N_("The thermometer does not answer"),
        N_("Use the contact thermometer; decide once in the banner."),
    ),
    Reason.CALIBRATION_DUE: (
        N_("The thermometer has to be compared with a better one"),
        N_("Use the contact thermometer, or decide once in the banner; tell the technician."),
    ),
    Reason.AMBIENT_OUT_OF_RANGE: (
        N_("It is too cold or too hot for the thermometer"),
        N_("Use the contact thermometer; decide once in the banner."),
    ),
    Reason.TRUST_STALE: (N_("The trust lists are out of date"), N_("Decide once in the banner; tell the manager.")),
    Reason.CLOCK_IN_DOUBT: (
        N_("The kiosk is not sure of the time"),
        N_("Compare with your own watch; decide once in the banner."),
    ),
    Reason.RESOLVER_DOWN: (
        N_("The online service does not answer"),
        N_("Look at the phones and press what you see."),
    ),
    Reason.CAMERA_DOWN: (N_("The camera gives no picture"), N_("Use the hand scanner, or write people up by hand.")),
    Reason.LOGBOOK_DOWN: (
        N_("The logbook cannot be written"),
        N_("Use the numbered paper sheet until the technician has been."),
    ),
    Reason.ACCEPTED_BY_DECISION: (N_("Accepted by a decision of the post"), _GO_ON),
    Reason.INCOMPLETE: (
        N_("Left before everything was checked"),
        N_("They may come back at any time and show their code again."),
    ),
    Reason.NOT_RECORDED: (
        N_("This could not be written to the logbook"),
        N_("Write it on the numbered paper sheet."),
    ),
    Reason.MEDICAL_EXIT: (
        N_("On the way to hospital"),
        N_("Let them through at once; they are let in again when they come back."),
    ),
    Reason.VEHICLE: (N_("A vehicle, logged once"), N_("It drives on; it is asked nothing more.")),
    Reason.DROP_OFF: (
        N_("Handed over, did not enter"),
        N_("They hand over at the gate; to go in they show a code like everybody."),
    ),
    Reason.EVACUATION: (
        N_("During an evacuation"),
        N_("They leave by the way that is open and go to the meeting point."),
    ),
}

ANSWERS: Mapping[str, str] = {
    Answer.DONE: N_("Done."),
    Answer.NOT_RECORDED: N_("Not written to the logbook: please note it on the paper sheet."),
    Answer.VISIT_ENDED: N_("That visit has ended; nothing was changed."),
    Answer.EXPIRED: N_("That took too long and was not done. Please press again."),
    Answer.NOTHING_TO_UNDO: N_("There is nothing to undo."),
    Answer.UNDO_TOO_LATE: N_("Undo is possible for a minute only. Decide the visit again instead."),
    Answer.UNKNOWN_LANE: N_("This gate has no such lane."),
    Answer.UNKNOWN_PERSON: N_("The roster does not know this person any more. Please search again."),
    Answer.OUT_OF_RANGE: N_("That value is not possible. Please check it."),
    Answer.NOT_ALLOWED: N_("You are not allowed to do that."),
    Answer.NO_SUCH_CONDITION: N_("That is over already; no decision is needed."),
    Answer.BUSY: N_("The gate is busy with somebody. Please press again in a moment."),
    Answer.BAD_REQUEST: N_("The gate did not understand that. Please check what you typed."),
    Answer.GATE_SILENT: N_("The gate does not answer, so nothing was done. Use the paper sheet."),
}
