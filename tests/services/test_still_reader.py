"""Picture files read in a sealed child: a picture that kills or hangs it costs that picture only."""

import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from kiosk.services.still_reader import Answer, StillReader
from tests.support.pictures import HOSTILE, encoded, qr_bytes

BLACK = encoded(np.zeros((300, 300), np.uint8))


@pytest.fixture
def hostile() -> Iterator[Callable[..., StillReader]]:
    """A reader whose child does a deed at a black picture."""
    readers = []

    def start(deed: str, at_most_s: float = 20.0) -> StillReader:
        command = (sys.executable, "-m", "tests.support.hostile_scanner", "stills", deed)
        readers.append(StillReader(command, at_most_s).__enter__())
        return readers[-1]

    yield start
    for reader in readers:
        reader.__exit__()


def test_pictures_are_read_and_bad_ones_named_by_one_and_the_same_child() -> None:
    with StillReader() as reader:
        good = reader.read(qr_bytes("KP1:FIRST"), "good.png")
        assert (good.texts, good.stage, good.error) == (("KP1:FIRST",), "zxing", "")
        assert good.ms > 0
        child = reader._child
        for name, (data, says) in HOSTILE.items():
            answer = reader.read(data, name)
            assert answer.texts == ()
            assert answer.error.startswith(f"{name}: ")
            assert says in answer.error
            assert "\n" not in answer.error
        assert reader.read(qr_bytes("KP1:LAST"), "last.png").texts == ("KP1:LAST",)
        assert reader._child is child


def test_a_picture_that_kills_the_decoder_is_answered_and_the_next_one_read(
    hostile: Callable[..., StillReader],
) -> None:
    reader = hostile("crash")
    assert reader.read(BLACK, "evil.png") == Answer(error="evil.png: the decoder died on this picture; it is left out")
    assert reader.read(qr_bytes("KP1:NEXT"), "next.png").texts == ("KP1:NEXT",)


def test_a_picture_that_hangs_the_decoder_is_answered_and_the_next_one_read(
    hostile: Callable[..., StillReader],
) -> None:
    reader = hostile("hang", at_most_s=3.0)
    assert reader.read(BLACK, "evil.png") == Answer(error="evil.png: the decoder hung on this picture; it is left out")
    assert reader.read(qr_bytes("KP1:NEXT"), "next.png").texts == ("KP1:NEXT",)


@pytest.mark.parametrize(("deed", "named"), [("eat", "MemoryError"), ("throw", "RuntimeError")])
def test_a_decoder_that_throws_is_named(hostile: Callable[..., StillReader], deed: str, named: str) -> None:
    reader = hostile(deed)
    assert reader.read(BLACK, "evil.png") == Answer(error=f"evil.png: the decoder gave up with {named}")


def test_a_taken_over_decoder_reaches_no_file_no_socket_and_no_child(hostile: Callable[..., StillReader]) -> None:
    assert hostile("break_out").read(BLACK, "evil.png").texts == ("free: ",)


def test_no_child_is_left_behind() -> None:
    with StillReader() as reader:
        reader.read(qr_bytes("x"), "x.png")
        child = reader._child
    assert child is not None
    assert child.returncode == 0


def test_a_name_in_no_encoding_is_no_trouble() -> None:
    with StillReader() as reader:
        assert reader.read(b"", "caf\udce9.png").error.endswith("empty file")
