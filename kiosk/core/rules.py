"""The rules of a gate as data: what is checked, in which order, and what a failing check means.

Read from `rules.toml`; everything has a default. A wrong file is refused whole, with key and reason, and
the old rules stay.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Annotated

from msgspec import Meta

from kiosk.core.codecs import toml
from kiosk.core.model import ConditionKind, Group, Outcome, Remedy

Seconds = Annotated[float, Meta(gt=0, le=3600)]
Hours = Annotated[float, Meta(gt=0, le=24 * 365)]
BodyCelsius = Annotated[float, Meta(ge=30, le=45)]
AirCelsius = Annotated[float, Meta(ge=-50, le=80)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRules:
    """Which checks a group of people passes through, in their order."""

    checks: tuple[str, ...] = ("credential", "attestation", "identity", "test_age", "temperature", "venue", "replay")
    unknown_to_roster: Outcome = Outcome.PASS  # what somebody means whom the roster does not know


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRules:
    """Which codes are accepted, and what a bad one means."""

    formats: tuple[str, ...] = ()  # empty: every format
    issuers: tuple[str, ...] = ()  # empty: every trusted issuer
    invalid: Outcome = Outcome.DENY  # forged, revoked
    expired: Outcome = Outcome.DENY
    untrusted: Outcome = Outcome.CHECK  # an issuer that no list knows
    unreadable: Outcome = Outcome.CHECK  # malformed or unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRules:
    """How old a test may be, and what else counts."""

    window_h: Hours = 48
    required: bool = False  # whether somebody without any test, and without another proof, needs the volunteer
    satisfied_by: tuple[str, ...] = ("test", "roster", "attestation")  # and "vaccination", "recovery"
    missing: Outcome = Outcome.CHECK
    too_old: Outcome = Outcome.CHECK
    positive: Outcome = Outcome.DENY


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureRules:
    """Screening, not diagnosis. All values are estimates of the forehead model."""

    threshold_c: BodyCelsius = 37.3
    band_c: Annotated[float, Meta(ge=0, le=2)] = 0.2  # within this below or above the threshold: measured again
    plausible_c: BodyCelsius = 35.0  # below: measured again, never passed
    retries: Annotated[int, Meta(ge=0, le=5)] = 1
    febrile: Outcome = Outcome.CHECK
    implausible: Outcome = Outcome.CHECK
    ambient_min_c: AirCelsius = 10.0
    ambient_max_c: AirCelsius = 40.0
    presence_c: BodyCelsius = 30.0  # an object at least this warm is somebody's forehead
    samples: Annotated[int, Meta(ge=2, le=50)] = 5
    spread_c: Annotated[float, Meta(gt=0, le=2)] = 0.4  # readings that scatter more are refused
    model: str = "heat_balance"
    model_gain: Annotated[float, Meta(ge=0, le=1)] = 0.16  # core − skin over skin − ambient
    model_offset_c: Annotated[float, Meta(ge=-5, le=5)] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRules:
    """Whether a venue code must be scanned."""

    required: bool = False  # False: standing at this post satisfies it
    venue_ids: tuple[str, ...] = ()  # this post's own venue codes; empty: any
    elsewhere: Outcome = Outcome.CHECK


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRules:
    """The same identity twice the same way."""

    window_s: Annotated[float, Meta(ge=0, le=86400)] = 600
    replayed: Outcome = Outcome.CHECK


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineRules:
    """Opaque codes: how long the resolver may take, and what the colours mean."""

    timeout_s: Annotated[float, Meta(gt=0, le=10)] = 0.8
    green: Outcome = Outcome.PASS
    yellow: Outcome = Outcome.CHECK
    red: Outcome = Outcome.DENY
    patterns: tuple[str, ...] = ()  # more patterns of opaque codes: `name kind regex`


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowRules:
    """How long things are shown, in seconds."""

    pass_s: Seconds = 4
    check_s: Seconds = 60
    deny_s: Seconds = 15
    collect_s: Seconds = 30  # a visit that is not complete by then is CHECK
    abandon_s: Seconds = 8  # nobody in front for so long: the visit is incomplete
    same_code_s: Seconds = 3  # a code seen again within so long is still in view
    undo_s: Seconds = 60
    recent_s: Seconds = 900  # so long may an ended visit still be decided


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRules:
    """What may be decided about each condition, and for how long at most."""

    remedies: dict[ConditionKind, tuple[Remedy, ...]] = field(
        default_factory=lambda: {
            ConditionKind.THERMOMETER_DOWN: (Remedy.CONTACT, Remedy.WAIVE),
            ConditionKind.AMBIENT_OUT_OF_RANGE: (Remedy.CONTACT, Remedy.WAIVE),
            ConditionKind.TRUST_STALE: (Remedy.ACCEPT,),
            ConditionKind.CLOCK_IN_DOUBT: (Remedy.ACCEPT,),
            ConditionKind.RESOLVER_DOWN: (Remedy.ACCEPT,),
        }
    )
    max_minutes: Annotated[int, Meta(ge=1, le=24 * 60)] = 240
    trust_stale_h: Hours = 24 * 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules of one gate. `version` names the file's content; the log carries it."""

    version: str = "default"
    groups: dict[Group, GroupRules] = field(default_factory=lambda: {group: GroupRules() for group in Group})
    credential: CredentialRules = CredentialRules()
    test: TestRules = TestRules()
    temperature: TemperatureRules = TemperatureRules()
    venue: VenueRules = VenueRules()
    replay: ReplayRules = ReplayRules()
    online: OnlineRules = OnlineRules()
    show: ShowRules = ShowRules()
    conditions: ConditionRules = ConditionRules()

    def group(self, group: Group | None) -> GroupRules:
        """The policy of a group; of visitors where the group is not known."""
        return self.groups.get(group or Group.VISITORS, GroupRules())


def parse(data: bytes, name: str) -> Rules:
    """The rules in `data`; `name` is what an error calls the file.

    Raises SettingsError with file, key or line, and reason.
    """
    rules = toml.decode(data, name, Rules)
    return replace(rules, version=f"{rules.version}+{hashlib.sha256(data).hexdigest()[:8]}")
