"""What the volunteer sees, and what the gate is asked in their name."""

from __future__ import annotations

from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import Visitor, show
from web.gate import Gate


def test_the_visit_in_front_is_shown_with_its_findings_and_what_to_do(volunteer: Visitor, stub: GateStub, gate: Gate):
    show(stub, gate, gate_stub.a_fever())
    page = volunteer.page("/desk")
    assert "The temperature is raised" in page
    assert "Measure again with the contact thermometer, out of the wind." in page
    assert "王小明" in page


def test_what_happens_at_the_gate_comes_by_the_stream(volunteer: Visitor, stub: GateStub, gate: Gate):
    with volunteer.get("/desk/events") as stream:
        parts = iter(stream.response)
        assert "Nobody at the gate" in next(part.decode() for part in parts if b"event: parts" in part)
        show(stub, gate, gate_stub.a_fever())
        assert "王小明" in next(part.decode() for part in parts if b"event: parts" in part)
