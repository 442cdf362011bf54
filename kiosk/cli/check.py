"""`kiosk check`: what is connected, whether it works, and what to do about what does not.

While the gate runs it is asked, because it holds the devices; otherwise each device is opened for a moment.
"""

from __future__ import annotations

import os
import queue
import shutil
import ssl
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from click import style

import hardware
from hardware import i2c, names
from kiosk.cli._options import device_options, open_places, open_settings, state_option, with_devices
from kiosk.core.entry import EntryKind
from kiosk.core.faults import KioskError, LinkDown, StoreUnreadable
from kiosk.core.ports import LampPattern
from kiosk.core.view import DeviceView, GateView
from kiosk.locale import FOLDER, LANGUAGES, catalogue, words
from kiosk.locale import gettext as _
from kiosk.printing.paper import CJK_FONT, CJK_PACKAGE
from kiosk.services import link, online_service
from kiosk.services.book import BACKUP_LATE
from kiosk.services.clock import ClockState, SystemClock
from kiosk.services.messages import Follow, State
from kiosk.settings import Lane, Places, Settings
from kiosk.store import soundness
from kiosk.store.reader import Filter, Reader

LEAST_FREE = 512 * 1024 * 1024  # bytes: months of rows, and room for the write-ahead log
PICTURE_WITHIN_S = 5.0
ECHO_WITHIN_S = 1.0
DAMAGE_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    what: str
    ok: bool
    says: str


def ask_gate(at: Places) -> GateView | None:
    """The state of the gate that runs here; None where none does."""
    try:
        with link.connect(at.gate_socket, timeout_s=5.0) as gate:
            link.send(gate, Follow())
            state: State = link.receive(gate, State)
            return state.view
    except (LinkDown, OSError):  # OSError: not even the sockets' folder is there
        return None


def lines(settings: Settings, at: Places, gate: GateView | None) -> Iterator[Line]:
    """Everything that is looked at, in the order in which it is shown."""
    yield _named(_("state folder"), lambda: _state_folder(at.state))
    yield _named(_("free space"), lambda: _free_space(at.state))
    yield _named(_("clock"), _clock)
    if settings.refused:
        yield Line(_("settings of the pages"), False, settings.refused)
    yield _named(_("logbook"), lambda: _logbook(at.logbook))
    yield from _doubts(at.logbook)
    yield _named(_("backup"), lambda: _backup(settings, at))
    for name in names("scanner"):
        yield _named(_("decoder %(name)s", name=name), lambda name=name: _decoder(name))  # type: ignore[misc]
    yield _named(_("Chinese font"), _font)
    for language in LANGUAGES:
        if language != "en":
            yield _named(_("language %(name)s", name=language), lambda language=language: _language(language))  # type: ignore[misc]
    if gate is not None:
        yield Line(_("gate"), True, _("runs; it holds the devices and was asked about them"))
        yield from map(_held, gate.devices)
    else:
        yield Line(_("gate"), True, _("does not run; each device is opened for a moment"))
        for lane in settings.lane:
            yield from _devices(lane)
    if settings.resolver.url:
        yield _named(_("online service"), lambda: _online_service(settings))
    for number in i2c.numbers():
        yield _named(_("I2C bus %(number)d", number=number), lambda number=number: _bus(number))  # type: ignore[misc]


class Wrong(Exception):
    """Something is not as it should be; the text says what to do."""


def _named(what: str, look: Callable[[], str]) -> Line:
    try:
        return Line(what, True, look())
    except (KioskError, Wrong) as error:
        return Line(what, False, str(error))
    except OSError as error:
        return Line(what, False, f"{error.filename or ''}: {error.strerror}")


def _state_folder(folder: Path) -> str:
    if not folder.exists():
        return _("%(folder)s: not there yet; it is made at the first start", folder=folder)
    if not os.access(folder, os.R_OK | os.X_OK):
        raise Wrong(_("%(folder)s: cannot be read; use sudo, or the user of the service", folder=folder))
    return str(folder)


def _free_space(folder: Path) -> str:
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(there).free
    says = _("%(mb)d MB free at %(folder)s", mb=free // 1_000_000, folder=there)
    if free < LEAST_FREE:
        raise Wrong(_("%(says)s; delete something, or the log cannot be written", says=says))
    return says


def _clock() -> str:
    clock = SystemClock()
    now = f"{clock.now():%Y-%m-%d %H:%M} UTC"
    match clock.state():
        case ClockState.TRUSTED:
            return _("%(now)s, set by the network", now=now)
        case ClockState.DEGRADED:
            return _("%(now)s, not set by the network: compare it with a watch", now=now)
        case _:
            raise Wrong(_("%(now)s is in the past: set it with `sudo date -s`", now=now))


def _logbook(path: Path) -> str:
    try:
        number, _hash = Reader.open(path).head()
    except StoreUnreadable as error:
        if error.code != "missing":
            raise
        return _("%(path)s: not there yet; it is made at the first start", path=path)
    return _("%(path)s: %(number)d rows", path=path, number=number)


def _doubts(path: Path) -> Iterator[Line]:
    """What is not as it should be with the file, its disk and SQLite, and what was set aside; each one line."""
    if not path.exists():
        return
    found = [(found.doubt.value, found.serious, found.line) for found in _looked_over(path)]
    found += [("set_aside", True, soundness.told(moved)) for moved in soundness.aside(path)]
    for code, serious, line in found:
        yield Line(_("logbook"), not serious, f"{words.say(words.DEVICE_STATES, code)}: {line}")


def _looked_over(path: Path) -> list[soundness.Found]:
    try:
        return soundness.about_place(path) + soundness.about_file(path, within_s=DAMAGE_WITHIN_S)
    except (StoreUnreadable, OSError):
        return []  # the line about its rows says so


def _backup(settings: Settings, at: Places) -> str:
    try:
        newest = Reader.open(at.logbook).page(Filter(kind=EntryKind.BACKUP), limit=1)
    except StoreUnreadable:
        return _("none yet")
    if not newest and not settings.backup.to:
        return _("none yet; name a folder or stick in the settings (backup.to)")
    if not newest:
        raise Wrong(_("none yet, though one should go to %(to)s each night", to=settings.backup.to))
    said = _("the newest: %(name)s, %(when)s", name=newest[0].detail.partition(" ")[2], when=f"{newest[0].recorded:%F}")
    if settings.backup.to and datetime.now(UTC) - newest[0].recorded > BACKUP_LATE:
        raise Wrong(_("%(said)s; is the stick plugged in? systemctl status kiosk-backup", said=said))
    return said


def _online_service(settings: Settings) -> str:
    """Whether somebody is there whose certificate holds; nothing is asked."""
    asked = online_service.service(settings.resolver)
    try:
        asked.reach(SystemClock())
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason
        raise Wrong(_("%(host)s: its certificate does not hold (%(reason)s); an authority of your own goes into"
                      " resolver.ca_file", host=asked.host, reason=reason)) from error  # fmt: skip
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Wrong(_("%(host)s:%(port)d cannot be reached (%(reason)s); volunteers look at the phones meanwhile",
                      host=asked.host, port=asked.port, reason=reason)) from error  # fmt: skip
    return _("%(host)s:%(port)d is there", host=asked.host, port=asked.port)


def _decoder(name: str) -> str:
    hardware.load("scanner", name)
    return _("loaded")


def _font() -> str:
    if not CJK_FONT.is_file():
        raise Wrong(_("missing: cards and posters cannot carry Chinese; apt install %(package)s", package=CJK_PACKAGE))
    return str(CJK_FONT)


def _language(language: str) -> str:
    if not (FOLDER / language / "LC_MESSAGES" / "messages.mo").is_file() or not catalogue(language).info():
        raise Wrong(_("its catalogue is missing; say `make setup`"))
    return _("loaded")


def _held(device: DeviceView) -> Line:
    parts = [device.detail or words.say(words.DEVICE_STATES, device.state), device.reading, _facts(device.facts)]
    if device.errors:
        counts = ", ".join(
            f"{words.say(words.DEVICE_STATES, kind)} {count}×" for kind, count in sorted(device.errors.items())
        )
        parts.append(_("faults so far: %(counts)s", counts=counts))
    whose = f"{device.lane}: {device.name}" if device.lane else device.name
    return Line(f"{whose} {device.driver}".strip(), device.ok, "; ".join(filter(None, parts)))


def _facts(facts: Mapping[str, str]) -> str:
    said = ((words.say(words.DEVICE_FACTS, name), words.say(words.FACT_VALUES, value)) for name, value in facts.items())
    return ", ".join(f"{name} {value}" for name, value in said if value)


def _bus(number: int) -> str:
    """Who is on an I2C bus; nothing is written to anybody."""
    found = i2c.scan(number)
    return ", ".join(map(str, found)) or _("nobody answers; check power, SDA, SCL and the pull-ups")


# --- Devices that nobody holds --------------------------------------------------------------------------


def _devices(lane: Lane) -> Iterator[Line]:
    looks: tuple[tuple[str, Callable[[str], str]], ...] = (
        (lane.camera, _camera),
        (lane.thermometer, _thermometer),
        (lane.lamp, _lamp),
        (lane.voice, _voice),
        (lane.buttons, _buttons),
        (lane.hand_scanner, _hand_scanner),
        (lane.presence, _presence),
        (lane.tamper, _tamper),
    )
    kinds = (
        _("camera"), _("thermometer"), _("lamp"), _("voice"), _("buttons"), _("hand scanner"), _("presence sensor"),
        _("tamper switch"),
    )  # fmt: skip
    for kind, (spec, look) in zip(kinds, looks, strict=True):
        yield _named(f"{lane.name}: {kind} {spec}", lambda look=look, spec=spec: look(spec))  # type: ignore[misc]


def _camera(spec: str) -> str:
    with closing(hardware.load("camera", spec)) as camera:
        if spec == "none":
            return _("none, as configured")
        try:
            frame = camera.frame(PICTURE_WITHIN_S)
        except EOFError:
            raise Wrong(_("it has no picture at all")) from None
    if frame is None:
        raise Wrong(
            _("opened, but no picture came within %(seconds)d s; check cable and power", seconds=PICTURE_WITHIN_S)
        )
    height, width = frame.picture.shape[:2]
    return _("a picture of %(width)d×%(height)d", width=width, height=height)


def _thermometer(spec: str) -> str:
    with closing(hardware.load("thermometer", spec)) as thermometer:
        if spec == "none":
            return _("none, as configured")
        reading = thermometer.read()
        about = _facts(thermometer.about())
    said = _("object %(object).1f °C, air %(air).1f °C", object=reading.object_c, air=reading.ambient_c)
    return f"{said}; {about}" if about else said


def _lamp(spec: str) -> str:
    with closing(hardware.load("lamp", spec)) as lamp:
        lamp.show(LampPattern.OFF)
    return _("can be driven")


def _voice(spec: str) -> str:
    with closing(hardware.load("voice", spec, wording=lambda phrase, _language: words.PHRASES[phrase])) as voice:
        missing = getattr(voice, "missing", None)
        unsaid = {language: missing(language) for language in LANGUAGES} if missing else {}
    if any(unsaid.values()):
        counts = ", ".join(f"{language} {len(phrases)}" for language, phrases in unsaid.items())
        return _("ready; phrases without a recording: %(counts)s", counts=counts)
    return _("ready")


def _buttons(spec: str) -> str:
    with closing(hardware.load("buttons", spec)):
        return _("ready")


def _presence(spec: str) -> str:
    if spec == "none":
        return _("none, as configured")
    with closing(hardware.load("presence", spec)) as sensor:
        front, until_s = sensor.look(), time.monotonic() + ECHO_WITHIN_S
        while front is None and time.monotonic() < until_s:
            time.sleep(0.05)
            front = sensor.look()
    if front is None:
        raise Wrong(_("it tells nothing; check its power and its lines"))
    if front.distance_cm is not None:
        return _("%(cm).0f cm", cm=front.distance_cm)
    return _("somebody") if front.somebody else _("nobody")


def _tamper(spec: str) -> str:
    if spec == "none":
        return _("none, as configured")
    with closing(hardware.load("tamper", spec)) as switch:
        if switch.opened():
            raise Wrong(_("the case is open, or the switch's wire is off"))
    return _("the case is closed")


def _hand_scanner(spec: str) -> str:
    if spec == "none":
        return _("none, as configured")
    told: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    with closing(hardware.load("hand_scanner", spec)) as scanner:
        scanner.listen(lambda _: None, lambda state, detail: told.put((state, detail)))
        try:
            state, detail = told.get(timeout=PICTURE_WITHIN_S)
        except queue.Empty:
            state, detail = "silent", ""
    if state != "ok":
        raise Wrong(detail or words.say(words.DEVICE_STATES, state))
    return _("ready")


# --- The table ----------------------------------------------------------------------------------------------


def table(found: list[Line]) -> Iterator[str]:
    """The lines as columns; a Chinese character is two wide."""
    marks = {True: _("ok"), False: _("FAULT")}
    mark_width = max(map(_width, marks.values()))
    what_width = max(_width(line.what) for line in found)
    for line in found:
        mark = style(_padded(marks[line.ok], mark_width), fg="green" if line.ok else "red", bold=not line.ok)
        yield f"{mark}  {_padded(line.what, what_width)}  {line.says}".rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


@click.command("check", short_help="What is connected, and whether it works.")
@state_option
@device_options
def command(state: Path | None, config: Path | None, **devices: str | None) -> None:
    """Looks at state folder, clock, logbook, decoders, fonts and every device; exits 1 on any fault.

    \b
    Example:
      kiosk check
      kiosk check --thermometer mlx90614:bus=1,address=0x5A
    """
    at = open_places(state)
    settings = with_devices(open_settings(config, at), devices)
    asked_for_devices = any(spec is not None for spec in devices.values())
    found = list(lines(settings, at, None if asked_for_devices else ask_gate(at)))
    for text in table(found):
        click.echo(text)
    if not all(line.ok for line in found):
        sys.exit(1)
