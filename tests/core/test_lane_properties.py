"""A lane in days that nobody would think of: whatever comes, in whatever order, what must hold holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kiosk.core.gate import Condition, Evacuation
from kiosk.core.lane import Arrival, Collecting, Idle, Known, Lane, OnlineAnswer, Showing
from kiosk.core.model import (
    Attested,
    Certainty,
    ConditionKind,
    Decision,
    Direction,
    Kind,
    Outcome,
    Presented,
    Read,
    Reading,
    Refusal,
    Remedy,
    RosterMatch,
    Source,
)
from kiosk.core.ports import LampPattern
from kiosk.core.present import desk_view, lamp_of, phrase_of
from kiosk.core.reasons import Reason
from kiosk.core.requests import (
    Again,
    Call,
    Companions,
    ContactTemperature,
    Explain,
    ManualVisit,
    MedicalExit,
    Override,
    Request,
    Seen,
    SetDirection,
    Undo,
    Vehicle,
)
from kiosk.core.rules import CredentialRules, Rules, VenueRules
from tests.support.lanes import (
    MORNING,
    ROOM_C,
    a_forgery,
    a_pass,
    a_stray_code,
    a_venue_code,
    an_online_code,
    object_c,
    resolved,
)
from tests.support.watched_lane import ENDING, Watched

WANG = RosterMatch("p1", Certainty.CERTAIN, "Wang Xiaoming", "3-201")
CODES: dict[str, Read] = {
    "Wang's": a_pass(person="p1"),
    "Wang's other": replace(a_pass(person="p1"), credential_id="another"),
    "Li's": a_pass("Li Na"),
    "Chen's": a_pass("Chen Jing"),
    "expired": a_pass("Zhang Wei", valid_until=MORNING - timedelta(hours=1)),
    "forged": a_forgery(),
    "revoked": Refusal("local_pass", Kind.PASS, Reason.REVOKED),
    "unknown issuer": Refusal("eu_dcc", Kind.HEALTH, Reason.UNKNOWN_ISSUER),
    "opaque": an_online_code(),
    "this post": a_venue_code(),
    "another post": a_venue_code("gate-9"),
    "poster": a_stray_code(),
}
RULES = (
    Rules(),
    Rules(venue=VenueRules(required=True, venue_ids=("gate-1",))),
    Rules(credential=CredentialRules(invalid=Outcome.CHECK, expired=Outcome.CHECK)),
)
QUIET_S = 300


class Day(RuleBasedStateMachine):
    """One lane and everything that can happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Watched(resolver=True)

    @initialize(rules=st.sampled_from(RULES), direction=st.sampled_from(Direction))
    def begins(self, rules: Rules, direction: Direction) -> None:
        self.bench.rules = rules
        self.bench.lane = Lane("main", direction)

    # --- What comes to a lane ---------------------------------------------------------------------------

    @rule(
        names=st.lists(st.sampled_from(sorted(CODES)), min_size=1, max_size=3, unique=True),
        frames=st.integers(1, 3),
        seconds=st.sampled_from([0.01, 0.1, 0.6]),
        warm=st.booleans(),
    )
    def somebody_shows(self, names: list[str], frames: int, seconds: float, warm: bool) -> None:
        for _ in range(frames):
            readings = self._readings(36.5, 1) if warm else ()
            self.bench.turn(*(self._arrival(name) for name in names), readings=readings, seconds=seconds)

    def _arrival(self, name: str) -> Arrival:
        read, bench = CODES[name], self.bench
        passed = [
            row.happened
            for row in bench.written
            if row.code_key == name and row.outcome is Outcome.PASS and row.direction is bench.lane.direction
        ]
        roster = WANG if name.startswith("Wang") else None
        return Arrival(Presented(read, name, bench.now, Source.CAMERA), roster, max(passed, default=None))

    @rule(
        name=st.sampled_from(["Wang's", "Li's", "Chen's", "opaque", "forged"]),
        forehead_c=st.sampled_from([36.5, 36.5, 38.4]),
        steps_back=st.booleans(),
    )
    def somebody_comes_through(self, name: str, forehead_c: float, steps_back: bool) -> None:
        self.bench.turn(self._arrival(name))
        for reading in self._readings(forehead_c, self.bench.rules.temperature.samples):
            self.bench.turn(self._arrival(name), readings=(reading,))
        if steps_back:
            self.bench.steps_back()

    @precondition(lambda self: isinstance(self.bench.lane.phase, Collecting | Showing))
    @rule(what=st.data())
    def the_volunteer_sees_to_whoever_is_there(self, what) -> None:
        self.somebody_asks(what, 1)

    @rule(
        forehead_c=st.sampled_from([31.0, 34.0, 36.5, 36.6, 37.2, 37.4, 38.4, 42.0]),
        count=st.integers(1, 7),
        at_once=st.booleans(),
    )
    def somebody_is_measured(self, forehead_c: float, count: int, at_once: bool) -> None:
        readings = self._readings(forehead_c, count)
        if at_once:
            self.bench.turn(readings=readings)
            return
        for reading in readings:
            self.bench.turn(readings=(reading,))

    @rule(good=st.sampled_from(["Wang's", "Li's", "opaque"]), forged_first=st.booleans())
    def somebody_shows_a_forged_code_beside_a_good_one(self, good: str, forged_first: bool) -> None:
        names = ("forged", good) if forged_first else (good, "forged")
        for reading in self._readings(36.5, self.bench.rules.temperature.samples):
            self.bench.turn(*(self._arrival(name) for name in names), readings=(reading,))

    @rule(phone=st.sampled_from(["Wang's", "Li's", "Chen's"]), seconds=st.sampled_from([0.1, 4]))
    def a_family_shares_one_phone(self, phone: str, seconds: float) -> None:
        self.everybody_steps_back()
        self.bench.turn(self._arrival(phone))
        self._ask(Companions, count=1)
        self.somebody_comes_through(phone, 36.5, steps_back=True)
        self.bench.turn(readings=self._readings(36.5, 2))
        self.bench.turn(seconds=seconds)
        self.somebody_comes_through(phone, 36.5, steps_back=True)

    @precondition(lambda self: self.bench.lane.visit)
    @rule(outcomes=st.lists(st.sampled_from(Outcome), min_size=1, max_size=3), then=st.sampled_from([Undo, Again]))
    def the_volunteer_changes_their_mind(self, outcomes: list[Outcome], then: type[Request]) -> None:
        for outcome in outcomes:
            self._ask(Override, outcome=outcome)
        self._ask(then)
        self.bench.turn(readings=self._readings(38.4, 7))
        self.bench.turn(readings=self._readings(38.4, 7))

    def _ask(self, request: type[Request], **more: Any) -> None:
        bench = self.bench
        if bench.lane.visit is not None:
            who = {"request_id": f"{request.__name__} {bench.turns}", "by": "li", "visit": bench.lane.visit.id}
            bench.turn(requests=(request(**who, expires_at=bench.now + timedelta(hours=60), **more),))

    @rule(values=st.lists(st.floats(-40, 60), max_size=6))
    def the_thermometer_scatters(self, values: list[float]) -> None:
        at = self.bench.now
        self.bench.turn(readings=tuple(Reading(c, ROOM_C, at + i * _MS) for i, c in enumerate(values)))

    def _readings(self, forehead_c: float, count: int) -> tuple[Reading, ...]:
        object_now_c = object_c(forehead_c, self.bench.rules)
        return tuple(Reading(object_now_c, ROOM_C, self.bench.now + i * _MS) for i in range(count))

    @rule()
    def everybody_steps_back(self) -> None:
        self.bench.steps_back()

    @rule(seconds=st.sampled_from([0.01, 0.1, 1, 3.5, 9, 31, 61, 200]), looks=st.sampled_from([1, 10]))
    def time_passes(self, seconds: float, looks: int) -> None:
        for _ in range(looks):
            self.bench.turn(seconds=seconds / looks)

    @rule(hours=st.sampled_from([-5, -0.5, 2, 48]))
    def the_clock_is_set(self, hours: float) -> None:
        self.bench.turn(seconds=hours * 3600)

    @rule(outcome=st.sampled_from([None, *Outcome]), visit=st.sampled_from(["current", "nobody"]))
    def the_online_service_answers(self, outcome: Outcome | None, visit: str) -> None:
        current = self.bench.lane.visit
        about = current.id if current and visit == "current" else visit
        self.bench.turn(online=(OnlineAnswer(about, "opaque", resolved(outcome) if outcome else None),))

    # --- What people ask --------------------------------------------------------------------------------

    @rule(what=st.data(), several=st.integers(1, 2))
    def somebody_asks(self, what, several: int) -> None:
        drawn = tuple(what.draw(self._requests(), label="request") for _ in range(several))
        self.bench.turn(requests=drawn, known={"p1": Known(WANG)})

    def _requests(self):
        bench = self.bench
        current = bench.lane.visit
        visits = st.sampled_from(
            [*([current.id] * 3 if current else []), *(e.visit.id for e in bench.lane.recent[:3]), "no such visit"]
        )
        who = {
            "request_id": st.uuids(version=4).map(str),
            "by": st.sampled_from(["li", "button"]),
            "expires_at": st.sampled_from([bench.now + timedelta(hours=60), bench.now]),
        }
        return st.one_of(
            st.builds(
                Override, visit=visits, outcome=st.sampled_from(Outcome), reason=st.sampled_from(["", "a"]), **who
            ),
            st.builds(Explain, visit=visits, reason=st.just("because"), **who),
            st.builds(Undo, visit=visits, **who),
            st.builds(Again, visit=visits, **who),
            st.builds(ContactTemperature, visit=visits, celsius=st.sampled_from([34.0, 36.4, 38.5]), **who),
            st.builds(Seen, visit=visits, what=st.sampled_from(Attested), **who),
            st.builds(Companions, visit=visits, count=st.integers(1, 3), **who),
            st.builds(
                ManualVisit,
                lane=st.just("main"),
                person=st.sampled_from(["", "p1", "p9"]),
                name=st.sampled_from(["", "Old Zhao"]),
                celsius=st.sampled_from([None, 36.4, 39.0]),
                **who,
            ),
            st.builds(MedicalExit, lane=st.just("main"), **who),
            st.builds(Vehicle, lane=st.just("main"), **who),
            st.builds(Call, lane=st.just("main"), on=st.booleans(), **who),
            st.builds(SetDirection, lane=st.just("main"), direction=st.sampled_from(Direction), **who),
        )

    # --- What befalls the whole gate --------------------------------------------------------------------

    @rule(kind=st.sampled_from(ConditionKind), remedy=st.sampled_from([None, *Remedy]))
    def a_condition_opens(self, kind: ConditionKind, remedy: Remedy | None) -> None:
        bench = self.bench
        decisions = (Decision(kind, remedy, "li", bench.now, bench.now + timedelta(minutes=5)),) if remedy else ()
        bench.gate = replace(bench.gate, conditions=(Condition(kind, bench.now),), decisions=decisions)
        bench.turn()

    @precondition(lambda self: self.bench.gate.conditions)
    @rule()
    def the_conditions_close(self) -> None:
        self.bench.gate = replace(self.bench.gate, conditions=(), decisions=())
        self.bench.turn()

    @rule(forehead_c=st.sampled_from([36.5, 39.0]), name=st.sampled_from(sorted(CODES)), over=st.integers(0, 4))
    def an_evacuation_comes(self, forehead_c: float, name: str, over: int) -> None:
        self.bench.gate = replace(self.bench.gate, evacuation=Evacuation(self.bench.now, "li"))
        self.bench.turn(self._arrival(name), readings=self._readings(forehead_c, 5))
        if over:
            self.bench.gate = replace(self.bench.gate, evacuation=None)
            self.bench.turn()

    @rule(faults=st.frozensets(st.sampled_from([Reason.CAMERA_DOWN, Reason.LOGBOOK_DOWN])))
    def faults_come_and_go(self, faults: frozenset[Reason]) -> None:
        self.bench.faults = faults
        self.bench.turn()

    @precondition(lambda self: not self.bench.disk_full)
    @rule()
    def the_disk_fills(self) -> None:
        self.bench.disk_full = True

    @precondition(lambda self: self.bench.disk_full)
    @rule()
    def the_disk_is_freed(self) -> None:
        self.bench.disk_full = False
        self.bench.turn()

    @precondition(lambda self: self.bench.disk_full)
    @rule()
    def the_disk_is_soon_freed(self) -> None:
        self.the_disk_is_freed()

    # --- What must hold ---------------------------------------------------------------------------------

    @invariant()
    def the_lamp_says_where_the_lane_is(self) -> None:
        lane = self.bench.lane
        if self.bench.turns:
            assert lane.lamp is lamp_of(lane)
        assert lane.said is None or lane.said is phrase_of(lane)

    @invariant()
    def green_means_a_row_that_says_so(self) -> None:
        if lamp_of(self.bench.lane) is LampPattern.PASS:
            assert self.bench.came_to(self.bench.lane.visit.id) is Outcome.PASS

    @invariant()
    def the_log_and_the_lamp_agree(self) -> None:
        phase = self.bench.lane.phase
        if isinstance(phase, Showing) and phase.ended.recorded:
            assert self.bench.came_to(phase.ended.visit.id) is phase.ended.outcome

    @invariant()
    def whoever_came_is_before_the_lane_or_in_the_log(self) -> None:
        bench, current = self.bench, self.bench.lane.visit
        told = {row.visit for row in (*bench.written, *bench.later) if row.kind in ENDING}
        for visit, refused in bench.begun.items():
            assert refused or visit in told or (current is not None and current.id == visit)

    @invariant()
    def the_lane_stays_small_and_can_be_shown(self) -> None:
        lane, bench = self.bench.lane, self.bench
        assert len(lane.recent) <= 20
        assert len(lane.in_view) <= 16
        assert len(lane.forehead.window) <= bench.rules.temperature.samples
        msgspec.json.encode(desk_view(lane, bench.now, bench.rules))

    def teardown(self) -> None:
        """Left alone, a lane comes to rest, and the next person is served."""
        bench = self.bench
        bench.gate = replace(bench.gate, conditions=(), decisions=(), evacuation=None)
        bench.disk_full, bench.faults = False, frozenset()
        bench.steps_back()
        for _ in range(40):
            bench.turn(seconds=QUIET_S / 40)
        assert isinstance(bench.lane.phase, Idle)
        last = a_pass("Last Person", valid_from=None, valid_until=None)
        for _ in range(12):
            arrival = Arrival(Presented(last, "last", bench.now, Source.CAMERA))
            venue = Arrival(Presented(CODES["this post"], f"venue {bench.turns}", bench.now, Source.CAMERA))
            bench.turn(arrival, venue, readings=self._readings(36.5, 1))
        assert bench.lamp is LampPattern.PASS


_MS = timedelta(milliseconds=1)


def test_what_must_hold_of_a_lane_holds_in_days_that_nobody_thought_of():
    run_state_machine_as_test(
        Day,
        settings=settings(
            max_examples=120,
            stateful_step_count=40,
            derandomize=True,
            phases=(Phase.generate,),  # making a failing day shorter takes minutes
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
