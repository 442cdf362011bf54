"""The simulated street as a camera sees it: people walk up, hold a phone or a card, and go.

Everything that does not move is drawn once, and each code once a visit, so that a frame costs a few milliseconds.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import sin
from pathlib import Path

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from hardware.cameras import Asked
from hardware.simulation import Note, Person, Standing, Street, load_street
from kiosk.core.exposure import Exposure
from kiosk.core.faults import SettingsError
from kiosk.core.ports import Frame, Picture

Colour = tuple[int, int, int]  # BGR

MODULE_PX = 4.6  # pixels of a module at 1280x720: nobody holds a dense code far away
CODE_PX = (300.0, 500.0)  # the least and the most of a whole code
MOST_BYTES = 2953  # of a code, but for the alphabet of base45, which takes less room (ISO/IEC 18004, table 7)
DENSER = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
QUIET = 4  # modules of white around a code (ISO/IEC 18004, 6.3.8)
INK, GREEN_INK = (25, 20, 20), (60, 125, 20)  # an opaque health code is green
COATS = ((120, 84, 52), (62, 62, 138), (84, 110, 64), (140, 132, 120), (52, 60, 72), (96, 64, 112))
SKINS = ((164, 190, 226), (140, 172, 214), (120, 150, 196))
HAIRS = ((28, 26, 30), (40, 44, 60), (150, 150, 155))
MASK = (232, 226, 214)


@dataclass(frozen=True, slots=True)
class Looks:
    """How one person looks, the same at every visit."""

    coat: Colour
    skin: Colour
    hair: Colour
    masked: bool
    tall: float
    phone: bool


class Simulated:
    """The street through a lens of `asked.width` x `asked.height`; the time alone decides what is seen."""

    def __init__(
        self,
        street: Street,
        asked: Asked,
        unix_s: Callable[[], float] = time.time,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._street = street
        self._unix_s = unix_s
        self._monotonic_s = monotonic_s
        self._size = (asked.width, asked.height)
        self._scene = _scene(*self._size)
        self._grain = _grain(*self._size)
        self._count = 0
        self._held = lru_cache(maxsize=4)(_held)

    def frame(self, timeout_s: float) -> Frame | None:
        """The picture of this moment, drawn now."""
        return Frame(self.picture(self._unix_s()), self._monotonic_s())

    remark = ""

    def limits(self) -> None:
        """The light of the street is always right."""

    def exposure(self) -> Exposure:
        """As it would be on a bright day."""
        return Exposure(10_000, 0.0)

    def expose(self, exposure: Exposure) -> bool:
        """It is drawn with one exposure."""
        return False

    def close(self) -> None:
        """Nothing to let go of."""

    def picture(self, unix_s: float) -> Picture:
        """What is seen at `unix_s`."""
        standing = self._street.at(unix_s)
        picture = self._scene.copy()
        if standing.nearness > 0.02:
            person = self._street.person(standing)
            if standing.face:
                person = Person(name=person.companions[standing.face - 1].name)
            self._draw(picture, person, standing, unix_s)
        self._count += 1
        grain = self._grain[self._count % len(self._grain)]
        return cv2.add(picture, grain, dtype=cv2.CV_8U)  # type: ignore[return-value]

    def _draw(self, picture: Picture, person: Person, standing: Standing, unix_s: float) -> None:
        looks = _looks(person.name)
        near = 0.35 + 0.65 * standing.nearness
        unit = self._size[1] / 720
        sway = 9 * sin(unix_s * 1.7) + 5 * sin(unix_s * 2.9 + 1)
        side = (1 - standing.nearness) * (420 if standing.phase == "leaving" else -420)
        centre = (self._size[0] * 0.56 + (side + sway) * unit, self._size[1] * (1.0 - 0.66 * near * looks.tall))
        _draw_person(picture, looks, centre, 118 * near * unit)
        if person.text and standing.code_shown and not standing.face:
            card = self._held(person.text, looks.phone, person.note, round(unit, 3))
            middle = (centre[0] - 185 * unit, self._size[1] * 0.62 + sway * unit)
            _hold(picture, card, middle, near, unix_s)
            thumb = (round(middle[0] + card.shape[1] * near * 0.47), round(middle[1] + card.shape[0] * near * 0.42))
            cv2.ellipse(picture, thumb, (round(40 * unit), round(17 * unit)), 20, 0, 360, looks.skin, -1, cv2.LINE_AA)
            if standing.nearness < 1:
                _smear(picture, round(5 * unit))


def _looks(name: str) -> Looks:
    pick = hashlib.blake2b(name.encode(errors="replace"), digest_size=6).digest()
    return Looks(
        coat=COATS[pick[0] % len(COATS)],
        skin=SKINS[pick[1] % len(SKINS)],
        hair=HAIRS[pick[2] % len(HAIRS)],
        masked=pick[3] % 4 > 0,
        tall=0.94 + 0.12 * pick[4] / 255,
        phone=pick[5] % 3 > 0,
    )


def _scene(width: int, height: int) -> Picture:
    """A compound's gate in the morning: wall, gate, pavement; out of focus, as behind somebody near."""
    scene = np.empty((720, 1280, 3), np.uint8)
    scene[:] = np.linspace((214, 200, 180), (176, 178, 180), 720, dtype=np.float32)[:, None, :].astype(np.uint8)
    for left, right, top, colour in (
        (0, 300, 130, (132, 146, 160)),
        (980, 1280, 90, (126, 138, 150)),
        (300, 350, 60, (96, 104, 116)),
        (930, 980, 60, (96, 104, 116)),
    ):
        cv2.rectangle(scene, (left, top), (right, 560), colour, -1)
    for x in range(40, 300, 86):
        cv2.rectangle(scene, (x, 190), (x + 46, 270), (96, 92, 84), -1)
        cv2.rectangle(scene, (x, 330), (x + 46, 410), (110, 116, 108), -1)
    for x in range(360, 930, 38):
        cv2.line(scene, (x, 120), (x, 560), (72, 76, 82), 6)
    cv2.line(scene, (350, 150), (930, 150), (70, 74, 80), 10)
    cv2.ellipse(scene, (1120, 180), (130, 110), 0, 0, 360, (86, 132, 92), -1)
    cv2.rectangle(scene, (560, 66), (720, 112), (52, 44, 170), -1)
    cv2.rectangle(scene, (0, 560), (1280, 720), (138, 142, 146), -1)
    cv2.line(scene, (0, 640), (1280, 640), (150, 196, 208), 12)
    return cv2.resize(cv2.GaussianBlur(scene, (0, 0), 5), (width, height))  # type: ignore[return-value]


def _grain(width: int, height: int) -> list[NDArray[np.int16]]:
    """Four patterns of a sensor's noise."""
    chance = np.random.default_rng(1)
    grey = (chance.normal(0, 2.5, (height, width, 1)).astype(np.int16) for _ in range(4))
    return [np.repeat(pattern, 3, axis=2) for pattern in grey]


def _draw_person(picture: Picture, looks: Looks, centre: tuple[float, float], head: float) -> None:
    """Head, mask and shoulders; `centre` is the middle of the face and `head` half its height, in pixels."""

    def at(x: float, y: float) -> tuple[int, int]:
        return round(centre[0] + x * head), round(centre[1] + y * head)

    def oval(middle: tuple[float, float], half: tuple[float, float], colour: Colour, *, upto: int = 360) -> None:
        axes = (max(1, round(half[0] * head)), max(1, round(half[1] * head)))
        cv2.ellipse(picture, at(*middle), axes, 0, 180 if upto < 360 else 0, upto, colour, -1, cv2.LINE_AA)

    body = [(-0.45, 0.8), (-1.5, 1.35), (-2.0, 2.4), (-2.2, 6), (2.2, 6), (2.0, 2.4), (1.5, 1.35), (0.45, 0.8)]
    dark: Colour = (looks.coat[0] * 3 // 4, looks.coat[1] * 3 // 4, looks.coat[2] * 3 // 4)
    cv2.fillPoly(picture, [np.array([at(x, y) for x, y in body], np.int32)], looks.coat, cv2.LINE_AA)
    cv2.line(picture, at(0, 1.3), at(0, 6), dark, max(1, round(head / 16)), cv2.LINE_AA)
    oval((0, 0.75), (0.42, 0.7), looks.skin)
    oval((0, -0.12), (0.86, 1.06), looks.hair)
    oval((0, 0), (0.76, 1.0), looks.skin)
    cv2.ellipse(
        picture, at(0, -0.25), (round(0.8 * head), round(0.86 * head)), 0, 180, 360, looks.hair, -1, cv2.LINE_AA
    )
    oval((0, -0.2), (0.7, 0.42), looks.skin)
    for x in (-0.3, 0.3):
        oval((x, -0.02), (0.1, 0.06), (40, 36, 36))
        cv2.line(picture, at(x - 0.15, -0.2), at(x + 0.15, -0.2), looks.hair, max(1, round(head / 22)), cv2.LINE_AA)
    if looks.masked:
        mask = [(-0.68, 0.2), (0, 0.1), (0.68, 0.2), (0.5, 0.78), (0, 0.98), (-0.5, 0.78)]
        cv2.fillPoly(picture, [np.array([at(x, y) for x, y in mask], np.int32)], MASK, cv2.LINE_AA)
        cv2.line(picture, at(-0.55, 0.48), at(0.55, 0.48), (206, 200, 190), max(1, round(head / 30)), cv2.LINE_AA)
    else:
        cv2.ellipse(picture, at(0, 0.5), (round(0.22 * head), round(0.08 * head)), 0, 0, 180, (110, 110, 170), -1)


def _held(text: str, phone: bool, note: Note, unit: float) -> Picture:
    """A phone or a card with the code of `text`, seen from straight ahead, in pixels of the picture."""
    code = segno.make_qr(text)
    modules = np.pad(np.array(code.matrix, np.uint8), QUIET)
    side = round(min(max(CODE_PX[0], len(modules) * MODULE_PX), CODE_PX[1]) * unit)
    ink = cv2.resize(modules, (side, side), interpolation=cv2.INTER_NEAREST)
    face = np.full((side, side, 3), 244, np.uint8)
    face[ink > 0] = GREEN_INK if note is Note.ONLINE else INK
    if note is Note.UNREADABLE:
        _spoil(face)
    edge, foot = side // (14 if phone else 24), side // 4
    card = np.full((side + foot + 3 * edge, side + 2 * edge, 3), 30 if phone else 236, np.uint8)
    if phone:
        card[edge:-edge, edge:-edge] = 250
    card[edge + foot : edge + foot + side, edge : edge + side] = face
    bar = (180, 120, 40) if phone else (60, 60, 160)
    cv2.rectangle(card, (edge * 2, edge * 2), (side, edge + foot // 2), bar, -1)
    cv2.rectangle(card, (edge * 2, edge + foot * 2 // 3), (side * 2 // 3, edge + foot * 5 // 6), (150, 150, 150), -1)
    return card


def _spoil(face: Picture) -> None:
    """A crumpled, wet print: a corner is gone under glare and the rest has run. No decoder can mend that."""
    side = len(face)
    torn = np.random.default_rng(7).integers(0, 2, (9, 9), np.uint8) * 200 + 30
    stain = cv2.resize(torn, (side, side), interpolation=cv2.INTER_CUBIC)
    face[:] = cv2.addWeighted(face, 0.6, cv2.merge([stain, stain, stain]), 0.4, 0)
    cv2.ellipse(face, (side // 5, side // 5), (side * 2 // 5, side // 4), 40, 0, 360, (252, 252, 252), -1, cv2.LINE_AA)
    face[:] = cv2.GaussianBlur(face, (0, 0), side / 30)


def _hold(picture: Picture, card: Picture, middle: tuple[float, float], near: float, unix_s: float) -> None:
    """Puts `card` into the picture, a little turned and tilted by a hand that is never still."""
    height, width = card.shape[0] * near, card.shape[1] * near
    turn, tilt = 0.05 * sin(unix_s * 1.3), 0.05 + 0.03 * sin(unix_s * 0.9 + 2)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32) * (width / 2, height / 2)
    corners[:2, 0] *= 1 - tilt
    corners[1:3, 1] *= 1 - 0.04 * sin(unix_s * 1.1)
    spun = corners @ np.array([[1, turn], [-turn, 1]], np.float32) + middle
    left, top = np.maximum(np.floor(spun.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(spun.max(axis=0)).astype(int), (picture.shape[1], picture.shape[0]))
    if right <= left or bottom <= top:
        return
    ends = np.array([(0, 0), (card.shape[1], 0), (card.shape[1], card.shape[0]), (0, card.shape[0])], np.float32)
    warp = cv2.getPerspectiveTransform(ends, (spun - (left, top)).astype(np.float32))
    patch = picture[top:bottom, left:right]
    size = (int(right - left), int(bottom - top))
    seen = cv2.warpPerspective(
        card, warp, size, dst=patch.copy(), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT
    )
    patch[:] = cv2.GaussianBlur(seen, (0, 0), 0.8)


def _smear(picture: Picture, length: int) -> None:
    """The blur of somebody who walks."""
    if length > 1:
        cv2.blur(picture, (length, 1), dst=picture)


def open_device(arg: str, asked: Asked | None = None) -> Simulated:
    """`simulated:DECK`: the people of a deck file. Raises SettingsError when the deck is wrong."""
    if not arg:
        raise SettingsError("name a deck file, as in simulated:var/simulation/deck.json")
    street = load_street(Path(arg))
    for person in street.deck.people:
        if len(person.text.encode()) > MOST_BYTES and not set(person.text) <= DENSER:
            raise SettingsError(f"{arg}: {person.name}: the text is too long for a QR code; shorten it")
    camera = Simulated(street, asked or Asked())
    _held("码 é", True, Note.GOOD, 1.0)  # loads the text encodings while files may still be opened
    return camera
