"""People who hold a code up to the gate's camera: what they hold, how they move, and what makes it hard.

`presentation(condition, number)` is always the same person; `frames` gives what the camera sees, ten times a second.
How strong a difficulty is varies evenly from hardly any to what is common at a bad gate (`CONDITIONS`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from math import exp, pi, sin

import cv2
import numpy as np
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from kiosk.core.formats import eu_dcc, local_pass, venue
from kiosk.core.model import Group
from kiosk.core.ports import Picture
from tests.bench import stream_optics as optics
from tests.bench.stream_optics import Lens, Light, Pose, Sensor
from tests.support import cards, mint

FRAMES, FPS = 8, 10.0
NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
Range = tuple[float, float]
QUIET = 4
LARGEST = 0.85  # of the picture's height: nobody holds a code so near that it does not fit


class Held(StrEnum):
    """What the code is on."""

    PHONE = "phone"
    COARSE = "coarse display"  # below 200 ppi: cheap phones, tablets, laptops
    PAPER = "paper"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Condition:
    """One kind of difficulty; each person draws their own strength from the ranges."""

    held: tuple[Held, ...] = (Held.PHONE, Held.PAPER, Held.CARD)
    texts: tuple[str, ...] = ("dcc", "smart", "pass", "venue")
    module_px: Range = (2.4, 4.5)  # of a module at 1280x720, when the person has come to a stand
    tilt: float = 14.0  # degrees, at most
    coming: Range = (0.1, 0.4)  # by how much farther away they are in the first frame
    shake_mm: Range = (1.0, 4.0)
    shake_hz: Range = (0.8, 1.8)
    exposure_s: Range = (0.004, 0.010)
    defocus_modules: Range = (0.0, 0.25)  # radius of the blur circle
    white: Range = (0.45, 0.9)  # linear light of the code's white; 1 saturates the sensor
    black: Range = (0.02, 0.10)  # of that white
    photons: Range = (2000, 6000)
    read_noise: Range = (0.002, 0.005)
    aperture: Range = (1.0, 1.0)
    sharp_px: Range = (0.3, 0.5)
    beat: Range = (0.0, 0.0)  # a display's pixels to one of the camera's
    lamps: Range = (0, 0)  # how many reflections of lamps or windows there are on glass or film
    lamp_light: Range = (0.0, 0.0)  # of each, on the same scale as white
    lamp_size: Range = (0.1, 0.3)  # of the code's width
    veil: Range = (0.0, 0.05)  # even reflection of the sky
    crumpled: float = 0.0  # modules by which film bends what is behind it
    drops: Range = (0, 0)
    dark_mode: bool = False
    jpeg: Range = (0, 0)


CONDITIONS: dict[str, Condition] = {
    "plain": Condition(tilt=25),
    "dense at 2 px": Condition(
        held=(Held.PHONE, Held.PAPER), texts=("dcc",), module_px=(2.0, 2.05), coming=(0, 0.03), tilt=8,
        shake_mm=(0.5, 2), defocus_modules=(0, 0.1),
    ),
    "dark mode": Condition(held=(Held.PHONE,), dark_mode=True),
    "defocus": Condition(defocus_modules=(0.5, 1.05)),
    "motion": Condition(shake_mm=(8, 20), shake_hz=(1.0, 2.0), exposure_s=(0.008, 0.022)),
    "moire": Condition(
        held=(Held.COARSE,), beat=(0.7, 0.9), module_px=(2.2, 2.9), sharp_px=(0.12, 0.16),
        aperture=(0.25, 0.3), coming=(0, 0.08), shake_mm=(0.5, 2), defocus_modules=(0, 0.02), veil=(0.72, 0.95),
    ),
    "glare": Condition(
        held=(Held.PHONE, Held.CARD), lamps=(1, 3), lamp_light=(0.6, 5), lamp_size=(0.15, 0.36), veil=(0.05, 0.3),
    ),
    "film": Condition(
        held=(Held.CARD, Held.PAPER), lamps=(2, 5), lamp_light=(0.3, 2.0), lamp_size=(0.05, 0.2), veil=(0.1, 0.35),
        crumpled=0.4,
    ),
    "low light": Condition(
        held=(Held.PAPER, Held.CARD), white=(0.02, 0.09), photons=(250, 900), read_noise=(0.002, 0.006),
        exposure_s=(0.010, 0.025), black=(0.05, 0.12),
    ),
    "rain": Condition(drops=(12, 26), veil=(0.03, 0.2)),
    "jpeg": Condition(jpeg=(8, 24), module_px=(2.0, 3.2), photons=(500, 3000)),
    "far": Condition(module_px=(1.3, 2.1), texts=("dcc", "pass", "venue"), coming=(0, 0.1)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Presentation:
    """One person, from coming to a stand; all that is random about them is drawn from `seed`."""

    condition: str
    seed: int
    held: Held
    text: str


def presentation(condition: str, number: int) -> Presentation:
    """The person of that number."""
    seed = int.from_bytes(sha256(f"{condition} {number}".encode()).digest()[:6])
    random = np.random.default_rng(seed)
    asked = CONDITIONS[condition]
    kind = asked.texts[number % len(asked.texts)]
    held = asked.held[number // len(asked.texts) % len(asked.held)]
    return Presentation(condition, seed, held, text_of(kind, int(random.integers(1000))))


@lru_cache(maxsize=64)
def text_of(kind: str, number: int) -> str:
    """A real code: a certificate, a card, a pass of ours, a venue. Keys that sign the same way make them repeatable."""
    key = Ed25519PrivateKey.from_private_bytes(sha256(b"gate stream").digest())
    name = f"Person{number} Example"
    match kind:
        case "dcc":
            certificate = mint.payload(name, "1980-02-29", NOW - timedelta(hours=5), positive=False)
            return eu_dcc.encode(
                certificate, issuer="XX", valid_from=NOW, valid_until=NOW + timedelta(days=2), key=key, kid=mint.KID
            )
        case "smart":
            header = cards.b64(
                json.dumps({"zip": "DEF", "alg": "ES256", "kid": cards.b64(key.sign(b"kid")[:32])}).encode()
            )
            covered = (
                f"{header}.{cards.b64(cards.deflate(json.dumps(cards.card(cards.result(), rid=str(number))).encode()))}"
            )
            return cards.qr(f"{covered}.{cards.b64(key.sign(covered.encode()))}")
        case "pass":
            return local_pass.issue(
                key, issuer="Compound", credential_id=number.to_bytes(8), name=name, person=f"R{number}",
                group=Group.RESIDENTS, valid_from=NOW, valid_until=NOW + timedelta(days=30), tested_at=None,
            )  # fmt: skip
    return venue.issue(key, issuer="Compound", venue_id=f"gate-{number}", name="South gate")


@lru_cache(maxsize=64)
def modules_of(text: str, quiet: int = QUIET) -> NDArray[np.uint8]:
    """The code's modules, 1 is dark, with the quiet zone around; error correction as each kind's issuers choose it.

    Q for EU certificates (HCERT specification, 4.2.2), L for health cards, which are long, M for ours.
    """
    correction = "q" if text.startswith("HC1:") else "l" if text.startswith("shc:") else "m"
    return np.pad(np.array(segno.make_qr(text, error=correction).matrix, np.uint8), quiet)


class Person:
    """A presentation before a camera of a given size."""

    def __init__(self, who: Presentation, width: int, height: int) -> None:
        self.random = np.random.default_rng(who.seed)
        self.asked, self.who = CONDITIONS[who.condition], who
        self.width, self.height = width, height
        self.strength = self.random.random()  # how bad it is today: what is correlated is drawn together
        self.scene = scene(width, height, who.seed)
        modules = modules_of(who.text)
        count = len(modules)
        self.white, self.black = self._draw("white"), self._draw("black")
        module_px = min(self._draw("module_px"), LARGEST * 720 / count)
        self.display_px = max(2, round(module_px * self._draw("beat")))
        module_mm = self._size(count)
        self.mm = count * module_mm
        self.z_mm = optics.FOCAL_720 * module_mm / module_px
        self.module_px = module_px * height / 720
        self.lens = Lens(
            sharp_px=self._draw("sharp_px"),
            defocus_px=self._draw("defocus_modules") * self.module_px,
            drops=self._drops(),
        )
        self.sensor = Sensor(
            self._draw("photons"), self._draw("read_noise"), self._draw("aperture"), int(self._draw("jpeg"))
        )
        self.exposure_s = self._draw("exposure_s")
        self.face = self._face(modules)
        self.veil = self._draw("veil") * self.white
        self.lamps = [
            (
                *self.random.uniform(-0.5, 0.5, 2),
                self._draw("lamp_size"),
                self._draw("lamp_light"),
                *self.random.uniform(0.3, 1.0, 2),
            )
            for _ in range(round(self._draw("lamps")))
        ]
        self.path = self._path()

    def _draw(self, what: str) -> float:
        low, high = getattr(self.asked, what)
        return float(self.random.uniform(low, high))

    def _size(self, count: int) -> float:
        """The width of a module in mm: a phone's screen, a sheet, a card."""
        if self.who.held is Held.COARSE:
            return float(self.random.uniform(0.11, 0.26)) * self.display_px
        width = {Held.PHONE: (52, 64), Held.PAPER: (45, 80), Held.CARD: (34, 46)}[self.who.held]
        return float(self.random.uniform(*width)) / count

    def _drops(self) -> tuple[tuple[float, float, float], ...]:
        unit = self.height / 720
        return tuple(
            (
                float(self.random.uniform(0, self.width)),
                float(self.random.uniform(0, self.height)),
                float(self.random.uniform(14, 60)) * unit,
            )
            for _ in range(round(self._draw("drops")))
        )

    def _face(self, modules: NDArray[np.uint8]) -> Light:
        white, black = self.white, self.white * self.black
        if self.asked.dark_mode:
            white, black = black, white
        if self.who.held is Held.COARSE:
            panel = (3, 0.0) if self.random.random() < 0.5 else (4, 0.6)  # OLED or LED; LCD
            return optics.display(modules, self.display_px, white, black, lit=panel)
        face = optics.print_out(modules, 10, white, black)
        if self.asked.crumpled:
            face = _crumple(face, self.asked.crumpled * 10 * self.random.random(), self.random)
        return face

    def _path(self) -> list[Pose]:
        """Where the code is at every thousandth of a second: they slow down before the camera, and hands shake."""
        random, asked = self.random, self.asked
        coming, side = self._draw("coming"), random.uniform(-20, 20)
        shakes = [
            (self._draw("shake_mm"), self._draw("shake_hz") * random.uniform(0.8, 1.2), random.uniform(0, 2 * pi))
            for _ in range(2)
        ]
        tremor = [(random.uniform(0.1, 0.4), random.uniform(7, 11), random.uniform(0, 2 * pi)) for _ in range(2)]
        tilts = random.uniform(-1, 1, 3) * (asked.tilt, asked.tilt, 12)
        turns = [(random.uniform(0.5, 2.5), random.uniform(0.6, 1.8), random.uniform(0, 2 * pi)) for _ in range(3)]
        reach = 0.5 * self.z_mm / optics.FOCAL_720
        room = [max(0.0, length * reach - self.mm * 0.62) for length in (1280, 720)]
        middle = random.uniform(-1, 1, 2) * np.minimum(room, (60, 25))
        path = []
        for millisecond in range(int(FRAMES / FPS * 1000)):
            t = millisecond / 1000
            slow = exp(-t / 0.25)
            x, y = (
                sum(a * sin(2 * pi * hz * t + phase) for a, hz, phase in (shakes[axis], tremor[axis]))
                for axis in (0, 1)
            )
            yaw, pitch, roll = (
                tilt + a * sin(2 * pi * hz * t + phase) for tilt, (a, hz, phase) in zip(tilts, turns, strict=True)
            )
            path.append(
                Pose(
                    middle[0] + x + side * slow, middle[1] + y * 0.6, self.z_mm * (1 + coming * slow), yaw, pitch, roll
                )
            )
        return path

    def frames(self) -> Iterator[Picture]:
        """What the camera sees."""
        for number in range(FRAMES):
            begins = int(number / FPS * 1000)
            ends = min(len(self.path) - 1, begins + max(1, round(self.exposure_s * 1000)))
            before, after = (optics.onto(self.path[at], self.width, self.height) for at in (begins, ends))
            share = self.exposure_s * 1000 / (ends - begins)
            moved = (after[:2, 2] / after[2, 2] - before[:2, 2] / before[2, 2]) * share
            face = self._reflections(self.path[begins])
            yield optics.expose(
                self.scene,
                face,
                self.mm,
                before,
                (float(moved[0]), float(moved[1])),
                self.lens,
                self.sensor,
                self.random,
            )

    def empty(self) -> Picture:
        """The same place before anybody comes."""
        lens = replace(self.lens, defocus_px=0.0)
        away = optics.onto(replace(self.path[0], x_mm=1e5), self.width, self.height)
        return optics.expose(self.scene, self.face, self.mm, away, (0, 0), lens, self.sensor, self.random)

    def _reflections(self, pose: Pose) -> Light:
        """The face with what its glass or film reflects: a mirror that turns turns what is seen by twice its angle."""
        if not self.lamps:
            return self.face + np.float32(self.veil) if self.veil else self.face
        size = 160
        rows, columns = (np.mgrid[0:size, 0:size] / size - 0.5).astype(np.float32)
        light = np.full((size, size), self.veil, np.float32)
        moves = np.radians([pose.yaw - self.path[0].yaw, pose.pitch - self.path[0].pitch]) * 2 * pose.z_mm / self.mm
        for x, y, radius, bright, stretch, edge in self.lamps:
            away = np.hypot(columns - x - moves[0], (rows - y - moves[1]) / stretch) / radius
            light += np.float32(bright * self.white) / (1 + np.exp((away - 1) * 12 * np.float32(edge)))
        return self.face + cv2.resize(light, self.face.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _crumple(face: Light, by: float, random: np.random.Generator) -> Light:
    """Bent as film bends what is behind it."""
    size = face.shape[0]
    bends = [
        cv2.resize(random.standard_normal((7, 7)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
        for _ in range(2)
    ]
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    return cv2.remap(
        face,
        columns + bends[0] * np.float32(by),
        rows + bends[1] * np.float32(by),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # type: ignore[return-value]


@lru_cache(maxsize=4)
def scene(width: int, height: int, seed: int = 1) -> Light:
    """A street out of focus behind whoever stands there: edges, leaves, a coat; linear light."""
    random = np.random.default_rng(seed)
    street = cv2.resize(
        random.uniform(0.05, 0.5, (9, 16)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    for _ in range(14):
        x, y = random.integers(0, (width, height))
        size = random.integers(20, 200, 2)
        cv2.rectangle(
            street, (int(x), int(y)), (int(x + size[0]), int(y + size[1])), float(random.uniform(0.03, 0.6)), -1
        )
    leaves = cv2.resize(random.uniform(-0.06, 0.06, (height // 6, width // 6)).astype(np.float32), (width, height))
    street = cv2.GaussianBlur(np.maximum(street + leaves, 0.01), (0, 0), 2.0 * height / 720)
    coat = (int(width * random.uniform(0.4, 0.6)), height)
    cv2.ellipse(
        street, coat, (width // 4, int(height * 0.9)), 0, 180, 360, float(random.uniform(0.03, 0.3)), -1, cv2.LINE_AA
    )
    return street  # type: ignore[return-value]
