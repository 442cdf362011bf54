"""Hand scanners: what each driver tells, and a scanner on a cable that a test plugs and unplugs."""

from __future__ import annotations

import errno
import fcntl
import os
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

import hardware
from hardware.hand_scanners import _devices
from hardware.hand_scanners._devices import Keyboard, Taken, Wanted, keyboards
from hardware.hand_scanners._typing import Habits
from hardware.hand_scanners.evdev import EvdevHandScanner
from hardware.hand_scanners.simulated import SimulatedHandScanner
from kiosk.core.faults import SettingsError
from tests.support.keystrokes import dropped, events, report, typed

LONG_S = 10.0  # nobody waits so long unless something is broken
WANTED = Wanted(name="Honeywell")


class Cable:
    """What opens the device: in place of the kernel's file there is a pipe that a test writes into."""

    def __init__(self) -> None:
        self.plugged = True
        self.refusal = errno.ENOENT
        self.taken: queue.SimpleQueue[int] = queue.SimpleQueue()  # the ends to write into

    def __call__(self, wanted: Wanted) -> Taken:
        if not self.plugged:
            raise OSError(self.refusal, os.strerror(self.refusal))
        ours, theirs = os.pipe2(os.O_NONBLOCK)
        self.taken.put(theirs)
        return Taken(ours, "a scanner")


class Heard:
    """What a hand scanner told."""

    def __init__(self) -> None:
        self.texts: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.states: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()

    def became(self, state: str, detail: str) -> None:
        self.states.put((state, detail))


@pytest.fixture
def cable(monkeypatch: pytest.MonkeyPatch) -> Cable:
    monkeypatch.setattr("hardware.hand_scanners.evdev.LOOK_AGAIN_S", 0.01)
    return Cable()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def scanner(cable: Cable, heard: Heard) -> Iterator[EvdevHandScanner]:
    made = EvdevHandScanner(WANTED, Habits(), cable)
    yield made
    made.close()


def test_a_code_is_told_once_after_the_pause(scanner: EvdevHandScanner, cable: Cable, heard: Heard) -> None:
    scanner.listen(heard.texts.put, heard.became)
    os.write(cable.taken.get(timeout=LONG_S), events(typed("KP1:HELLO\n")))
    assert heard.texts.get(timeout=LONG_S) == "KP1:HELLO"
    assert heard.texts.empty()


def test_events_that_come_in_pieces_are_put_together(scanner: EvdevHandScanner, cable: Cable, heard: Heard) -> None:
    scanner.listen(heard.texts.put, heard.became)
    end = cable.taken.get(timeout=LONG_S)
    sent = events(typed("KP1:HELLO\n"))
    for at in range(0, len(sent), 37):
        os.write(end, sent[at : at + 37])
    assert heard.texts.get(timeout=LONG_S) == "KP1:HELLO"


def test_an_unplugged_scanner_is_named_and_taken_again_when_it_returns(
    scanner: EvdevHandScanner, cable: Cable, heard: Heard
) -> None:
    scanner.listen(heard.texts.put, heard.became)
    end = cable.taken.get(timeout=LONG_S)
    assert heard.states.get(timeout=LONG_S) == ("ok", "")
    os.write(end, events(typed("HALF A CO")))
    cable.plugged = False
    os.close(end)
    state, detail = heard.states.get(timeout=LONG_S)
    assert (state, "was unplugged; plug it in again" in detail) == ("unplugged", True)
    cable.plugged = True
    os.write(cable.taken.get(timeout=LONG_S), events(typed("KP1:WHOLE\n")))
    assert heard.texts.get(timeout=LONG_S) == "KP1:WHOLE"


@pytest.mark.parametrize(
    ("number", "state", "says"),
    [
        (errno.ENOENT, "unplugged", "is not there; plug it in"),
        (errno.ENODEV, "unplugged", "is not there; plug it in"),
        (errno.EBUSY, "fault", "held by another program"),
        (errno.EACCES, "fault", "group input"),
        (errno.ENOTTY, "fault", "is no keyboard"),
    ],
)
def test_a_scanner_that_cannot_be_taken_says_why_and_comes_by_itself(
    scanner: EvdevHandScanner, cable: Cable, heard: Heard, number: int, state: str, says: str
) -> None:
    cable.plugged, cable.refusal = False, number
    scanner.listen(heard.texts.put, heard.became)
    told = heard.states.get(timeout=LONG_S)
    assert told[0] == state
    assert says in told[1]
    cable.plugged = True
    while heard.states.get(timeout=LONG_S) != ("ok", ""):
        pass


def test_a_code_of_which_keys_were_lost_is_left_out_and_said_so(
    scanner: EvdevHandScanner, cable: Cable, heard: Heard
) -> None:
    scanner.listen(heard.texts.put, heard.became)
    end = cable.taken.get(timeout=LONG_S)
    os.write(end, events(typed("HALF")) + dropped() + events(typed("X"))[:24] + report())
    while "keys were lost" not in heard.states.get(timeout=LONG_S)[1]:
        pass
    os.write(end, events(typed("WHOLE\n")))
    assert heard.texts.get(timeout=LONG_S) == "WHOLE"


def test_closing_ends_it_at_once_and_may_happen_twice(scanner: EvdevHandScanner, cable: Cable, heard: Heard) -> None:
    scanner.listen(heard.texts.put, heard.became)
    cable.taken.get(timeout=LONG_S)
    scanner.close()
    assert scanner._thread is not None
    assert not scanner._thread.is_alive()
    scanner.close()


def test_one_that_nobody_listened_to_can_be_closed(cable: Cable) -> None:
    EvdevHandScanner(WANTED, Habits(), cable).close()


# --- Which device -----------------------------------------------------------------------------------------------


def test_the_scanner_is_found_by_a_part_of_its_name_or_by_its_id(tmp_path: Path) -> None:
    volunteers = Keyboard("/dev/input/event0", "Cherry Keyboard", "046a:0011")
    scanner = Keyboard("/dev/input/event3", "Honeywell 1470g Scanner", "0c2e:0b61")
    for wanted in (Wanted(name="honeywell"), Wanted(id="0C2E:0B61"), Wanted(name="scanner", id="0c2e:0b61")):
        assert [found for found in (volunteers, scanner) if found.is_meant_by(wanted)] == [scanner]


def test_keyboards_are_listed_by_number_and_those_that_cannot_be_opened_left_out(tmp_path: Path) -> None:
    for name in ("event10", "event2", "event3", "mouse0", "eventual"):
        (tmp_path / name).touch()

    def look(path: str) -> Keyboard | None:
        if path.endswith("event3"):
            raise PermissionError(errno.EACCES, "no")
        return Keyboard(path, "x", "0000:0000")

    assert [found.path[-7:] for found in keyboards(tmp_path, look)] == ["/event2", "event10"]


def test_a_file_that_is_no_keyboard_is_let_go_of(tmp_path: Path) -> None:
    file = tmp_path / "event0"
    file.touch()
    assert list(keyboards(tmp_path)) == []
    with pytest.raises(OSError):
        _devices.take(Wanted(path=str(file)))
    with pytest.raises(FileNotFoundError):
        _devices.take(Wanted(path=str(file) + "1"))


def test_a_keyboard_is_told_from_a_mouse_by_its_keys_and_then_grabbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "event0"
    file.touch()
    asked: list[int] = []

    def ioctl(keys: int) -> object:
        def answer(number: int, request: int, given: object = 0) -> int:
            asked.append(request)
            kind = request >> 16 & 0x3FFF, request & 0xFF
            if kind == (96, 0x21):
                given[:] = type(given)("B", bytes([keys]) * 96)  # type: ignore[index, call-arg]
            elif kind == (256, 0x06):
                given[:4] = type(given)("B", b"Scan")  # type: ignore[index, call-arg]
            elif kind == (8, 0x02):
                given[1], given[2] = 0x0C2E, 0x0B61  # type: ignore[index]
            return 0

        return answer

    monkeypatch.setattr(fcntl, "ioctl", ioctl(0))
    assert list(keyboards(tmp_path)) == []
    monkeypatch.setattr(fcntl, "ioctl", ioctl(0xFF))
    assert list(keyboards(tmp_path)) == [Keyboard(str(file), "Scan", "0c2e:0b61")]
    taken = _devices.take(Wanted(path=str(file)))
    assert (taken.name, asked[-1]) == ("Scan", 0x40044590)  # EVIOCGRAB of linux/input.h
    taken.close()


# --- Specs, and the other drivers -------------------------------------------------------------------------------


def test_its_drivers() -> None:
    assert hardware.names("hand_scanner") == ["evdev", "none", "simulated"]


@pytest.mark.parametrize(
    "spec",
    ["evdev:name=Honeywell", "evdev:id=0c2e:0b61,layout=de", "evdev:/dev/input/by-id/usb-x-event-kbd,each_line=yes",
     "evdev:name=Newland,alt=unicode", "none", "simulated"],
)  # fmt: skip
def test_good_specs_open_though_nothing_is_plugged_in(spec: str) -> None:
    hardware.load("hand_scanner", spec).close()


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("evdev", "say which keyboard is the scanner"),
        ("evdev:layout=us", "say which keyboard is the scanner"),
        ("evdev:id=12", "must be vendor and product"),
        ("evdev:name=x,layout=qq", "must be one of us, uk, de, fr"),
        ("evdev:name=x,alt=big5", "must be gb18030 or unicode"),
        ("evdev:name=", "must be a part of the scanner's name"),
        ("none:x", "takes no argument"),
    ],
)
def test_a_wrong_spec_is_one_line_that_says_what_is_meant(spec: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        hardware.load("hand_scanner", spec)


def test_the_simulated_one_tells_what_is_scanned_until_it_is_unplugged(heard: Heard) -> None:
    scanner = SimulatedHandScanner()
    scanner.scan("before anybody listens")
    scanner.listen(heard.texts.put, heard.became)
    scanner.scan("KP1:A")
    scanner.unplug()
    scanner.scan("unplugged")
    scanner.plug_in()
    scanner.scan("KP1:B")
    scanner.close()
    scanner.scan("closed")
    assert [heard.texts.get_nowait(), heard.texts.get_nowait(), heard.texts.empty()] == ["KP1:A", "KP1:B", True]
    assert [heard.states.get_nowait()[0] for _ in range(3)] == ["ok", "unplugged", "ok"]


def test_without_one_it_works_and_nothing_is_read(heard: Heard) -> None:
    hardware.load("hand_scanner", "none").listen(heard.texts.put, heard.became)
    assert heard.states.get_nowait() == ("ok", "")
    assert heard.texts.empty()
