"""A rule of a country that is not met is named on the desk, with what it says in the volunteer's language."""

from kiosk.core.model import Outcome
from kiosk.core.reasons import Reason
from kiosk.core.view import FindingView
from tests.support import gate_stub
from tests.support.gate_stub import GateStub
from tests.web.conftest import Visitor, show
from web.gate import Gate

SAID = {"de": "Höchstens 24 Stunden alt.", "en": "At most 24 hours <old>."}


def with_a_failed_rule(said: dict[str, str]):
    failed = FindingView(
        check="country_rules",
        outcome=Outcome.CHECK,
        reason=Reason.COUNTRY_RULE_FAILED,
        detail="TR-XY-0001",
        said=said,
    )
    current = gate_stub.visit(findings=(failed,))
    return gate_stub.gate_view(gate_stub.desk_view(current=current))


def test_the_rule_and_its_words_stand_beside_the_reason(volunteer: Visitor, stub: GateStub, gate: Gate):
    show(stub, gate, with_a_failed_rule(SAID))
    page = volunteer.page("/desk")
    assert "The certificate does not meet a rule of the country" in page
    assert "TR-XY-0001: At most 24 hours &lt;old&gt;." in page


def test_a_rule_without_words_is_named_all_the_same(volunteer: Visitor, stub: GateStub, gate: Gate):
    show(stub, gate, with_a_failed_rule({}))
    assert "<q>TR-XY-0001</q>" in volunteer.page("/desk")
