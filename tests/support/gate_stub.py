"""A gate for tests of the pages: a real socket that tells scripted views and writes down what was asked of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from kiosk.core import inside
from kiosk.core.faults import LinkDown
from kiosk.core.model import Direction, Outcome
from kiosk.core.reasons import Answer, Reason
from kiosk.core.requests import AnyRequest, Inside, NumberSheets, Reply, Request
from kiosk.core.view import (
    ConditionView,
    Counts,
    DeskView,
    DeviceView,
    Face,
    FindingView,
    GateView,
    ResidentView,
    VisitView,
)
from kiosk.services import link
from kiosk.services.messages import Follow, PictureTaken, State

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


def finding(check: str, outcome: Outcome, reason: Reason) -> FindingView:
    """One check's answer."""
    return FindingView(check=check, outcome=outcome, reason=reason)


def visit(number: int = 1, **changes: object) -> VisitView:
    """A visit that came to CHECK because of a fever."""
    values: dict[str, object] = {
        "visit": f"visit-{number}",
        "started": NOW,
        "name": "王小明",
        "room": "3-2-501",
        "format": "local_pass",
        "issuer": "kiosk-1",
        "outcome": Outcome.CHECK,
        "forehead_c": 37.6,
        "findings": (
            finding("credential", Outcome.PASS, Reason.VALID),
            finding("identity", Outcome.PASS, Reason.ROSTER_CERTAIN),
            finding("test_age", Outcome.PASS, Reason.TEST_RECENT),
            finding("temperature", Outcome.CHECK, Reason.FEBRILE),
            finding("replay", Outcome.PASS, Reason.FIRST_USE),
        ),
    }
    return VisitView(**{**values, **changes})  # type: ignore[arg-type]


def resident(face: Face = Face.WELCOME, **changes: object) -> ResidentView:
    """What the resident sees."""
    values: dict[str, object] = {"lane": "main", "face": face, "direction": Direction.IN}
    return ResidentView(**{**values, **changes})  # type: ignore[arg-type]


def desk_view(face: Face = Face.WELCOME, current: VisitView | None = None, **changes: object) -> DeskView:
    """One lane."""
    values: dict[str, object] = {
        "lane": "main",
        "direction": Direction.IN,
        "resident": resident(face),
        "current": current,
    }
    return DeskView(**{**values, **changes})  # type: ignore[arg-type]


DEVICES = (
    DeviceView(name="camera", driver="simulated", ok=True, state="ok"),
    DeviceView(name="thermometer", driver="simulated", ok=True, state="ok"),
    DeviceView(name="lamp", driver="console", ok=True, state="ok"),
    DeviceView(name="logbook", driver="sqlite", ok=True, state="ok"),
)


def gate_view(*lanes: DeskView, **changes: object) -> GateView:
    """The whole gate, quiet."""
    values: dict[str, object] = {
        "turn": 1,
        "at": NOW,
        "kiosk": "kiosk-1",
        "lanes": lanes or (desk_view(),),
        "devices": DEVICES,
        "counts": Counts(passed=212, checked=9, denied=2, incomplete=3, entered=143, left=71),
    }
    return GateView(**{**values, **changes})  # type: ignore[arg-type]


def a_fever(**changes: object) -> GateView:
    """Somebody with a raised temperature stands at the gate; two were here before."""
    passed = visit(2, name="李娜", room="1-1-102", outcome=Outcome.PASS, forehead_c=36.5, findings=visit().findings[:3])
    denied = visit(
        3,
        name="",
        room="",
        outcome=Outcome.DENY,
        findings=(finding("credential", Outcome.DENY, Reason.BAD_SIGNATURE),),
        forehead_c=None,
    )
    lane = desk_view(
        Face.SEE_VOLUNTEER,
        visit(),
        recent=(passed, denied),
        resident=resident(Face.SEE_VOLUNTEER, initials="王**", until=datetime.now(UTC) + timedelta(seconds=60)),
    )
    return gate_view(lane, **changes)


def condition(kind: str = "ambient_out_of_range", *remedies: str) -> ConditionView:
    """A condition that waits for a decision."""
    return ConditionView(condition=kind, since=NOW, remedies=remedies or ("contact", "waive"))


class GateStub:
    """Listens like the gate; `show` tells every follower, `asked` is what requests came."""

    def __init__(self, path: Path, view: GateView | None = None) -> None:
        self.path = path
        self.asked: list[Request] = []
        self.answer: Answer | Callable[[Request], Reply] = Answer.DONE
        self._view = view or gate_view()
        self._jpeg = b""
        self._turn = threading.Condition()
        self._number = 0
        self._closed = False
        self._server = link.Server(path, self._serve)

    def show(self, view: GateView) -> None:
        """Tells `view` to every follower."""
        with self._turn:
            self._view = view
            self._number += 1
            self._turn.notify_all()

    def show_picture(self, jpeg: bytes) -> None:
        """Sends one picture of the lane `main`."""
        with self._turn:
            self._jpeg = jpeg
            self._number += 1
            self._turn.notify_all()

    def close(self) -> None:
        """Hangs up on everybody, like a gate that died."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        self._server.close()

    def _serve(self, line: socket.socket) -> None:
        line.settimeout(None)
        data = link.receive_bytes(line)
        first = msgspec.json.decode(data, type=AnyRequest | Follow)
        if isinstance(first, Follow):
            with suppress(LinkDown):
                self._tell(line)
            return
        while True:
            link.send(line, self._reply(first))
            first = link.receive(line, AnyRequest)

    def _tell(self, line: socket.socket) -> None:
        told = -1
        while not self._closed:
            with self._turn:
                self._turn.wait_for(lambda told=told: self._closed or self._number != told, timeout=1)
                told, view, jpeg = self._number, self._view, self._jpeg
            link.send(line, State(view=msgspec.structs.replace(view, turn=view.turn + told)))
            if jpeg:
                link.send(line, PictureTaken(lane="main", jpeg=jpeg))

    def _reply(self, request: Request) -> Reply:
        self.asked.append(request)
        if callable(self.answer):
            return self.answer(request)
        data: dict[str, object] = inside.told(inside.who(())) if isinstance(request, Inside) else {}
        data |= {"first": 1, "last": request.count} if isinstance(request, NumberSheets) else {}
        visit = getattr(request, "visit", "")
        return Reply(request_id=request.request_id, answer=self.answer, visit=visit, data=data)
