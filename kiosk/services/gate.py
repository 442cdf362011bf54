"""The gate: gathers what cameras, thermometers, buttons and pages bring, lets the core decide, applies it.

One loop, one thread; whatever is slow has a thread of its own and leaves messages. The row comes before the
lamp: when it cannot be written, nobody is shown green.
"""

from __future__ import annotations

import secrets
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from kiosk.core import buttons
from kiosk.core import gate as whole
from kiosk.core.effects import AskOnline, Effect, Record, RecordLater, Respond, Say, ShowLamp
from kiosk.core.entry import Draft, EntryKind
from kiosk.core.faults import LogbookUnwritable, StoreUnreadable
from kiosk.core.lane import Idle, Lane
from kiosk.core.model import ConditionKind, Source
from kiosk.core.present import condition_views, desk_view, waiting_level
from kiosk.core.reasons import Answer
from kiosk.core.requests import Reply, Request
from kiosk.core.step import not_recorded, step, unrecorded
from kiosk.core.view import Counts, GateView
from kiosk.services.audience import Audience
from kiosk.services.book import Book
from kiosk.services.calibration import Calibrations
from kiosk.services.clock import ClockState, SystemClock
from kiosk.services.devices import Watched
from kiosk.services.inbox import Answered, Asked, HandScanned, Inbox, Message, Pressed, ScannerLooked, ThermometerRead
from kiosk.services.lane_devices import LaneDevices
from kiosk.services.lists_watch import Lists
from kiosk.services.notify import Notifier
from kiosk.services.passage import Passage
from kiosk.services.passers import Passers, Roster
from kiosk.services.replies import Replies
from kiosk.services.resolver_link import ResolverLink
from kiosk.services.scanner_link import ScannerLink
from kiosk.services.sound import Sound
from kiosk.services.stopping import Stopping
from kiosk.settings import Places, Settings

TURN_S = 0.1  # the longest between two looks
VIEW_EVERY_S = 1.0
HOUSEKEEPING_S = 3600.0
MOST_TEXTS = 16  # of one picture; a sheet full of codes holds nobody up


class GateService:
    """The gate's process. `run` is its whole life."""

    def __init__(
        self, settings: Settings, at: Places, roster: Roster, *, trust: tuple[Path, ...] = (), notifier: Notifier
    ) -> None:
        self._settings = settings
        self._clock = SystemClock()
        self._notifier = notifier
        self._zone = ZoneInfo(settings.kiosk.timezone)
        self._inbox = Inbox()
        self._book = Book(at, settings.kiosk.id, self._clock, mend=True)
        self._lists = Lists(at, (*trust, *(Path(path) for path in settings.trust)), self._clock)
        self._settings_state = Watched("settings", at.written_settings.name, self._clock)
        self._settings_state.became("refused" if settings.refused else "ok", settings.refused)
        self._policy = self._lists.policy
        self._clock.at_least(self._policy.trust.as_of, "list")
        self._passers = Passers(self._book.keyring.identity_secret, roster, self._book.passed_before)
        self._audience = Audience(at.gate_socket, self._inbox, self._book.answer)
        self._resolver = (
            ResolverLink(at, self._inbox, settings.resolver, self._clock) if settings.resolver.url else None
        )
        sound = Sound(settings.sound, self._zone, settings.screen)
        self._passages = {
            lane.name: Passage(
                Lane(lane.name, lane.direction),
                LaneDevices(lane, settings.kiosk.language, self._inbox, self._clock, sound),
                ScannerLink(
                    lane.name,
                    at.scanner_socket(lane.name),
                    lane.camera,
                    self._inbox,
                    self._clock,
                    self._audience.picture,
                ),
                self._passers,
                self._resolver,
                self._clock,
            )
            for lane in settings.lane
        }
        answering = {name: passage.devices.thermometer.watched for name, passage in self._passages.items()}
        self._calibrations = Calibrations(at, answering, self._clock)
        self._gate = whole.Gate()
        self._gate_requests: list[whole.GateRequest] = []
        self._replies = Replies()
        self._counts = Counts()
        self._counted_s = float("-inf")
        self._shown: GateView | None = None
        self._shown_s = float("-inf")
        self._tidied_s = float("-inf")
        self._turn = 0

    # --- The loop -----------------------------------------------------------------------------------------

    def run(self, stopping: Stopping) -> None:
        """Turns until `stopping`; then goes dark and closes the logbook cleanly."""
        self._book.started(self._policy.rules.version)
        self._notifier.ready()
        try:
            while not stopping.is_set():
                self.turn(TURN_S)
                self._notifier.turn_done()
            self._book.append_later(Draft(EntryKind.STOP, self._clock.now()))
        finally:
            self._notifier.stopping()
            self.close()

    def turn(self, timeout_s: float) -> None:
        """Gather, decide, apply: one look at every lane."""
        for message in self._inbox.take(timeout_s):
            self._gather(message)
        self._turn += 1
        self._renew()
        facts = self._conditions()
        self._gate, effects = whole.step(
            self._gate, facts, tuple(self._gate_requests), self._policy.rules, self._clock.now()
        )
        self._gate_requests.clear()
        self._apply_to_gate(effects)
        for passage in self._passages.values():
            self._look_at(passage)
        self._book.catch_up()
        self._show()
        self._book.make_room()

    def _look_at(self, passage: Passage) -> None:
        before = passage.lane
        look, typed = passage.look(self._gate, self._policy, writable=self._book.writable)
        passage.lane, effects = step(before, look, self._policy.rules)
        said = [Respond(request_id, Answer.DONE) for request_id in typed]
        for done, effect in enumerate(effects):
            if isinstance(effect, Respond):  # after every row of this look
                said.append(effect)
                continue
            try:
                self._apply(passage, effect)
            except LogbookUnwritable:
                said = [not_recorded(each, effect, typed) for each in said]
                passage.lane, instead = unrecorded(before, passage.lane, look, effects[done:], self._policy.rules)
                for each in instead:
                    self._apply(passage, each)
                break
        for each in said:
            self._apply(passage, each)
        passage.devices.turned(waiting_level(passage.lane, look.now, self._policy.rules))

    def _apply(self, passage: Passage, effect: Effect) -> None:
        match effect:
            case Record(draft):
                self._book.append(draft)
                self._count()
            case RecordLater(draft):
                self._book.append_later(draft)
            case ShowLamp(pattern):
                passage.devices.show(pattern)
            case Say(phrase):
                passage.devices.say(phrase)
            case AskOnline(visit, key):
                if self._resolver is not None:
                    self._resolver.ask(visit, key)
            case Respond():
                self._replies.give(Reply(request_id=effect.request_id, answer=effect.answer, visit=effect.visit))

    def _count(self) -> None:
        self._counts, self._counted_s = self._book.counts(self._zone), self._clock.monotonic_s()

    def _apply_to_gate(self, effects: list[Effect]) -> None:
        """What concerns the whole gate has no lamp; a decision that could not be written down is answered so."""
        unwritten = False
        for effect in effects:
            match effect:
                case Record(draft):
                    try:
                        self._book.append(draft)
                    except LogbookUnwritable:
                        unwritten = True
                        self._book.append_later(draft)
                case RecordLater(draft):
                    self._book.append_later(draft)
                case Respond(request_id, answer, visit):
                    answer = Answer.NOT_RECORDED if unwritten and answer is Answer.DONE else answer
                    self._replies.give(Reply(request_id=request_id, answer=answer, visit=visit))
                    unwritten = False

    # --- Gathering ----------------------------------------------------------------------------------------

    def _gather(self, message: Message) -> None:
        match message:
            case ScannerLooked(lane, looked):
                for text in looked.texts[:MOST_TEXTS]:
                    self._passages[lane].hold_up(text, Source.CAMERA, self._policy)
            case HandScanned(lane, text):
                self._passages[lane].hold_up(text, Source.HAND, self._policy)
            case ThermometerRead(lane, reading):
                self._passages[lane].measured(reading)
            case Pressed(lane, button, _):
                pressed = buttons.request(button, self._passages[lane].lane, secrets.token_hex(8), self._clock.now())
                if pressed is not None:
                    self._route(pressed)
            case Asked(request, reply):
                self._ask(request, reply)
            case Answered(visit, key, read):
                for passage in self._passages.values():
                    if passage.serves(visit):
                        passage.resolved(visit, key, read, self._policy)

    def _ask(self, request: Request, reply: Future[Reply]) -> None:
        """A request that was answered before gets the same answer: a retry is harmless."""
        if self._replies.is_new(request, reply):
            self._route(request)

    def _route(self, request: Request) -> None:
        if isinstance(request, whole.GateRequest):
            self._gate_requests.append(request)
            return
        passage = self._passage_of(request)
        if passage is None:
            unknown = Answer.VISIT_ENDED if hasattr(request, "visit") else Answer.UNKNOWN_LANE
            self._replies.give(Reply(request_id=request.request_id, answer=unknown))
        else:
            passage.asked(request, self._policy)

    def _passage_of(self, request: Request) -> Passage | None:
        lane = getattr(request, "lane", None)
        if lane is not None:
            return self._passages.get(lane)
        visit = getattr(request, "visit", "")
        return next((passage for passage in self._passages.values() if passage.serves(visit)), None)

    # --- Conditions and faults ----------------------------------------------------------------------------

    def _renew(self) -> None:
        if self._policy is not self._lists.policy:
            self._policy = self._lists.policy
            self._clock.at_least(self._policy.trust.as_of, "list")
            self._passers.forget()
        if self._clock.monotonic_s() - self._tidied_s > HOUSEKEEPING_S and self._idle():
            self._tidied_s = self._clock.monotonic_s()
            self._book.look_for_backups(self._settings.backup.to)
            try:
                self._book.forget_on_time(self._settings.retention)
            except (LogbookUnwritable, StoreUnreadable):
                return  # the state of the logbook says so; it is tried again in an hour

    def _idle(self) -> bool:
        return all(isinstance(passage.lane.phase, Idle) for passage in self._passages.values())

    def _conditions(self) -> frozenset[ConditionKind]:
        rules, trust, now = self._policy.rules, self._policy.trust, self._clock.now()
        passages = list(self._passages.values())
        stale = trust.as_of is not None and now - trust.as_of > timedelta(hours=rules.conditions.trust_stale_h)
        holds = {
            ConditionKind.THERMOMETER_DOWN: any(passage.devices.thermometer.is_down() for passage in passages),
            ConditionKind.AMBIENT_OUT_OF_RANGE: any(
                p.air and whole.ambient_out_of_range(p.air, rules) for p in passages
            ),
            ConditionKind.CALIBRATION_DUE: self._calibrations.due(rules.temperature),
            ConditionKind.CAMERA_DOWN: any(passage.camera_down() for passage in passages),
            ConditionKind.CASE_OPENED: any(p.devices.case_opened(self._gate.decided) for p in passages),
            ConditionKind.CLOCK_IN_DOUBT: self._clock.state() is ClockState.UNTRUSTED,
            ConditionKind.TRUST_STALE: stale,
            ConditionKind.RESOLVER_DOWN: self._resolver is not None and self._resolver.down,
        }
        return frozenset(kind for kind, held in holds.items() if held)

    # --- Showing ------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Tells the pages, when something changed and at least once a second."""
        now_s = self._clock.monotonic_s()
        hz = self._settings.web.picture_hz if self._settings.web.picture and self._audience.wants_pictures else 0.0
        for passage in self._passages.values():
            passage.scanner.pictures(hz)
        if now_s - self._counted_s >= VIEW_EVERY_S:  # after a start, at midnight, and for rows that had to wait
            self._count()
        view = self._view()
        if view == self._shown and now_s - self._shown_s < VIEW_EVERY_S:
            return
        self._shown, self._shown_s = view, now_s
        self._audience.show(msgspec.structs.replace(view, turn=self._turn, at=self._clock.now()))

    def _view(self) -> GateView:
        now, rules = self._clock.now(), self._policy.rules
        evacuation = self._gate.evacuation
        devices = [self._book.watched.view(), self._book.disk.view(), self._book.clock_view()]
        devices += [self._lists.rules_state.view(), self._lists.trust_state.view()]
        if self._settings.refused:
            devices.append(self._settings_state.view())
        if rules.country.code:
            devices.append(self._lists.country_state.view())
        if self._resolver is not None:
            devices.append(self._resolver.view())
        for passage in self._passages.values():
            devices += passage.views()
        return GateView(
            turn=0,
            at=datetime.min.replace(tzinfo=UTC),
            kiosk=self._settings.kiosk.id,
            lanes=tuple(desk_view(each.lane, now, rules, each.scanner.hint) for each in self._passages.values()),
            conditions=condition_views(self._gate, rules),
            devices=tuple(devices),
            counts=self._counts,
            evacuating_since=evacuation.since if evacuation else None,
            evacuating_by=evacuation.by if evacuation else "",
            crowd_until=self._gate.crowd.until if self._gate.crowd else None,
            crowd_by=self._gate.crowd.by if self._gate.crowd else "",
            rules=rules.version,
            head=self._book.signed_code,
            simulated=tuple(sorted({device.name for device in devices if device.driver.startswith("simulated")})),
        )

    def close(self) -> None:
        """Dark, silent, and the logbook clean, whatever a device says to that."""
        with ExitStack() as last_first:
            last_first.callback(self._book.close)
            last_first.callback(self._lists.close)
            if self._resolver is not None:
                last_first.callback(self._resolver.close)
            for passage in self._passages.values():
                last_first.callback(passage.close)
            last_first.callback(self._audience.close)
