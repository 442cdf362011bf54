"""No input breaks a reader, keeps it for 250 ms or takes 64 MB: a short run by a fixed seed beside `make fuzz`."""

import pkgutil

import pytest

from kiosk.core import codecs
from kiosk.core.formats import all_formats
from kiosk.core.trust.parse import kinds
from tests.support.fuzz_targets import targets
from tests.support.fuzzing import Cost, TooMuch, attempt, changed, short

INPUTS = 200  # for each target; signing makes some slow
WITHIN_OTHERS = {"jsonld_terms", "ddcc", "keys"}  # read by what codecs/jsonld, payloads/eu_dcc and codecs/toml read


@pytest.mark.parametrize("name", targets())
def test_changed_samples_break_nothing(name):
    short(targets()[name], INPUTS)


def test_every_format_and_every_codec_is_a_target():
    assert {f"formats/{each.name}" for each in all_formats()} <= targets().keys()
    known = {name.partition("/")[2] for name in targets() if name.startswith("codecs/")}
    assert {each.name for each in pkgutil.iter_modules(codecs.__path__)} - known <= WITHIN_OTHERS


def test_every_kind_of_list_is_a_target():
    known = {name.rpartition("/")[2] for name in targets() if name.startswith("files/trust_list/")}
    assert known == {kind.__name__.rpartition(".")[2] for kind in kinds()} - {"signed_list"}  # never taken as it is


@pytest.mark.parametrize("name", [name for name in targets() if not name.startswith("codecs/jws")])
def test_every_target_reads_its_own_samples(name):
    for seed in targets()[name].seeds:
        targets()[name].run(seed)


def test_the_same_seed_makes_the_same_inputs():
    assert list(changed((b"abc", b"12345"), 50, "x")) == list(changed((b"abc", b"12345"), 50, "x"))
    assert len(set(changed((b"abcdefgh",), 50, "x"))) > 40


def test_an_input_that_costs_too_much_is_found():
    target = targets()["codecs/plain"].__class__("slow", lambda data: sum(range(40_000_000)), (b"",))
    with pytest.raises(TooMuch, match="ms"):
        attempt(target, b"", Cost())
