"""The examples of the README run: a format, a driver and a check, each written as the README says."""

import re
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.core.codecs import Rejected, base45, cbor, cose
from kiosk.core.faults import LampFault
from kiosk.core.model import Direction, Evidence, Finding, Kind, Outcome, Presented, Refusal, Source, Want
from kiosk.core.ports import LampPattern
from kiosk.core.reasons import Reason
from kiosk.core.rules import Rules
from kiosk.core.trust import Signer, Trust

README = (Path(__file__).parents[1] / "README.md").read_text()
NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


def example(path: str) -> ModuleType:
    """The module that the README shows for `path`."""
    shown = re.search(rf"`{re.escape(path)}`.*?```python\n(.*?)```", README, re.DOTALL)
    assert shown, f"the README shows no {path}"
    module = ModuleType(Path(path).stem)
    exec(compile(shown[1], path, "exec"), module.__dict__)
    return module


def test_the_format_of_the_readme_reads_its_card_and_refuses_a_forged_one():
    library_card = example("kiosk/core/formats/library_card.py")
    key, forger = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    kid = cose.key_id(key.public_key())
    trust = Trust(signers=(Signer("library_card", kid, key.public_key(), "library"),))

    card = "CARD:" + base45.encode(cose.sign1(cbor.encode({"name": "王芳"}), key, kid))
    assert library_card.decode(card, trust).holder.name == "王芳"

    forged = "CARD:" + base45.encode(cose.sign1(cbor.encode({"name": "王芳"}), forger, kid))
    with pytest.raises(Rejected) as refused:
        library_card.decode(forged, trust)
    assert refused.value.reason is Reason.BAD_SIGNATURE


def test_the_driver_of_the_readme_shows_patterns_and_says_when_it_cannot(tmp_path: Path):
    signboard = example("hardware/lamps/signboard.py")
    board = signboard.open_device(str(tmp_path / "board"))
    board.show(LampPattern.PASS)
    assert (tmp_path / "board").read_text() == "pass"
    board.close()
    assert (tmp_path / "board").read_text() == "off"
    with pytest.raises(LampFault, match="cannot be written"):
        signboard.open_device(str(tmp_path / "missing" / "board")).show(LampPattern.PASS)


def test_the_check_of_the_readme_waits_for_a_code_and_judges_its_format():
    own_passes = example("kiosk/core/checks/own_passes.py")
    assert own_passes.check(Evidence(Direction.IN), Rules(), NOW) is Want.CODE

    def shown(format_name: str) -> Evidence:
        read = Refusal(format_name, Kind.PASS, Reason.EXPIRED)
        return Evidence(Direction.IN, codes=(Presented(read, "key", NOW, Source.CAMERA),))

    assert own_passes.check(shown("local_pass"), Rules(), NOW) == Finding(Outcome.PASS, Reason.VALID)
    assert own_passes.check(shown("eu_dcc"), Rules(), NOW).outcome is Outcome.CHECK
