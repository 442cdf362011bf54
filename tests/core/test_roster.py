"""Names, places and numbers are compared whatever way they were written."""

import pytest

from kiosk.core.roster import Person, document_key, folded, name_key, person_terms, place_key, search_terms


@pytest.mark.parametrize(
    "written", ["3号楼1单元502室", "3栋1单元502", "3-1-502", "３－１－５０２", "3 1 502", "3幢 1單元 502號", "#3-1-502"]
)
def test_a_place_is_the_same_however_it_is_written(written: str) -> None:
    assert place_key(written) == "3-1-502"


@pytest.mark.parametrize("written", ["Anna Müller", "MÜLLER, ANNA", "muller anna", "Ａｎｎａ　Muller", "Müller-Anna"])
def test_a_name_is_the_same_whatever_its_order_case_and_accents(written: str) -> None:
    assert name_key(written) == "anna muller"


def test_a_chinese_name_keeps_its_characters() -> None:
    assert name_key("王 小明") == name_key("王·小明") == "小明 王"
    assert name_key("王小明") == "王小明"


def test_a_document_number_loses_spaces_and_signs() -> None:
    assert document_key(" c01x-00t47 ") == "C01X00T47"
    assert document_key("１１０") == "110"


def test_folding_leaves_plain_text_alone() -> None:
    assert folded("Straße É ﬁ") == "strasse e fi"


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("3 502", ("3-502",)),
        ("3 1 502", ("3-1-502",)),
        ("王 3", ("王", "3-")),
        ("3 王", ("3-", "王")),
        ("1234", ("1234",)),
        ("王 王", ("王",)),
        ("...", ()),
    ],
)
def test_what_is_typed_becomes_the_beginnings_of_terms(typed: str, terms: tuple[str, ...]) -> None:
    assert search_terms(typed) == terms


def test_somebody_without_room_or_phone_has_no_empty_terms() -> None:
    assert "" not in person_terms(Person("P1", "·"), ())
