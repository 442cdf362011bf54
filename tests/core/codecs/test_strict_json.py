"""JSON that two readers could understand differently is refused."""

import pytest

from kiosk.core.codecs import Rejected, strict_json


def test_ordinary_json_is_read():
    assert strict_json.decode('\ufeff{"a": [1, -2.5, true, null, "王"], "b": {}}'.encode()) == {
        "a": [1, -2.5, True, None, "王"],
        "b": {},
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{'a': 1}",
        '{"a": 1} x',
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 1}}',
        "NaN",
        "[Infinity]",
        "1e400",
        "9223372036854775808",
        "-9223372036854775809",
        "1" * 6000,
        '"\\ud800"',
        '{"\\udfff": 1}',
        "[" * 40 + "]" * 40,
        "[" * 100_000,
        "\u0661",  # an Arabic digit
    ],
)
def test_traps_are_refused(text):
    with pytest.raises(Rejected):
        strict_json.decode(text)


def test_bytes_that_are_not_utf_8_are_refused():
    with pytest.raises(Rejected):
        strict_json.decode(b'"\xff"')


def test_the_line_of_a_mistake_is_named():
    with pytest.raises(Rejected, match="line 3"):
        strict_json.decode('{\n"a": 1,\n"b" 2}')
