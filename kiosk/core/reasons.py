"""Every reason a person, a code or a request can be given, as one stable code each.

The codes go into the log, exports and the API and never change their meaning; the wording that people
read lives in `kiosk/locale/` alone.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a check answered as it did, or why a text is not a valid code."""

    # What a code is (formats)
    VALID = "valid"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    UNKNOWN_ISSUER = "unknown_issuer"
    BAD_SIGNATURE = "bad_signature"
    WRONG_KEY_USAGE = "wrong_key_usage"
    REVOKED = "revoked"
    POSSIBLY_REVOKED = "possibly_revoked"
    PART_OF_SEVERAL = "part_of_several"
    ONLINE_REQUIRED = "online_required"
    # What a code says at this moment (checks/credential, test_age, country_rules, venue)
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    ISSUER_EXPIRED = "issuer_expired"
    FORMAT_NOT_ACCEPTED = "format_not_accepted"
    NO_CODE = "no_code"
    TEST_RECENT = "test_recent"
    TEST_TOO_OLD = "test_too_old"
    TEST_POSITIVE = "test_positive"
    TEST_MISSING = "test_missing"
    TEST_IN_FUTURE = "test_in_future"
    COUNTRY_RULES_MET = "country_rules_met"
    COUNTRY_RULE_FAILED = "country_rule_failed"
    COUNTRY_RULE_OPEN = "country_rule_open"
    COUNTRY_RULES_MISSING = "country_rules_missing"
    VENUE_HERE = "venue_here"
    VENUE_ELSEWHERE = "venue_elsewhere"
    VENUE_MISSING = "venue_missing"
    VENUE_UNPROVEN = "venue_unproven"
    VENUE_FLAGGED = "venue_flagged"
    # Who it is (checks/replay, checks/identity)
    FIRST_USE = "first_use"
    ALREADY_PASSED = "already_passed"
    ROSTER_CERTAIN = "roster_certain"
    ROSTER_POSSIBLE = "roster_possible"
    ROSTER_UNKNOWN = "roster_unknown"
    # Who answers for a visitor (checks/host)
    HOST_CONFIRMED = "host_confirmed"
    HOST_NOT_CONFIRMED = "host_not_confirmed"
    # What the volunteer saw (checks/attestation)
    SEEN_GREEN = "seen_green"
    SEEN_YELLOW = "seen_yellow"
    SEEN_RED = "seen_red"
    BY_ROSTER = "by_roster"
    BY_NAME = "by_name"
    WITH_HOLDER = "with_holder"
    # What a health code itself says, signed or through its online service (checks/credential)
    CODE_YELLOW = "code_yellow"
    CODE_RED = "code_red"
    # Temperature (checks/temperature)
    NORMAL = "normal"
    FEBRILE = "febrile"
    IMPLAUSIBLY_LOW = "implausibly_low"
    TEMPERATURE_MISSING = "temperature_missing"
    TEMPERATURE_WAIVED = "temperature_waived"
    # Conditions that concern everybody
    THERMOMETER_DOWN = "thermometer_down"
    AMBIENT_OUT_OF_RANGE = "ambient_out_of_range"
    CALIBRATION_DUE = "calibration_due"
    TRUST_STALE = "trust_stale"
    CLOCK_IN_DOUBT = "clock_in_doubt"
    RESOLVER_DOWN = "resolver_down"
    CAMERA_DOWN = "camera_down"
    LOGBOOK_DOWN = "logbook_down"
    ACCEPTED_BY_DECISION = "accepted_by_decision"
    # How a visit ended otherwise
    INCOMPLETE = "incomplete"
    NOT_RECORDED = "not_recorded"
    MEDICAL_EXIT = "medical_exit"
    VEHICLE = "vehicle"
    DROP_OFF = "drop_off"
    EVACUATION = "evacuation"


class Answer(StrEnum):
    """What the gate answers to a request of a page, a button or the command line."""

    DONE = "done"
    NOT_RECORDED = "not_recorded"
    VISIT_ENDED = "visit_ended"
    EXPIRED = "request_expired"
    NOTHING_TO_UNDO = "nothing_to_undo"
    UNDO_TOO_LATE = "undo_too_late"
    UNKNOWN_LANE = "unknown_lane"
    UNKNOWN_PERSON = "unknown_person"
    OUT_OF_RANGE = "out_of_range"
    NOT_ALLOWED = "not_allowed"
    NO_SUCH_CONDITION = "no_such_condition"
    BUSY = "busy"
    BAD_REQUEST = "bad_request"
    GATE_SILENT = "gate_silent"
