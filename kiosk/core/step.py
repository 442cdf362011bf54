"""The lane's transition: one look at it, and what to do. Pure.

The order within a look is fixed: what people ask, what is held up, what is measured, what time has passed;
then the lamp and the voice follow from where the lane is. Rows come before lamps, always.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from kiosk.core import asked, forehead
from kiosk.core.checks.credential import is_forged
from kiosk.core.effects import AskOnline, Effect, Record, Respond, Say, ShowLamp
from kiosk.core.entry import EntryKind
from kiosk.core.gate import CLOCK_SLACK
from kiosk.core.judge import close
from kiosk.core.lane import Arrival, Collecting, Ended, Evacuating, Idle, Lane, Look, OnlineAnswer, Showing, Visit
from kiosk.core.model import (
    Credential,
    OnlineCode,
    Outcome,
    Part,
    Presented,
    Refusal,
    Source,
    Wanting,
    is_of_a_place,
)
from kiosk.core.present import lamp_of, nagging_of, phrase_of
from kiosk.core.reasons import Answer
from kiosk.core.requests import Call, Explain
from kiosk.core.rules import Rules
from kiosk.core.turn import Turn

LOOKED_AWAY_S = 60  # after so long without a look nobody is where they were
STILL_HELD_S = 0.5  # whoever's code was seen so recently is being served; the next in the queue waits


def step(lane: Lane, look: Look, rules: Rules) -> tuple[Lane, list[Effect]]:
    """One look at one lane: the time is `look.now`, what was seen is in `look`, what to do comes back."""
    turn = Turn(replace(lane, faults=look.faults, looked_at=look.now), look, rules)
    if _lost_the_thread(lane, look):
        turn.leave()
        turn.lane = replace(turn.lane, in_view=(), following=None)
    turn.lane = replace(turn.lane, forehead=forehead.follow(lane.forehead, look.readings, rules.temperature))
    if look.gate.evacuation is not None:
        _evacuate(turn)
    else:
        _end_of_evacuation(turn)
        for request in look.requests:
            asked.answer(turn, request)
        for arrival in look.arrivals:
            _arrive(turn, arrival)
        for answer in look.online:
            _resolved(turn, answer)
        _step_up(turn)
        turn.judge()
        _pass_time(turn)
    _present(turn)
    return turn.lane, turn.effects


def unrecorded(before: Lane, after: Lane, look: Look, effects: list[Effect], rules: Rules) -> tuple[Lane, list[Effect]]:
    """What to do instead of the `effects` that are left when a row could not be made durable: nobody is shown green.

    Requests are answered as not recorded; the lamp shows the manual pattern after a volunteer's word, amber
    otherwise. What hangs on no row is done all the same.
    """
    left: list[Effect] = [_unanswered(effect) for effect in effects if not isinstance(effect, Record | ShowLamp | Say)]
    known = {ended.visit.id: ended for ended in (*before.recent, *_shown(before))}
    recent = tuple(_as_written(ended, known) for ended in after.recent)
    turn = Turn(replace(after, recent=recent, lamp=before.lamp, said=before.said), look, rules, left)
    for ended in _shown(after):
        written = _as_written(ended, known)
        if written.recorded:
            turn.keep(written)
        else:
            turn.update(written)
    _present(turn)
    return turn.lane, turn.effects


def not_recorded(said: Respond, effect: Effect, typed: Collection[str]) -> Respond:
    """What an answer becomes that came before the row of `effect`, which could not be written.

    A visit that was asked for, or the code that was typed (the requests `typed`), hangs on that row; what has a row
    of its own, before its answer, was done.
    """
    lost = effect.draft if isinstance(effect, Record) else None
    begun = lost is not None and lost.kind is EntryKind.VISIT and said.visit == lost.visit
    return replace(said, answer=Answer.NOT_RECORDED) if begun or said.request_id in typed else said


def _unanswered(effect: Effect) -> Effect:
    done = isinstance(effect, Respond) and effect.answer is Answer.DONE
    return replace(effect, answer=Answer.NOT_RECORDED) if done else effect  # type: ignore[arg-type]


def _shown(lane: Lane) -> tuple[Ended, ...]:
    return (lane.phase.ended,) if isinstance(lane.phase, Showing) else ()


def _as_written(ended: Ended, known: Mapping[str, Ended]) -> Ended:
    """An ended visit as the log has it: as it was before, unless this look brought a verdict or a decision."""
    if ended.kind is EntryKind.INCOMPLETE and ended.override is None:
        return ended  # its row waits for the logbook
    old = known.get(ended.visit.id)
    if old is not None and (old.verdict, old.override) == (ended.verdict, ended.override):
        return old
    return replace(ended, recorded=False)


def _lost_the_thread(lane: Lane, look: Look) -> bool:
    """Whether the time since the last look makes no sense: the clock was set, or the machine slept."""
    if lane.looked_at is None:
        return False
    return not -CLOCK_SLACK <= look.now - lane.looked_at <= timedelta(seconds=LOOKED_AWAY_S)


def _present(turn: Turn) -> None:
    """The lamp and the voice follow from where the lane is: when they change, and for each new result."""
    lamp, phrase = lamp_of(turn.lane), phrase_of(turn.lane)
    if turn.announced or lamp is not turn.lane.lamp:
        turn.effects.append(ShowLamp(lamp))
    said_at = turn.lane.said_at
    if phrase is not None and (turn.announced or phrase is not turn.lane.said):
        turn.effects.append(Say(phrase))
        said_at = turn.now
    nagging = nagging_of(turn.lane, turn.now, turn.rules)
    if nagging is not None and (said_at is None or turn.now - said_at >= timedelta(seconds=turn.rules.show.nag_s)):
        turn.effects.append(Say(nagging))
        said_at = turn.now
    turn.lane = replace(turn.lane, lamp=lamp, said=phrase, said_at=said_at)


# --- Evacuation ---------------------------------------------------------------------------------------


def _evacuate(turn: Turn) -> None:
    if not isinstance(turn.lane.phase, Evacuating):
        turn.leave()
        turn.lane = replace(turn.lane, phase=Evacuating(), following=None)
    for request in turn.look.requests:
        if isinstance(request, Explain | Call):  # words about what was, and who has come
            asked.answer(turn, request)
        else:
            turn.respond(request, Answer.BUSY)


def _end_of_evacuation(turn: Turn) -> None:
    if isinstance(turn.lane.phase, Evacuating):
        turn.lane = replace(turn.lane, phase=Idle())


# --- Codes --------------------------------------------------------------------------------------------


def _arrive(turn: Turn, arrival: Arrival) -> None:
    """A code came into view, or still is."""
    presented = arrival.presented
    if _waits_behind(turn, arrival):
        return
    if _is_the_holders(turn, presented):
        _note_in_view(turn, presented)
        return
    before = dict(turn.lane.in_view).get(presented.key)
    _note_in_view(turn, presented)
    visit = turn.lane.visit
    mine = visit is not None and any(code.key == presented.key for code in visit.evidence.codes)
    if mine and isinstance(turn.lane.phase, Collecting):
        turn.collect(turn.lane.phase.visit)
    held_up = presented.source is Source.CAMERA  # and not chosen once more, by hand
    still_in_view = (
        held_up and before is not None and turn.now - before <= timedelta(seconds=turn.rules.show.same_code_s)
    )
    if not mine and not still_in_view:
        _new_code(turn, arrival)


def _note_in_view(turn: Turn, presented: Presented) -> None:
    others = tuple(pair for pair in turn.lane.in_view if pair[0] != presented.key)
    turn.lane = replace(turn.lane, in_view=((presented.key, turn.now), *others)[:16])


def _is_the_holders(turn: Turn, presented: Presented) -> bool:
    """Whether it is the phone of the one with whom this person came: it stood for the holder alone."""
    if not isinstance(turn.lane.phase, Collecting) or is_of_a_place(presented.read):
        return False
    holder = turn.find(turn.lane.phase.visit.with_holder)
    return holder is not None and any(code.key == presented.key for code in holder.visit.evidence.codes)


def _waits_behind(turn: Turn, arrival: Arrival) -> bool:
    """Whether this is the next in the queue, whose code shows beside that of the person being served.

    A result stands for a moment before the next code before the camera may take its place. What a hand scanner or
    the keyboard brings never waits: somebody chose that very code.
    """
    if arrival.presented.source is not Source.CAMERA:
        return False
    phase = turn.lane.phase
    if isinstance(phase, Showing):
        fresh = turn.now - phase.ended.decided_at < timedelta(seconds=turn.pace.least_s)
        mine = any(code.key == arrival.presented.key for code in phase.ended.visit.evidence.codes)
        return fresh and not mine
    if not isinstance(phase, Collecting):
        return False
    visit = phase.visit
    if _belongs(visit, arrival.presented):
        return False
    seen = dict(turn.lane.in_view)
    held = [seen[code.key] for code in visit.evidence.codes if code.key in seen]
    return any(turn.now - moment <= timedelta(seconds=STILL_HELD_S) for moment in held)


def _belongs(visit: Visit, presented: Presented) -> bool:
    """Whether a code is of the person whose visit this is."""
    codes = [code for code in visit.evidence.codes if not is_of_a_place(code.read)]
    if is_of_a_place(presented.read) or not codes or any(code.key == presented.key for code in codes):
        return not visit.by
    if isinstance(presented.read, Part) or (isinstance(presented.read, Refusal) and not is_forged(presented.read)):
        return True  # a stray code in the picture is nobody's
    if all(isinstance(code.read, Refusal | Part) for code in codes):
        return True  # the same person, fumbling for the right code
    holders = [code.read.holder for code in codes if isinstance(code.read, Credential)]
    return isinstance(presented.read, Credential) and any(
        presented.read.holder.name is not None
        and (holder.name, holder.birth_date) == (presented.read.holder.name, presented.read.holder.birth_date)
        for holder in holders
    )


def _new_code(turn: Turn, arrival: Arrival) -> None:
    """Adds the code to the visit it belongs to, or begins the next one: the newest person comes first."""
    phase = turn.lane.phase
    if isinstance(phase, Showing) and is_of_a_place(arrival.presented.read):
        return
    if isinstance(phase, Collecting) and _belongs(phase.visit, arrival.presented):
        visit = phase.visit
        has_credential = any(isinstance(code.read, Credential | OnlineCode) for code in visit.evidence.codes)
        if has_credential and isinstance(arrival.presented.read, Refusal | Part):
            return
    else:
        turn.lane = replace(turn.lane, following=None)
        visit = turn.begin(turn.evidence())
    kept = (c for c in visit.evidence.codes if not isinstance(c.read, Refusal | Part) or is_forged(c.read))
    codes = (*kept, arrival.presented)
    evidence = replace(
        visit.evidence,
        codes=codes,
        roster=arrival.roster or visit.evidence.roster,
        passed_before=arrival.passed_before or visit.evidence.passed_before,
    )
    read = arrival.presented.read
    wanted = not is_of_a_place(read) or turn.rules.venue.required
    if isinstance(read, OnlineCode) and wanted and turn.look.resolver:
        evidence = replace(evidence, online_since=turn.now)
        turn.effects.append(AskOnline(visit.id, arrival.presented.key))
    turn.collect(replace(visit, evidence=evidence))


def _resolved(turn: Turn, answer: OnlineAnswer) -> None:
    """The online service spoke of the code of the visit that is being collected: from now on it says so itself."""
    phase = turn.lane.phase
    if not isinstance(phase, Collecting) or phase.visit.id != answer.visit:
        return
    visit = phase.visit
    codes, said = visit.evidence.codes, answer.read
    if said is not None:
        codes = tuple(
            replace(code, read=said, about=answer.about) if _is_asked_about(code, answer) else code for code in codes
        )
    since = visit.evidence.online_since if any(_is_open(code, answer) for code in codes) else None
    roster = answer.roster or visit.evidence.roster
    before = answer.passed_before or visit.evidence.passed_before
    evidence = replace(visit.evidence, codes=codes, roster=roster, online_since=since, passed_before=before)
    turn.lane = replace(turn.lane, phase=Collecting(replace(visit, evidence=evidence)))


def _is_asked_about(code: Presented, answer: OnlineAnswer) -> bool:
    return code.key == answer.key and isinstance(code.read, OnlineCode)


def _is_open(code: Presented, answer: OnlineAnswer) -> bool:
    """Whether another code still waits for its answer."""
    return code.key != answer.key and isinstance(code.read, OnlineCode)


# --- Foreheads and time -------------------------------------------------------------------------------


def _step_up(turn: Turn) -> None:
    """Somebody was measured: the next of a family, or a person who has shown no code yet."""
    head = turn.lane.forehead
    phase = turn.lane.phase
    if isinstance(phase, Collecting):
        if head.present and head.stay >= max(phase.visit.stay, 0):
            turn.lane = replace(turn.lane, phase=Collecting(replace(phase.visit, last_sign=turn.now)))
        return
    if turn.lane.following is not None and _family_may_go_on(turn):
        turn.next_of_family()
        return
    plausible = head.measurement is not None and head.measurement.forehead_c >= turn.rules.temperature.plausible_c
    if isinstance(phase, Idle) and plausible and head.stay > turn.lane.used_stay:
        turn.begin(turn.evidence())


def _family_may_go_on(turn: Turn) -> bool:
    """The next of a family is asked for once the one before is through, at once if they step up."""
    phase = turn.lane.phase
    if not isinstance(phase, Showing):
        return True
    if phase.ended.outcome is not Outcome.PASS:
        return False
    stepped_up = turn.lane.forehead.present and turn.lane.forehead.stay > turn.lane.used_stay
    return stepped_up or turn.now - phase.ended.at >= timedelta(seconds=turn.pace.pass_s / 2)


def _pass_time(turn: Turn) -> None:
    """Results close by themselves; whoever left is written down; a visit without end becomes a CHECK."""
    match turn.lane.phase:
        case Showing(ended, until) if turn.now >= until:
            turn.leave()
            if ended.outcome is not Outcome.PASS:
                turn.lane = replace(turn.lane, following=None)
        case Collecting(visit):
            if turn.now - visit.last_sign >= timedelta(seconds=turn.rules.show.abandon_s):
                turn.leave()
                turn.lane = replace(turn.lane, following=None)
            elif turn.now - visit.since >= timedelta(seconds=turn.rules.show.collect_s):
                turn.show(visit, close(visit.wanting or Wanting(())))
