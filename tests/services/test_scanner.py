"""The scanner: what a turn tells the gate, and a real process that hostile pictures cannot break out of."""

import collections
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import cv2
import numpy as np
import pytest

from hardware.pictures import BadPicture
from hardware.simulation import Deck, Person, dump_deck
from kiosk.core.faults import CameraFault, LinkDown
from kiosk.core.ports import Frame, Picture, Sighting
from kiosk.services import link
from kiosk.services.messages import CameraState, Looked, PictureTaken, ScannerPush, ShowPictures
from kiosk.services.scanner import Gate, Watch
from kiosk.settings import Places, ScannerSection
from tests.bench.stream_mutated import mutated
from tests.support.pictures import HOSTILE, encoded, qr, qr_bytes

ROOT = Path(__file__).parents[2]
LONG_S = 20.0  # a process starts in one second; nobody waits so long unless something is broken
SCENE = np.full((720, 1280, 3), 90, np.uint8)


class Clock:
    """A clock that runs only while somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class FakeGate:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[ScannerPush] = []
        self.pictures_hz = 0.0

    def send(self, message: ScannerPush) -> None:
        self.told.append(message)

    def looks(self) -> list[Looked]:
        return [message for message in self.told if isinstance(message, Looked)]


class FakeCamera:
    """Gives what a test put there: pictures, None, or faults."""

    def __init__(self, clock: Clock, *gives: Picture | BaseException | None) -> None:
        self._clock, self._gives = clock, iter(gives)

    def frame(self, timeout_s: float) -> Frame | None:
        given = next(self._gives, None)
        if isinstance(given, BaseException):
            raise given
        if given is None:
            self._clock.sleep(timeout_s)
            return None
        return Frame(given, self._clock(), "a label")

    def close(self) -> None:
        pass


class FakeScanner:
    """Answers with a text, or throws."""

    def __init__(self, answer: str | Exception) -> None:
        self._answer = answer

    def sightings(self, picture: Picture) -> tuple[Sighting, ...]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return (Sighting(self._answer, ((100, 100), (300, 100), (300, 300), (100, 300))),)


def watch(
    *gives: Picture | BaseException | None, answer: str | Exception = "KP1:X", fps: float = 10
) -> tuple[Watch, FakeGate, Clock]:
    clock, gate = Clock(), FakeGate()
    camera = FakeCamera(clock, *gives)
    settings = ScannerSection(fps=fps)
    return Watch("main", camera, FakeScanner(answer), gate, settings, clock, clock.sleep), gate, clock  # type: ignore[arg-type]


def test_a_turn_tells_every_text_with_the_frames_time_and_label() -> None:
    eye, gate, clock = watch(SCENE)
    eye.turn()
    assert gate.told == [Looked(camera=CameraState.OK, texts=("KP1:X",), taken_s=clock.now_s, label="a label")]


def test_the_same_text_is_told_in_every_frame() -> None:
    eye, gate, _ = watch(SCENE, SCENE, SCENE)
    for _ in range(3):
        eye.turn()
    assert [look.texts for look in gate.looks()] == [("KP1:X",)] * 3


def test_frames_are_looked_at_as_often_as_the_settings_say() -> None:
    eye, gate, clock = watch(*[SCENE] * 100, fps=10)
    began_s = clock.now_s
    while clock.now_s < began_s + 3:
        eye.turn()
    assert len([look for look in gate.looks() if look.texts]) == pytest.approx(30, abs=1)


def test_at_one_frame_a_second_the_gate_still_hears_twice_a_second() -> None:
    eye, _, clock = watch(*[SCENE] * 100, fps=1)
    heard = []
    for _ in range(30):
        eye.turn()
        heard.append(clock.now_s)
    assert max(np.diff(heard)) <= 0.5


def test_without_frames_the_camera_is_starting_then_stalled() -> None:
    eye, gate, _ = watch()
    states = []
    for _ in range(12):
        eye.turn()
        states.append(gate.looks()[-1].camera)
    assert states[0] is CameraState.STARTING
    assert states[-1] is CameraState.STALLED


def test_a_camera_that_stops_giving_frames_is_stalled_after_a_second() -> None:
    eye, gate, clock = watch(SCENE)
    eye.turn()
    eye.turn()
    assert gate.looks()[-1].camera is CameraState.OK
    clock.now_s += 1
    eye.turn()
    assert gate.looks()[-1].camera is CameraState.STALLED


def test_an_unplugged_camera_is_told_before_the_process_gives_up() -> None:
    eye, gate, _ = watch(CameraFault("camera /dev/video0 was unplugged; plug it in again"))
    with pytest.raises(CameraFault):
        eye.turn()
    assert gate.looks()[-1].camera is CameraState.UNPLUGGED
    assert "plug it in" in gate.looks()[-1].detail


def test_a_bad_picture_is_named_and_the_next_one_shown() -> None:
    eye, gate, _ = watch(BadPicture("bad.png: not a picture"), SCENE)
    eye.turn()
    eye.turn()
    assert [(look.camera, look.detail) for look in gate.looks()] == [
        (CameraState.OK, "bad.png: not a picture"),
        (CameraState.OK, ""),
    ]


def test_after_the_last_picture_the_gate_hears_that_the_source_has_ended() -> None:
    eye, gate, _ = watch(EOFError())
    eye.turn()
    assert gate.looks()[-1].camera is CameraState.ENDED


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("zbar"), ValueError("x"), cv2.error("assertion")])
def test_a_decoder_that_throws_costs_one_frame_and_is_named(error: Exception) -> None:
    eye, gate, _ = watch(SCENE, answer=error)
    eye.turn()
    assert gate.looks()[-1].texts == ()
    assert type(error).__name__ in gate.looks()[-1].detail


def test_pictures_are_sent_only_as_often_as_the_gate_asked() -> None:
    eye, gate, clock = watch(*[SCENE] * 200, fps=10)
    for hz, expected in ((0.0, 0), (4.0, 20), (10.0, 50), (0.0, 0)):
        gate.pictures_hz = hz
        gate.told.clear()
        until_s = clock.now_s + 5
        while clock.now_s < until_s:
            eye.turn()
        pictures = [message for message in gate.told if isinstance(message, PictureTaken)]
        assert len(pictures) == pytest.approx(expected, abs=2)
        assert len(pictures) <= hz * 5 + 1


def test_a_picture_is_a_small_jpeg_of_the_lane() -> None:
    eye, gate, _ = watch(SCENE)
    gate.pictures_hz = 10
    eye.turn()
    taken = gate.told[-1]
    assert isinstance(taken, PictureTaken)
    assert taken.lane == "main"
    assert cv2.imdecode(np.frombuffer(taken.jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (270, 480, 3)
    assert len(taken.jpeg) < 20_000


def test_the_gates_wish_for_pictures_is_heard_and_its_end_noticed() -> None:
    ours, theirs = socket.socketpair()
    gate = Gate(ours)
    link.send(theirs, ShowPictures(hz=4))
    gate.send(Looked(camera=CameraState.OK))
    assert link.receive(theirs, ScannerPush) == Looked(camera=CameraState.OK)
    theirs.close()
    assert gate.gone.wait(LONG_S)
    assert gate.pictures_hz == 4
    with pytest.raises(LinkDown):
        gate.send(Looked(camera=CameraState.OK))
    ours.close()


# --- Real processes ------------------------------------------------------------------------------------


class Process:
    """A scanner process and the gate's end of its connection."""

    def __init__(self, folder: Path, arguments: list[str], environment: dict[str, str]) -> None:
        self.socket = Places(folder, folder / "run").scanner_socket("main")
        self._listening = link.listen(self.socket)
        self._listening.settimeout(LONG_S)
        self.errors = folder / "stderr"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=ROOT, env=os.environ | environment, stderr=errors
            )
        self.gate, _ = self._listening.accept()
        self.gate.settimeout(LONG_S)

    def next(self, wanted: Callable[[Looked], bool]) -> Looked:
        """The next look of which `wanted` holds."""
        while True:
            message = link.receive(self.gate, ScannerPush)
            if isinstance(message, Looked) and wanted(message):
                return message

    def rest(self) -> list[Looked]:
        """Everything that still comes until it hangs up."""
        looks = []
        with suppress(LinkDown):
            while True:
                message = link.receive(self.gate, ScannerPush)
                looks += [message] if isinstance(message, Looked) else []
        return looks

    def close(self) -> None:
        self.gate.close()
        self._listening.close()
        self.process.kill()
        self.process.wait(LONG_S)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts a scanner: `started("kiosk", "scanner", ...)`, or with a hostile decoder `started(deed="crash")`."""
    running: list[Process] = []

    def start(*arguments: str, deed: str = "", **environment: str) -> Process:
        if deed:
            camera = pictures(
                tmp_path / "pictures", a=qr("KP1:BEFORE"), b=np.zeros((300, 300), np.uint8), c=qr("KP1:AFTER")
            )
            socket_path = str(Places(tmp_path, tmp_path / "run").scanner_socket("main"))
            arguments = ("tests.support.hostile_scanner", "live", socket_path, f"stills:{camera},frames=1", deed)
        running.append(Process(tmp_path, list(arguments), environment))
        return running[-1]

    yield start
    for process in running:
        process.close()


def pictures(folder: Path, **shown: Picture) -> Path:
    folder.mkdir()
    for name, picture in shown.items():
        (folder / f"{name}.png").write_bytes(encoded(picture))
    return folder


def scanner(tmp_path: Path, camera: str) -> list[str]:
    return ["kiosk", "scanner", "--lane", "main", "--camera", camera, "--state", str(tmp_path)]


def test_a_real_scanner_reads_the_simulated_street_and_shows_it(
    tmp_path: Path, started: Callable[..., Process]
) -> None:
    deck = Deck(people=(Person(name="林", text="KP1:HELLO"),), walking_s=0.1, presenting_s=100, start=0, gap_s=0)
    dump_deck(deck, tmp_path / "deck.json")
    process = started(*scanner(tmp_path, f"simulated:{tmp_path / 'deck.json'}"))
    link.send(process.gate, ShowPictures(hz=10))
    look = process.next(lambda look: bool(look.texts))
    assert look.texts == ("KP1:HELLO",)
    assert look.taken_s > 0
    while not isinstance(link.receive(process.gate, ScannerPush), PictureTaken):
        pass


def test_a_sealed_scanner_goes_on_watching_its_camera_and_finds_it_well(
    tmp_path: Path, started: Callable[..., Process]
) -> None:
    deck = Deck(people=(Person(name="林", text="KP1:HELLO"),), walking_s=0.1, presenting_s=100, start=0, gap_s=0)
    dump_deck(deck, tmp_path / "deck.json")
    process = started(*scanner(tmp_path, f"simulated:{tmp_path / 'deck.json'}"))
    looks = [process.next(lambda look: look.camera is not CameraState.STARTING) for _ in range(25)]
    assert {look.camera for look in looks} == {CameraState.OK}
    assert process.process.poll() is None


def test_hostile_files_are_each_one_line_and_the_good_one_is_read(
    tmp_path: Path, started: Callable[..., Process]
) -> None:
    folder = pictures(tmp_path / "pictures", zz_last=qr("KP1:LAST"))
    for name, (data, _) in HOSTILE.items():
        (folder / name).write_bytes(data)
    process = started(*scanner(tmp_path, f"stills:{folder},frames=1"))
    named = []
    while not (look := process.next(lambda look: bool(look.detail or look.texts))).texts:
        named.append(look.detail)
    assert look.texts == ("KP1:LAST",)
    assert [line.split(":")[0] for line in named] == sorted(HOSTILE)
    assert process.process.poll() is None
    process.next(lambda look: look.camera is CameraState.ENDED)


def test_a_taken_over_decoder_reaches_no_file_no_socket_and_no_child(started: Callable[..., Process]) -> None:
    process = started(deed="break_out")
    assert process.next(lambda look: bool(look.texts)).texts == ("KP1:BEFORE",)
    assert process.next(lambda look: bool(look.texts)).texts == ("free: ",)
    assert process.next(lambda look: bool(look.texts)).texts == ("KP1:AFTER",)


@pytest.mark.parametrize(("deed", "named"), [("eat", "MemoryError"), ("throw", "RuntimeError")])
def test_a_bomb_or_an_error_costs_one_frame(started: Callable[..., Process], deed: str, named: str) -> None:
    process = started(deed=deed)
    assert process.next(lambda look: bool(look.texts)).texts == ("KP1:BEFORE",)
    assert named in process.next(lambda look: bool(look.detail)).detail
    assert process.next(lambda look: bool(look.texts)).texts == ("KP1:AFTER",)


def test_a_crash_ends_the_process_and_nothing_else(started: Callable[..., Process]) -> None:
    process = started(deed="crash")
    assert [look.texts for look in process.rest() if look.texts] == [("KP1:BEFORE",)]
    assert process.process.wait(LONG_S) < 0


def test_a_hang_in_native_code_stops_feeding_the_watchdog(tmp_path: Path, started: Callable[..., Process]) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "n"))
        systemd.settimeout(LONG_S)
        process = started(deed="hang", NOTIFY_SOCKET=str(tmp_path / "n"), WATCHDOG_USEC="200000")
        while (message := systemd.recv(200)) != b"READY=1":
            assert message != b"WATCHDOG=1"
        process.next(lambda look: look.texts == ("KP1:BEFORE",))
        systemd.settimeout(1.0)  # five watchdog periods
        with pytest.raises(TimeoutError):
            collections.deque(iter(lambda: systemd.recv(200), b""), maxlen=0)
        assert process.process.poll() is None  # it hangs: killing it is the supervisor's


def test_when_the_gate_hangs_up_the_scanner_ends(tmp_path: Path, started: Callable[..., Process]) -> None:
    (tmp_path / "x.png").write_bytes(qr_bytes("x"))
    process = started(*scanner(tmp_path, f"stills:{tmp_path / 'x.png'},loop=yes"))
    process.next(lambda look: bool(look.texts))
    process.gate.close()
    assert process.process.wait(LONG_S) == 1
    assert process.errors.read_text().count("\n") == 1


def test_a_missing_camera_is_told_until_it_is_there(tmp_path: Path, started: Callable[..., Process]) -> None:
    file = tmp_path / "later.png"
    process = started(*scanner(tmp_path, f"stills:{file}"))
    look = process.next(lambda look: look.camera is CameraState.UNPLUGGED)
    assert "no such file" in look.detail
    fresh = tmp_path / "fresh"
    fresh.write_bytes(qr_bytes("KP1:PLUGGED"))
    fresh.rename(file)
    assert process.next(lambda look: bool(look.texts)).texts == ("KP1:PLUGGED",)


def test_spoilt_pictures_cost_the_gate_no_more_than_missed_frames(
    tmp_path: Path, started: Callable[..., Process]
) -> None:
    folder = pictures(tmp_path / "pictures", zz_last=qr("KP1:LAST"))
    for number in range(60):
        (folder / f"{number:03}.png").write_bytes(mutated(number))
    process = started(*scanner(tmp_path, f"stills:{folder},frames=1"))
    looks = []
    while not looks or "KP1:LAST" not in looks[-1].texts:
        looks.append(process.next(lambda look: bool(look.label or look.detail or look.texts)))
    assert len(looks) >= 50
    assert {look.camera for look in looks} == {CameraState.OK}
    assert process.process.poll() is None
