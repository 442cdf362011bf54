"""`kiosk run`: the whole kiosk on one machine; what is missing is simulated, and one line says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

import hardware
from kiosk.cli._options import device_options, main_settings, open_places, open_settings, state_option
from kiosk.core.faults import KioskError, SettingsError
from kiosk.locale import gettext as _
from kiosk.services import street
from kiosk.services.supervisor import Child, Supervisor
from kiosk.settings import Lane, Places, Settings, concerned, load
from kiosk.store import backup_order

STANDS_IN = {
    "camera": "simulated",
    "thermometer": "simulated",
    "lamp": "console",
    "voice": "silent",
    "buttons": "none",
    "hand_scanner": "none",
}
FROM_FILES = ("stills", "video")  # pictures in files are there, or misspelt; nothing stands in for them
WALKED_BY = ("camera", "thermometer")  # the devices before which the people of the simulated street step
WATCHDOG_S = {"gate": 3.0, "web": 15.0, "resolver": 10.0}


@click.command("run", short_help="Everything on this machine.")
@state_option
@device_options
@click.option("--host", help="Address of the pages; overrides web.host of the settings.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages; overrides web.port of the settings.")
@click.option("--trust", type=click.Path(path_type=Path, exists=True), multiple=True, help="More trust lists.")
def command(
    state: Path | None,
    config: Path | None,
    host: str | None,
    port: int | None,
    trust: tuple[Path, ...],
    **devices: str | None,
) -> None:
    """Starts gate, scanner and pages, and keeps them running until Ctrl-C.

    \b
    Example:
      kiosk run --camera video:queue.mp4 --trust lists/
    """
    at = open_places(state)
    for folder in (at.state, at.runtime):
        folder.mkdir(parents=True, exist_ok=True)

    equipment = _Equipment(devices, at)

    def plan(*, pages_count: bool = True) -> tuple[Settings, list[Child]]:
        settings = open_settings(config, at) if pages_count else load(main_settings(config, at))
        web = replace(settings.web, host=host or settings.web.host, port=port or settings.web.port)
        first, trusted = equipment.of(settings.lane[0])
        settings = replace(settings, web=web, lane=(first, *settings.lane[1:]))
        return settings, _children(settings, (*trust, *trusted), at, config)

    try:
        settings, children = plan()
    except KioskError as error:
        if not at.written_settings.exists():
            raise
        settings, children = plan(pages_count=False)  # a wrong option, or main file, is refused here again
        click.echo(_("%(fault)s; what the pages wrote about devices does not count", fault=error))
    changes = _Changes(at, settings, plan, config)
    Supervisor(children, click.echo, changes.look, lambda: _errand(at, config)).run(lambda: _greet(settings))


class _Changes:
    """What the pages write over the settings while the kiosk runs, and whom that concerns."""

    def __init__(
        self, at: Places, settings: Settings, plan: Callable[[], tuple[Settings, list[Child]]], config: Path | None
    ) -> None:
        self._at, self._config = at, config
        self._settings, self._plan = settings, plan
        self._refused = ""
        self._seen = self._stamps()

    def look(self) -> dict[str, Sequence[str]]:
        """The processes that read what changed since the last look, with their arguments; mostly none.

        Settings that are wrong change nothing, and one line says why; once their files are right they are taken.
        """
        seen = self._stamps()
        if seen == self._seen:
            return {}
        self._seen = seen
        try:
            fresh, children = self._plan()
        except (KioskError, OSError) as error:  # a full disk, too, is no reason to end what runs
            self._refuse(str(error))
            return {}
        self._refused = ""
        anew = concerned(self._settings, fresh)
        self._settings = fresh
        return {child.name: child.arguments for child in children if child.name.split()[0] in anew}

    def _refuse(self, why: str) -> None:
        if why != self._refused:
            click.echo(_("%(fault)s; everything goes on with the settings so far", fault=why))
        self._refused = why

    def _stamps(self) -> list[tuple[int, int] | None]:
        """Of the pages' file; of the administrator's as well as long as settings are refused, for it may be why."""
        main = main_settings(self._config, self._at) if self._refused else None
        return [_stamp(path) for path in (self._at.written_settings, main) if path]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def _errand(at: Places, config: Path | None) -> Sequence[str]:
    """The backup that a page asked for, as systemd's path unit starts it on an installed kiosk."""
    if not backup_order.is_placed(at.runtime):
        return ()
    return ("backup", "--daily", "--state", str(at.state), *(("--config", str(config)) if config else ()))


class _Equipment:
    """The first lane's devices, with a stand-in for each that is missing.

    Each is decided once, and anew only when another one is asked for: by then our own processes hold them, and trying
    a device again would find it taken.
    """

    def __init__(self, options: Mapping[str, str | None], at: Places) -> None:
        self._options, self._at = options, at
        self._asked: dict[str, str] = {}
        self._used: dict[str, str] = {}
        self._street: street.SimulatedStreet | None = None

    def of(self, lane: Lane) -> tuple[Lane, list[Path]]:
        """The lane with the devices that it uses, and the trust lists those need. Raises as `_present_or_stand_in`."""
        asked = {kind: self._options[kind] or getattr(lane, kind) for kind in STANDS_IN}
        used = {kind: self._decided(kind, spec) for kind, spec in asked.items()}
        self._asked, self._used = asked, used  # all of it, or nothing where one is refused
        if used["camera"] != "simulated":
            return replace(lane, **used), []  # type: ignore[arg-type]
        self._street = self._street or street.make(self._at, datetime.now(UTC))
        walking = {kind: f"simulated:{self._street.deck}" for kind in WALKED_BY if used[kind] == "simulated"}
        return replace(lane, **used | walking), [self._street.trust]  # type: ignore[arg-type]

    def _decided(self, kind: str, spec: str) -> str:
        if spec == self._asked.get(kind):
            return self._used[kind]
        return _present_or_stand_in(kind, spec, so_far=self._used.get(kind, "none"))


def _present_or_stand_in(kind: str, spec: str, so_far: str = "none") -> str:
    """`spec` if its device answers, else the kind's stand-in with one line that says so.

    Where the kind used a real device so far, no stand-in takes its place: our own process may be what holds the new
    one as well, and where it really is missing, the services say so.

    Raises SettingsError for a driver or argument that is wrong, CameraFault for pictures that are not there.
    """
    if spec in (STANDS_IN[kind], "none"):
        return spec
    try:
        _try(kind, spec)
    except SettingsError:
        raise
    except KioskError as error:
        if spec.partition(":")[0] in FROM_FILES:
            raise
        if _is_real(kind, so_far):
            return spec
        click.echo(
            _("%(kind)s: %(fault)s; %(stand_in)s takes its place", kind=kind, fault=error, stand_in=STANDS_IN[kind])
        )
        return STANDS_IN[kind]
    return spec


def _is_real(kind: str, spec: str) -> bool:
    return spec.partition(":")[0] not in (STANDS_IN[kind], "simulated", "none", *FROM_FILES)


def _try(kind: str, spec: str) -> None:
    """Opens a device and lets go of it. What the camera sees is not looked at here: that is the sealed scanner's."""
    if kind == "thermometer":
        with closing(hardware.load("thermometer", spec)) as thermometer:
            thermometer.read()
    elif kind in ("camera", "lamp", "buttons", "hand_scanner"):
        hardware.load(kind, spec).close()  # type: ignore[call-overload]


def _children(settings: Settings, trust: tuple[Path, ...], at: Places, config: Path | None) -> list[Child]:
    common = ["--state", str(at.state), *(["--config", str(config)] if config else [])]
    first = settings.lane[0]
    kinds = ("thermometer", "lamp", "voice", "buttons", "hand_scanner")
    devices = [f"--{kind.replace('_', '-')}={getattr(first, kind)}" for kind in kinds]
    lists = [argument for path in trust for argument in ("--trust", str(path))]
    environment = {"KIOSK_RUNTIME": str(at.runtime)}

    def child(name: str, *arguments: str) -> Child:
        watchdog_s = WATCHDOG_S.get(name, settings.scanner.stall_s)
        return Child(name, [*arguments, *common], watchdog_s, environment=environment)

    children = [child("gate", "gate", f"--camera={first.camera}", *devices, *lists)]
    for lane in settings.lane:
        camera = first.camera if lane is first else lane.camera
        children.append(child(f"scanner {lane.name}", "scanner", "--lane", lane.name, f"--camera={camera}"))
    if settings.resolver.url:
        children.append(child("resolver", "resolver"))
    children.append(child("web", "web", "--host", settings.web.host, "--port", str(settings.web.port)))
    return children


def _greet(settings: Settings) -> None:
    scheme = "https" if settings.web.tls_cert else "http"
    base = f"{scheme}://{settings.web.host}:{settings.web.port}"
    click.echo(_("The gate is open. Ctrl-C ends it."))
    for page, says in (
        ("screen", _("the resident's screen")),
        ("desk", _("the volunteer's desk")),
        ("records", _("the manager's records")),
        ("health", _("how the devices are")),
    ):
        click.echo(f"  {base}/{page:<8} {says}")
