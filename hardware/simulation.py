"""The simulated street: who stands in front of the gate at a given second, and how warm they are.

A deck file lists the people; everything else follows from the time and the deck's seed alone. So the camera in the
scanner's process and the thermometer in the gate's process show the same person without talking to each other.
"""

from __future__ import annotations

import hashlib
import os
import struct
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from math import floor, pi, sin
from mmap import ACCESS_READ, ACCESS_WRITE, mmap
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.core.faults import SettingsError

GAIN = 0.16  # of the heat-balance model: forehead = object + gain * (object - ambient)
LARGEST = 16 * 1024 * 1024  # bytes of a deck file
VARIATION = 0.2  # people differ by so much in how long they take
TEMPERATURE_HZ = 10.0  # how often the noise of a thermometer changes
NOISE_C = 0.05

Seconds = Annotated[float, Meta(gt=0, le=600)]
Celsius = Annotated[float, Meta(ge=-50, le=60)]


class Note(StrEnum):
    """What is the matter with a simulated person's code or health."""

    GOOD = "good"
    EXPIRED = "expired"
    FORGED = "forged"
    FEVERISH = "feverish"
    ONLINE = "online"
    NO_CODE = "no_code"
    UNREADABLE = "unreadable"


class Phase(StrEnum):
    """What a simulated person is doing."""

    AWAY = "away"
    APPROACHING = "approaching"
    PRESENTING = "presenting"
    MEASURING = "measuring"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """Somebody who comes along on another person's code and is measured after them."""

    name: str
    forehead_c: Celsius = 36.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One simulated person. `text` is what their QR code says; empty: they hold up nothing."""

    name: str
    text: Annotated[str, Meta(max_length=4296)] = ""  # the most that a QR code holds (ISO/IEC 18004, table 7)
    forehead_c: Celsius = 36.5
    note: Note = Note.GOOD
    companions: tuple[Companion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """The people of one simulated street, in the order in which they come, and how long they take."""

    people: Annotated[tuple[Person, ...], Meta(min_length=1, max_length=100_000)]
    seed: int = 1
    start: float = 0.0  # unix seconds at which the first person comes into sight
    walking_s: Seconds = 1.5
    presenting_s: Seconds = 2.5  # holding the code still in front of the camera
    measuring_s: Seconds = 2.0  # one forehead in front of the thermometer
    leaving_s: Seconds = 1.0
    gap_s: Annotated[float, Meta(ge=0, le=3600)] = 2.0  # nobody is there
    ambient_c: Celsius = 21.0
    loop: bool = True  # False: nobody comes after the last person
    on_cue: bool = False  # True: nobody comes by themselves; whom a `Cue` beside the file calls, comes


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is there, what they do, and how far they have come with it (0 to 1).

    `person` is the index in the deck of whoever is there or, while AWAY, comes next; `visit` counts on over loops,
    and is -1 before the start. `face` is which forehead is being measured: 0 the person's, then the companions'.
    """

    person: int
    phase: Phase
    progress: float
    visit: int = 0
    face: int = 0

    @property
    def nearness(self) -> float:
        """0 out of sight, 1 right in front of the kiosk."""
        return {Phase.AWAY: 0.0, Phase.APPROACHING: self.progress, Phase.LEAVING: 1 - self.progress}.get(self.phase, 1)

    @property
    def code_shown(self) -> bool:
        """Whether the code is held up: on the last steps, while presenting, and into the measuring."""
        if self.phase is Phase.APPROACHING:
            return self.progress >= 0.6
        return self.phase is Phase.PRESENTING or (self.phase is Phase.MEASURING and self.face == 0)

    @property
    def forehead_near(self) -> bool:
        """Whether a forehead is where the thermometer looks; between two faces there is a moment of nobody."""
        if self.phase is Phase.PRESENTING:
            return self.progress >= 0.5
        return self.phase is Phase.MEASURING and (self.face == 0 or self.progress >= 0.3)


class Cue:
    """Calls the people of a deck by hand, and makes the weather: for tests, and for whoever shows the kiosk.

    A mapped file beside the deck's: what was open before a process gave up its files is still read afterwards.
    """

    _WHO, _WEATHER, _WHEN = (struct.Struct("=d"), 0), (struct.Struct("=d"), 8), (struct.Struct("=d"), 16)
    SIZE = 24

    def __init__(self, deck: Path | str, *, calling: bool = False) -> None:
        """`calling`: makes the file, for whoever gives the cues. Raises SettingsError where there is none to follow."""
        path = Path(deck).with_suffix(".cue")
        try:
            if calling:
                path.write_bytes(bytes(self.SIZE))
            with path.open("r+b" if calling else "rb") as file:
                self._shared = mmap(file.fileno(), self.SIZE, access=ACCESS_WRITE if calling else ACCESS_READ)
        except (OSError, ValueError) as error:
            raise SettingsError(f"{path}: no cues to follow ({error}); whoever gives them starts first") from error

    def call(self, person: int, unix_s: float) -> None:
        """The person of that number comes into sight at `unix_s`; whoever was there is gone."""
        self._write(self._WHEN, 0.0)  # between two people there is nobody, whoever looks in between
        self._write(self._WHO, person)
        self._write(self._WHEN, unix_s)

    def weather(self, difference_c: float) -> None:
        """The air becomes so much warmer or colder than the deck says."""
        self._write(self._WEATHER, difference_c)

    @property
    def called(self) -> tuple[int, float]:
        """Who was called last, and for when (0: nobody)."""
        return int(self._read(self._WHO)), self._read(self._WHEN)

    @property
    def difference_c(self) -> float:
        """How much warmer the air is than the deck says."""
        return self._read(self._WEATHER)

    def _read(self, place: tuple[struct.Struct, int]) -> float:
        shape, at = place
        return float(shape.unpack_from(self._shared, at)[0])

    def _write(self, place: tuple[struct.Struct, int], value: float) -> None:
        shape, at = place
        shape.pack_into(self._shared, at, value)


@dataclass(frozen=True, slots=True)
class Street:
    """A deck in motion. Pure, but for a cue: the same second always shows the same."""

    deck: Deck
    cue: Cue | None = None
    _ends: tuple[float, ...] = field(init=False, repr=False)  # when each person's turn ends, in seconds of one round

    def __post_init__(self) -> None:
        turns = (sum(length for _, _, length in self._phases(index)) for index in range(len(self.deck.people)))
        object.__setattr__(self, "_ends", tuple(accumulate(turns)))

    @property
    def round_s(self) -> float:
        """How long it takes until everybody has come once, in seconds."""
        return self._ends[-1]

    def person(self, standing: Standing) -> Person:
        """Whom a `Standing` is about."""
        return self.deck.people[standing.person]

    def at(self, unix_s: float) -> Standing:
        """Who is there at `unix_s`, and what they are doing."""
        if self.cue is not None:
            index, called_s = self.cue.called
            return self._within(index, unix_s - called_s, 0) if unix_s >= called_s else Standing(index, Phase.AWAY, 0.0)
        since = unix_s - self.deck.start
        if since < 0:
            return Standing(0, Phase.AWAY, 0.0, -1)
        rounds = floor(since / self.round_s)
        count = len(self.deck.people)
        if rounds > 0 and not self.deck.loop:
            return Standing(count - 1, Phase.AWAY, 1.0, count)
        within = since - rounds * self.round_s
        index = min(bisect_right(self._ends, within), count - 1)
        return self._within(index, within - (self._ends[index - 1] if index else 0.0), rounds * count + index)

    def temperature_at(self, unix_s: float) -> tuple[float, float]:
        """(object, ambient) in °C, as a thermometer beside the camera would read them at `unix_s`.

        The object is as warm as the room when no forehead is near; otherwise the heat-balance model, turned round,
        says what skin belongs to the forehead estimate in the deck.
        """
        tick = floor(unix_s * TEMPERATURE_HZ)
        ambient_c = self.deck.ambient_c + 0.3 * sin(2 * pi * unix_s / 1800)
        ambient_c += self.cue.difference_c if self.cue is not None else 0.0
        standing = self.at(unix_s)
        if not standing.forehead_near:
            return ambient_c + 0.6 + NOISE_C * self._noise("room", tick), ambient_c
        person = self.person(standing)
        forehead_c = person.companions[standing.face - 1].forehead_c if standing.face else person.forehead_c
        skin_c = (forehead_c + GAIN * ambient_c) / (1 + GAIN)
        return skin_c + NOISE_C * self._noise("skin", tick), ambient_c

    def _within(self, index: int, since_s: float, visit: int) -> Standing:
        """What somebody does so long after they came into sight."""
        for phase, face, length in self._phases(index):
            if since_s < length:
                return Standing(index, phase, since_s / length, visit, face)
            since_s -= length
        return Standing(index, Phase.AWAY, 1.0, visit)

    def _phases(self, index: int) -> tuple[tuple[Phase, int, float], ...]:
        """One person's turn: (phase, face, seconds), in order. Slow people are slow in everything."""
        deck = self.deck
        pace = 1 + VARIATION * self._noise("pace", index)
        presenting_s = deck.presenting_s * (1 + VARIATION * self._noise("presenting", index))
        faces = 1 + len(deck.people[index].companions)
        return (
            (Phase.APPROACHING, 0, deck.walking_s * pace),
            (Phase.PRESENTING, 0, presenting_s),
            *((Phase.MEASURING, face, deck.measuring_s * pace) for face in range(faces)),
            (Phase.LEAVING, faces - 1, deck.leaving_s * pace),
            (Phase.AWAY, 0, deck.gap_s),
        )

    def _noise(self, what: str, number: int) -> float:
        """Something between -1 and 1 that is always the same for the same question."""
        digest = hashlib.blake2b(f"{self.deck.seed} {what} {number}".encode(), digest_size=6).digest()
        return int.from_bytes(digest) / (1 << 47) - 1


def load_street(path: Path | str) -> Street:
    """The street of a deck file. Raises SettingsError with the file and the reason."""
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise SettingsError(f"{path}: a deck has at most {LARGEST} bytes; list fewer people")
        deck = msgspec.json.decode(path.read_bytes(), type=Deck)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); `kiosk run` writes a deck") from error
    except msgspec.DecodeError as error:
        raise SettingsError(f"{path}: not a deck of simulated people: {error}") from error
    return Street(deck, Cue(path) if deck.on_cue else None)


def dump_deck(deck: Deck, path: Path | str) -> None:
    """Writes `deck` to `path`, whole or not at all. Its codes are signed: only owner and group can read it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(deck), indent=1))
    fresh.replace(path)
