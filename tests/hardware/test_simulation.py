"""The simulated street: the same second always shows the same person."""

from pathlib import Path

import pytest

from hardware.simulation import GAIN, Companion, Cue, Deck, Note, Person, Phase, Street, dump_deck, load_street
from kiosk.core.faults import SettingsError

START = 1_790_000_000.0
PEOPLE = (
    Person(name="林", text="KP1:A", forehead_c=36.4),
    Person(name="王", text="KP1:B", forehead_c=38.4, note=Note.FEVERISH),
    Person(name="周", note=Note.NO_CODE),
    Person(name="何", text="KP1:C", companions=(Companion(name="小何", forehead_c=37.9),)),
)
DECK = Deck(people=PEOPLE, start=START)


def seconds(street: Street, rounds: float = 1.0) -> list[float]:
    return [START + tick / 20 for tick in range(int(street.round_s * rounds * 20))]


def test_everybody_comes_once_a_round_in_the_order_of_the_deck() -> None:
    street = Street(DECK)
    order = [street.at(when).person for when in seconds(street)]
    assert sorted(order) == order
    assert set(order) == {0, 1, 2, 3}


def test_a_turn_runs_through_the_phases_in_their_order() -> None:
    street = Street(DECK)
    phases: list[Phase] = []
    for when in seconds(street):
        standing = street.at(when)
        assert 0 <= standing.progress <= 1
        if standing.person == 0 and (not phases or phases[-1] is not standing.phase):
            phases.append(standing.phase)
    assert phases == [Phase.APPROACHING, Phase.PRESENTING, Phase.MEASURING, Phase.LEAVING, Phase.AWAY]


def test_two_processes_with_the_same_deck_see_the_same(tmp_path: Path) -> None:
    dump_deck(DECK, tmp_path / "deck.json")
    camera, thermometer = load_street(tmp_path / "deck.json"), load_street(tmp_path / "deck.json")
    for when in seconds(camera, 2):
        assert camera.at(when) == thermometer.at(when)
        assert camera.temperature_at(when) == thermometer.temperature_at(when)


def test_nobody_is_there_before_the_start() -> None:
    assert Street(DECK).at(START - 1).phase is Phase.AWAY
    assert Street(DECK).at(START - 1).visit == -1


def test_the_street_starts_again_after_the_last_person() -> None:
    street = Street(DECK)
    first, again = street.at(START + 0.5), street.at(START + street.round_s + 0.5)
    assert (first.person, first.phase) == (again.person, again.phase)
    assert again.visit == first.visit + len(PEOPLE)


def test_a_street_that_does_not_loop_stays_empty_after_the_last_person() -> None:
    street = Street(Deck(people=PEOPLE, start=START, loop=False))
    for later in (0, 1, 1000):
        assert street.at(START + street.round_s + later).phase is Phase.AWAY


def test_the_forehead_estimate_of_the_model_is_the_one_in_the_deck() -> None:
    street = Street(DECK)
    for when in seconds(street):
        standing = street.at(when)
        object_c, ambient_c = street.temperature_at(when)
        estimate = object_c + GAIN * (object_c - ambient_c)
        if standing.forehead_near and standing.face == 0:
            assert estimate == pytest.approx(street.person(standing).forehead_c, abs=0.07)
        elif not standing.forehead_near:
            assert object_c < 23


def test_companions_are_measured_one_after_the_other_with_nobody_between() -> None:
    street = Street(DECK)
    family = [when for when in seconds(street) if street.at(when).person == 3]
    warm = [
        street.temperature_at(when)[0] for when in family if street.at(when).face == 1 and street.at(when).forehead_near
    ]
    assert min(warm) > 34.5
    between = [
        when for when in family if street.at(when).phase is Phase.MEASURING and not street.at(when).forehead_near
    ]
    assert between
    assert all(street.temperature_at(when)[0] < 23 for when in between)


def test_the_code_is_held_up_while_coming_closer() -> None:
    street = Street(DECK)
    assert any(street.at(when).code_shown and street.at(when).phase is Phase.APPROACHING for when in seconds(street))
    assert not any(street.at(when).code_shown and street.at(when).phase is Phase.AWAY for when in seconds(street))


def test_people_differ_in_how_long_they_take() -> None:
    street = Street(DECK)
    lengths = {sum(street.at(when).person == index for when in seconds(street)) for index in range(3)}
    assert len(lengths) == 3


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a deck"),
        (b"{}", "people"),
        (b'{"people": []}', "people"),
        (b'{"people": [{"name": "x", "note": "bored"}]}', "note"),
        (b'{"people": [{"name": "x"}], "walking_s": 0}', "walking_s"),
    ],
)
def test_a_wrong_deck_is_refused_in_one_line(tmp_path: Path, data: bytes, reason: str) -> None:
    deck = tmp_path / "deck.json"
    deck.write_bytes(data)
    with pytest.raises(SettingsError) as caught:
        load_street(deck)
    assert str(deck) in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_deck_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_street(tmp_path / "deck.json")


def test_on_cue_nobody_comes_until_they_are_called_and_camera_and_thermometer_follow_alike(tmp_path: Path) -> None:
    deck = tmp_path / "deck.json"
    dump_deck(Deck(people=PEOPLE, start=START, on_cue=True), deck)
    cue = Cue(deck, calling=True)
    camera, thermometer = load_street(deck), load_street(deck)
    assert all(camera.at(when).phase is Phase.AWAY for when in seconds(camera))
    cue.call(1, START + 100)
    assert camera.at(START + 99).phase is Phase.AWAY
    for tick in range(400):
        assert camera.at(START + 100 + tick / 20) == thermometer.at(START + 100 + tick / 20)
    assert {camera.at(START + 100 + tick / 20).person for tick in range(400)} == {1}
    assert {camera.at(START + 100 + tick / 20).phase for tick in range(400)} == set(Phase)
    cue.call(3, START + 102)
    assert camera.at(START + 102.1).person == 3


def test_the_weather_is_on_cue_too(tmp_path: Path) -> None:
    deck = tmp_path / "deck.json"
    dump_deck(Deck(people=PEOPLE, on_cue=True), deck)
    cue, street = Cue(deck, calling=True), load_street(deck)
    before = street.temperature_at(START)
    cue.weather(-26.0)
    assert street.temperature_at(START) == pytest.approx((before[0] - 26.0, before[1] - 26.0))


def test_a_deck_on_cue_without_anybody_to_give_it_is_refused_in_one_line(tmp_path: Path) -> None:
    deck = tmp_path / "deck.json"
    dump_deck(Deck(people=PEOPLE, on_cue=True), deck)
    with pytest.raises(SettingsError, match=r"deck\.cue: no cues to follow"):
        load_street(deck)
