"""The strict TOML reader: what is wrong is named by file, key and reason."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import pytest

from kiosk.core.codecs import toml
from kiosk.core.codecs.toml import says
from kiosk.core.faults import SettingsError


class Colour(StrEnum):
    GREEN = "green"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    colour: Colour = Colour.GREEN
    blinks_hz: Annotated[float, says("How fast it blinks.", "1/s", gt=0, le=5)] = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    name: str = "gate"
    lamp: tuple[Lamp, ...] = (Lamp(),)
    spare: Annotated[Lamp, says("The lamp in the cupboard.")] = Lamp()
    shelves: dict[Colour, Lamp] = field(default_factory=dict)


def refusal(text: str | bytes) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(SettingsError) as caught:
        toml.decode(data, "post.toml", Post)
    return str(caught.value)


def test_an_empty_file_means_every_default():
    assert toml.decode(b"", "post.toml", Post) == Post()


def test_what_the_file_says_is_what_comes_out():
    text = 'name = "北门"\n[[lamp]]\ncolour = "red"\n[[lamp]]\nblinks_hz = 4\n[shelves.green]\nblinks_hz = 0.5\n'
    post = toml.decode(text.encode(), "post.toml", Post)
    assert post == Post(
        name="北门", lamp=(Lamp(colour=Colour.RED), Lamp(blinks_hz=4)), shelves={Colour.GREEN: Lamp(blinks_hz=0.5)}
    )


def test_a_file_that_is_not_toml_is_refused_with_its_line():
    said = refusal("name = 'gate'\nlamp lamp\n")
    assert said.startswith("post.toml: not TOML: ")
    assert "line 2" in said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name = " + "[" * 20_000 + "]" * 20_000, "nested too deeply"),
        ("name = " + "{a = " * 20_000, "nested too deeply"),
        ("name = " + "9" * 5000, "too many digits"),
    ],
)
def test_what_the_reader_itself_cannot_hold_is_refused_like_anything_else(text, why):
    said = refusal(text)
    assert said.startswith("post.toml: ")
    assert why in said


def test_a_key_given_twice_is_refused():
    assert "not TOML" in refusal("name = 'a'\nname = 'b'\n")


def test_a_file_in_another_encoding_is_refused_with_the_place():
    assert refusal('name = "北"'.encode("gb18030")) == "post.toml: byte 8: not UTF-8; save the file as UTF-8"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nam = 'x'", "nam: no such key; did you mean name?"),
        ("zzz = 1", "zzz: no such key; known are name, lamp, spare, shelves"),
        ("[[lamp]]\n[[lamp]]\ncolor = 'red'", "lamp[1].color: no such key; did you mean colour?"),
        ("[spare]\nblink_hz = 1", "spare.blink_hz: no such key; did you mean blinks_hz?"),
        ("[shelves.red]\nx = 1", "shelves.red.x: no such key; known are colour, blinks_hz"),
    ],
)
def test_an_unknown_key_is_refused_by_name_at_every_depth(text, words):
    assert refusal(text) == f"post.toml: {words}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("name = 7", "name"),
        ("[[lamp]]\ncolour = 'blue'", "lamp[0].colour"),
        ("[[lamp]]\nblinks_hz = 0", "lamp[0].blinks_hz"),
        ("[spare]\nblinks_hz = 6", "spare.blinks_hz"),
        ("[spare]\nblinks_hz = 'fast'", "spare.blinks_hz"),
        ("[spare]\nblinks_hz = nan", "spare.blinks_hz"),
        ("[spare]\nblinks_hz = true", "spare.blinks_hz"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key_and_the_reason(text, key):
    said = refusal(text)
    assert said.startswith(f"post.toml: {key}: ")
    assert len(said) > len(f"post.toml: {key}: ")


def test_the_unit_and_the_limits_of_a_field_are_kept_for_the_reference():
    meta = says("How fast it blinks.", "1/s", ge=1, le=5)
    assert (meta.description, meta.extra, meta.ge, meta.gt, meta.le) == (
        "How fast it blinks.",
        {"unit": "1/s"},
        1,
        None,
        5,
    )
    assert says("More than nothing.", gt=0).gt == 0
