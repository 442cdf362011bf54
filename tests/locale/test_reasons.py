"""Every reason says what was found and what to do next, in one sentence each, in both languages."""

import pytest

from kiosk.core.reasons import Reason
from kiosk.locale import use, words


@pytest.fixture(params=["en", "zh_Hans_CN"])
def spoken(request):
    use(request.param)
    yield request.param
    use("en")


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_has_its_finding_and_its_next_step(reason, spoken):
    found, step = words.reason(reason), words.advice(reason)
    end = "." if spoken == "en" else "。"
    assert found != reason.value
    assert not found.endswith((".", "。"))  # it stands in a list, the step behind it
    assert step.endswith((end, "?", "？")), step
    chinese = any("\u4e00" <= character <= "\u9fff" for character in found + step)
    assert chinese is (spoken != "en")


@pytest.mark.parametrize("reason", Reason)
def test_no_next_step_only_repeats_the_finding(reason):
    assert words.advice(reason).rstrip(".") != words.reason(reason)
