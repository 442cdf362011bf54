"""The rules of a gate as data: what is checked, in which order, and what a failing check means.

Read from `rules.toml`; everything has a default. A wrong file is refused whole, with key and reason, and
the old rules stay.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from msgspec import Meta

from kiosk.core import checks
from kiosk.core.codecs import toml
from kiosk.core.codecs.toml import says
from kiosk.core.country_rules import RuleBook
from kiosk.core.faults import SettingsError
from kiosk.core.model import ConditionKind, Credential, Direction, Evidence, Group, Outcome, Remedy

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Hours = Annotated[float, Meta(gt=0, le=24 * 365)]
BodyCelsius = Annotated[float, Meta(ge=30, le=45)]
AirCelsius = Annotated[float, Meta(ge=-50, le=80)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRules:
    """Which checks a group of people passes through, in their order."""

    checks: Annotated[tuple[str, ...], says("The checks of somebody who comes in, in their order.")] = (
        "credential",
        "attestation",
        "identity",
        "host",
        "test_age",
        "country_rules",
        "temperature",
        "venue",
        "replay",
    )
    checks_out: Annotated[tuple[str, ...], says("The checks in lanes that lead out.")] = (
        "credential",
        "attestation",
        "identity",
        "replay",
    )
    unknown_to_roster: Annotated[Outcome, says("What it means when the roster does not know somebody.")] = Outcome.PASS


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRules:
    """Which codes are accepted, and what a bad one means."""

    formats: Annotated[tuple[str, ...], says("The accepted formats of codes; empty: every format.")] = ()
    issuers: Annotated[tuple[str, ...], says("The accepted issuers; empty: every trusted issuer.")] = ()
    invalid: Annotated[Outcome, says("What a forged or revoked code means.")] = Outcome.DENY
    expired: Annotated[Outcome, says("What a code means that has expired or does not hold yet.")] = Outcome.DENY
    untrusted: Annotated[Outcome, says("What a code means whose issuer no trust list knows.")] = Outcome.CHECK
    unreadable: Annotated[Outcome, says("What a malformed or unsupported code means.")] = Outcome.CHECK


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRules:
    """How old a test may be, and what else counts."""

    window_h: Annotated[Hours, says("How old a test may be.", "h")] = 48
    required: Annotated[
        bool, says("Whether somebody without a test, and without another proof, needs the volunteer.")
    ] = False
    satisfied_by: Annotated[
        tuple[str, ...], says("What counts as proof: `test`, `roster`, `attestation`, `vaccination`, `recovery`.")
    ] = ("test", "roster", "attestation")
    missing: Annotated[Outcome, says("What a missing test means where one is required.")] = Outcome.CHECK
    too_old: Annotated[Outcome, says("What a test older than the window means.")] = Outcome.CHECK
    positive: Annotated[Outcome, says("What a positive test means.")] = Outcome.DENY


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryRules:
    """The EU rules of a country for its certificates, from the files in `country-rules/`; docs/country-rules.md."""

    code: Annotated[str, Meta(pattern=r"^([A-Z]{2})?$"), says("Whose rules count, as `AT`; empty: no country's.")] = ""
    region: Annotated[str, says("The region of that country whose own rules count too.")] = ""
    failed: Annotated[Outcome, says("What a rule means that a certificate does not meet.")] = Outcome.CHECK
    undecided: Annotated[
        Outcome, says("What it means when a rule cannot tell, and when the country has no rule in force here.")
    ] = Outcome.CHECK
    # The rules themselves, put in by whoever read the files.
    book: Annotated[RuleBook, toml.NOT_IN_FILES] = field(default_factory=RuleBook)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureRules:
    """Screening, not diagnosis. All values are estimates of the forehead model."""

    threshold_c: Annotated[BodyCelsius, says("From this forehead temperature on somebody is febrile.", "°C")] = 37.3
    band_c: Annotated[
        float, says("Within so much of the threshold a forehead is measured again.", "°C", ge=0, le=2)
    ] = 0.2
    plausible_c: Annotated[BodyCelsius, says("A forehead below this is measured again, never passed.", "°C")] = 35.0
    retries: Annotated[int, says("How often a doubtful forehead is measured again.", ge=0, le=5)] = 1
    febrile: Annotated[Outcome, says("What a fever means.")] = Outcome.CHECK
    implausible: Annotated[Outcome, says("What a forehead means that stays implausibly cold.")] = Outcome.CHECK
    ambient_min_c: Annotated[
        AirCelsius, says("Below this air temperature no reading is believed: a condition for everybody.", "°C")
    ] = 10.0
    ambient_max_c: Annotated[
        AirCelsius, says("Above this air temperature no reading is believed: a condition for everybody.", "°C")
    ] = 35.0
    presence_c: Annotated[BodyCelsius, says("Anything colder than this is nobody's forehead.", "°C")] = 30.0
    step_c: Annotated[
        float, says("So much warmer than what is there when nobody is: somebody.", "°C", ge=0.2, le=10)
    ] = 1.0
    reach_cm: Annotated[
        float, says("With a distance sensor instead: nearer than this is somebody.", "cm", gt=0, le=200)
    ] = 20.0
    warm_up_s: Annotated[
        float, says("A thermometer that was without power is not believed for so long.", "s", ge=0, le=1800)
    ] = 2.0
    samples: Annotated[int, says("How many readings make one measurement.", ge=2, le=50)] = 5
    spread_c: Annotated[float, says("Readings that scatter more than this are taken anew.", "°C", gt=0, le=2)] = 0.4
    drift_c: Annotated[
        float, says("Readings that still climb or fall by more than this are taken anew.", "°C", gt=0, le=2)
    ] = 0.25
    model: Annotated[
        Literal["heat_balance", "surface"],
        says("The model that turns skin and air into the estimate; its name and version go into the log."),
    ] = "heat_balance"
    model_gain: Annotated[float, says("Of the model: core minus skin, over skin minus air.", ge=0, le=1)] = 0.16
    model_offset_c: Annotated[
        float,
        says(
            "Of the model: added to every estimate, after a comparison with a contact thermometer.", "°C", ge=-5, le=5
        ),
    ] = 0.0
    model_at_cm: Annotated[
        float, says("Of the model: up to this distance nothing is given back for it.", "cm", ge=0, le=200)
    ] = 5.0
    model_c_per_cm: Annotated[
        float, says("Of the model: given back for each further centimetre.", "°C/cm", ge=0, le=0.5)
    ] = 0.0
    calibration_days: Annotated[
        int,
        says("How long a comparison with a contact thermometer or a blackbody holds; 0: for ever.", "d", ge=0, le=3660),
    ] = 180
    calibration_required: Annotated[
        bool, says("Whether a thermometer that was never compared is a condition for everybody.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRules:
    """Whether a venue code must be scanned."""

    required: Annotated[
        bool, says("Whether the venue code must be scanned; `false`: standing at this post satisfies it.")
    ] = False
    venue_ids: Annotated[tuple[str, ...], says("This post's own venue codes; empty: any.")] = ()
    issuers: Annotated[tuple[str, ...], says("Whose venue codes count; empty: every trusted issuer's.")] = ()
    elsewhere: Annotated[
        Outcome, says("What the venue code of another place means, or one that is not signed or does not hold.")
    ] = Outcome.CHECK
    flagged: Annotated[
        Outcome, says("What the code of a place means that a list flags at that time, required or not.")
    ] = Outcome.CHECK


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRules:
    """Whether the household that a visitor comes to see must have said that it expects them."""

    required: Annotated[bool, says("Whether a household must expect a visitor.")] = False
    missing: Annotated[Outcome, says("What it means when no household was asked.")] = Outcome.CHECK


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRules:
    """The same identity twice the same way."""

    window_s: Annotated[
        float, says("The same identity twice the same way within so long is a replay; 0: never.", "s", ge=0, le=86400)
    ] = 600
    replayed: Annotated[Outcome, says("What a replay means.")] = Outcome.CHECK


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineRules:
    """Opaque codes: how long the resolver may take, and what the colours mean."""

    timeout_s: Annotated[
        float, says("How long the online service may take before the volunteer is asked.", "s", gt=0, le=10)
    ] = 0.8
    green: Annotated[Outcome, says("What a green code means, resolved or seen by the volunteer.")] = Outcome.PASS
    yellow: Annotated[Outcome, says("What a yellow code means.")] = Outcome.CHECK
    red: Annotated[Outcome, says("What a red code means.")] = Outcome.DENY
    patterns: Annotated[tuple[str, ...], says("More patterns of opaque codes, each `NAME KIND REGEX`.")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowRules:
    """How long things are shown, in seconds."""

    pass_s: Annotated[Seconds, says("How long green is shown.", "s")] = 4
    least_s: Annotated[float, says("A result stands so long before the next code may end it.", "s", ge=0, le=10)] = 1.0
    check_s: Annotated[Seconds, says("How long amber is shown unless the volunteer decides.", "s")] = 60
    deny_s: Annotated[Seconds, says("How long red is shown.", "s")] = 15
    collect_s: Annotated[Seconds, says("A visit that is not complete by then goes to the volunteer.", "s")] = 30
    abandon_s: Annotated[
        Seconds, says("Nobody in front for so long: the visit is written down as incomplete.", "s")
    ] = 8
    same_code_s: Annotated[Seconds, says("A code seen again within so long is still the same one in view.", "s")] = 3
    nag_s: Annotated[Seconds, says("Nobody comes for so long: the volunteer is called again, and louder.", "s")] = 20
    undo_s: Annotated[Seconds, says("How long an override can be taken back.", "s")] = 60
    recent_s: Annotated[Seconds, says("How long after its end a visit can still be decided.", "s")] = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdRules:
    """How long results stand in crowd mode, in seconds: whoever must see the volunteer steps aside for the next."""

    pass_s: Annotated[Seconds, says("How long green is shown in crowd mode.", "s")] = 1.5
    least_s: Annotated[
        float, says("In crowd mode a result stands so long before the next code may end it.", "s", ge=0, le=10)
    ] = 0.4
    check_s: Annotated[Seconds, says("How long amber is shown in crowd mode.", "s")] = 6
    deny_s: Annotated[Seconds, says("How long red is shown in crowd mode.", "s")] = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRules:
    """What may be decided about each condition, and for how long at most."""

    remedies: Annotated[
        dict[ConditionKind, tuple[Remedy, ...]], says("What a volunteer may decide about each condition.")
    ] = field(
        default_factory=lambda: {
            ConditionKind.THERMOMETER_DOWN: (Remedy.CONTACT, Remedy.WAIVE),
            ConditionKind.AMBIENT_OUT_OF_RANGE: (Remedy.CONTACT, Remedy.WAIVE),
            ConditionKind.CALIBRATION_DUE: (Remedy.CONTACT, Remedy.ACCEPT),
            ConditionKind.TRUST_STALE: (Remedy.ACCEPT,),
            ConditionKind.CLOCK_IN_DOUBT: (Remedy.ACCEPT,),
            ConditionKind.RESOLVER_DOWN: (Remedy.ACCEPT,),
            ConditionKind.CASE_OPENED: (Remedy.ACCEPT,),
        }
    )
    max_minutes: Annotated[
        int, says("How long a decision about a condition may hold at most.", "min", ge=1, le=24 * 60)
    ] = 240
    trust_stale_h: Annotated[Hours, says("Trust lists older than this are a condition.", "h")] = 24 * 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules of one gate. `version` names the file's content; the log carries it."""

    version: Annotated[str, says("A name for this set of rules; the log carries it, with a digest of the file.")] = (
        "default"
    )
    groups: dict[Group, GroupRules] = field(default_factory=lambda: {group: GroupRules() for group in Group})
    credential: CredentialRules = CredentialRules()
    test: TestRules = TestRules()
    country: CountryRules = CountryRules()
    temperature: TemperatureRules = TemperatureRules()
    venue: VenueRules = VenueRules()
    host: HostRules = HostRules()
    replay: ReplayRules = ReplayRules()
    online: OnlineRules = OnlineRules()
    show: ShowRules = ShowRules()
    crowd: CrowdRules = CrowdRules()
    conditions: ConditionRules = ConditionRules()

    def group(self, group: Group | None) -> GroupRules:
        """The policy of a group; of visitors where the group is not known."""
        return self.groups.get(group or Group.VISITORS, GroupRules())


def group_of(evidence: Evidence) -> Group:
    """Whose policy applies: what the volunteer chose, else what roster or pass say, else visitors."""
    if evidence.group is not None:
        return evidence.group
    if evidence.roster is not None:
        return evidence.roster.group
    groups = [code.read.group for code in evidence.codes if isinstance(code.read, Credential) and code.read.group]
    return groups[-1] if groups else Group.VISITORS


def checks_of(evidence: Evidence, rules: Rules) -> tuple[str, ...]:
    """The names of the checks that a visit passes through, in their order."""
    policy = rules.group(group_of(evidence))
    return policy.checks_out if evidence.direction is Direction.OUT else policy.checks


def parse(data: bytes, name: str) -> Rules:
    """The rules in `data`; `name` is what an error calls the file.

    Raises SettingsError with file, key or line, and reason.
    """
    rules = toml.decode(data, name, Rules)
    for group, policy in rules.groups.items():
        for check in (*policy.checks, *policy.checks_out):
            if check not in checks.names():
                known = ", ".join(sorted(checks.names()))
                raise SettingsError(f"{name}: groups.{group}.checks: there is no check {check!r}; known are {known}")
    return replace(rules, version=f"{rules.version}+{hashlib.sha256(data).hexdigest()[:8]}")
