"""The settings of one kiosk: where it stands, which devices it has, whom it lets read what.

One TOML file; everything has a default. `docs/settings.md` is made from this module by `kiosk settings`,
and a test holds the two together. Rules about people are not here but in `rules.toml` (`kiosk/core/rules.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from kiosk.core.codecs import toml
from kiosk.core.codecs.toml import says
from kiosk.core.faults import SettingsError
from kiosk.core.model import Direction

Name = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One passage of the gate: a camera, a thermometer and a lamp, with a direction. `[[lane]]`, one or more."""

    name: Annotated[Name, says("How the lane is called in the log and on the desk.")] = "main"
    direction: Annotated[Direction, says("Which way it leads at start.")] = Direction.IN
    camera: Annotated[str, says("Camera driver, `DRIVER[:ARG]`.")] = "opencv:0"
    thermometer: Annotated[str, says("Thermometer driver, `DRIVER[:ARG]`.")] = "mlx90614:bus=1"
    lamp: Annotated[str, says("Lamp driver, `DRIVER[:ARG]`.")] = "leds:green=17,amber=27,red=22"
    voice: Annotated[str, says("Voice driver, `DRIVER[:ARG]`.")] = "silent"
    buttons: Annotated[str, says("Buttons driver, `DRIVER[:ARG]`.")] = "none"
    presence: Annotated[str, says("Motion or distance sensor driver, `DRIVER[:ARG]`.")] = "none"
    tamper: Annotated[str, says("Tamper switch driver, `DRIVER[:ARG]`.")] = "none"
    hand_scanner: Annotated[str, says("Hand scanner driver, `DRIVER[:ARG]`; docs/scanner.md.")] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundSection:
    """How loud voice and buzzer are by day and by night (`screen.dark_from`); evacuations always as loud as can be."""

    volume: Annotated[float, says("How loud the voice is; 1 is all that the loudspeaker gives.", ge=0, le=1)] = 0.7
    night_volume: Annotated[float, says("How loud the voice is at night.", ge=0, le=1)] = 0.3
    night_buzzer: Annotated[bool, says("Whether the buzzer sounds at night.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskSection:
    """What this kiosk is called, and which language it speaks first."""

    id: Annotated[Name, says("The kiosk's name in every entry; unique in the compound.")] = "kiosk-1"
    place: Annotated[str, says("The compound and gate, as pages and reports show it.")] = ""
    language: Annotated[Literal["zh_Hans_CN", "en"], says("The language of screen and voice at start.")] = "zh_Hans_CN"
    timezone: Annotated[str, says("The IANA zone in which pages and reports show times.")] = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSection:
    """The pages."""

    host: Annotated[str, says("The address the pages listen on; loopback unless volunteers use other devices.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, says("The TCP port of the pages.", ge=1, le=65535)] = 8080
    picture: Annotated[bool, says("Whether screen and desk show what the camera sees.")] = True
    picture_hz: Annotated[float, says("How many pictures a second they show.", "1/s", ge=0.2, le=10)] = 4
    streams: Annotated[int, says("How many pages may follow the gate live at once.", ge=1, le=100)] = 40
    one_screen: Annotated[bool, says("Whether the resident's screen carries the volunteer's strip.")] = False
    companies: Annotated[tuple[str, ...], says("Delivery companies that the desk offers in one touch.")] = (
        "美团",
        "饿了么",
        "京东",
        "顺丰",
        "中通",
        "菜鸟",
    )
    session_min: Annotated[int, says("After so long without a touch a login ends.", "min", ge=1, le=24 * 60)] = 60
    tls_cert: Annotated[str, says("PEM certificate chain; empty serves plain HTTP.")] = ""
    tls_key: Annotated[str, says("PEM key of the certificate.")] = ""


Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Announcement = Annotated[
    str, Meta(max_length=400, pattern=r"^\d\d:\d\d-\d\d:\d\d \| [^|\x00-\x1f]+ \| [^|\x00-\x1f]+$")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenSection:
    """The resident's screen."""

    call: Annotated[bool, says("Whether it has a button that calls the volunteer.")] = True
    sounds: Annotated[bool, says("Whether it makes short sounds where its lane has no voice.")] = True
    dark_from: Annotated[Clock, says("From this time on it is dark and quiet; the same time twice: never.")] = "21:30"
    dark_until: Annotated[Clock, says("Until this time it is dark and quiet.")] = "06:00"
    strip_idle_s: Annotated[int, says("Untouched for so long, the volunteer's strip locks itself.", "s", ge=15,
                                      le=3600)] = 90  # fmt: skip
    announcements: Annotated[
        tuple[Announcement, ...],
        says("What it says while nobody is there, each `07:00-09:00 | Chinese | English`."),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerSection:
    """The process that looks at pictures."""

    fps: Annotated[float, says("How many frames a second are looked at.", "1/s", ge=1, le=60)] = 10
    width: Annotated[int, says("The width asked of the camera.", "px", ge=160, le=4096)] = 1280
    height: Annotated[int, says("The height asked of the camera.", "px", ge=120, le=4096)] = 720
    memory_mb: Annotated[int, says("The most memory the scanner may use.", "MiB", ge=256, le=8192)] = 1024
    stall_s: Annotated[float, says("A scanner silent for so long is started anew.", "s", ge=0.2, le=10)] = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSection:
    """How long personal fields are kept; the clear fields of the log stay."""

    identity_days: Annotated[int, says("Names, documents, phones, rooms.", "d", ge=1, le=366)] = 14
    note_days: Annotated[int, says("Free text of volunteers.", "d", ge=1, le=366)] = 14
    audit_days: Annotated[int, says("Who looked, exported, logged in.", "d", ge=1, le=3660)] = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSection:
    """Backups; `docs/backup.md` says who can read them, and until when."""

    to: Annotated[str, says("Where one goes each night: a folder, or `label:NAME` of a stick; empty: nowhere.")] = ""
    days: Annotated[int, says("So long a backup can be restored; then it is unreadable.", "d", ge=1, le=366)] = 30
    newest: Annotated[int, says("How many backups of this kiosk stay at a target.", ge=1, le=100)] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverSection:
    """The online service that understands opaque codes."""

    url: Annotated[str, says("Address of the service; empty: the volunteer attests what the phone shows.")] = ""
    key: Annotated[
        str, says("Base64 of the Ed25519 public key by which it signs; empty: signatures are not asked.")
    ] = ""
    ca_file: Annotated[
        str, says("Certificates (PEM, full path) of the authority of its own that vouches for it; empty: the system's.")
    ] = ""
    misses: Annotated[int, says("After so many answers missed in a row it counts as down.", ge=2, le=20)] = 3
    pause_s: Annotated[
        float, says("So long it is left alone then, before one code tries it again.", "s", ge=1, le=600)
    ] = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSection:
    """This post's check-in code, and where codes of this community lead; docs/formats.md."""

    id: Annotated[str, says("The place's id, as the rules name it in venue.venue_ids.")] = ""
    name: Annotated[str, says("The place's name, as a phone shows it.")] = ""
    link: Annotated[str, says("Page that phones open when they scan a code of ours; empty: codes are bare text.")] = ""
    on_screen: Annotated[
        bool, says("Whether the resident's screen shows a fresh code, as long as nobody is served.")
    ] = False
    fresh_s: Annotated[int, says("After so long the screen shows a newer one; each holds twice as long.", "s", ge=10,
                                 le=3600)] = 60  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one kiosk."""

    kiosk: KioskSection = KioskSection()
    lane: tuple[Lane, ...] = (Lane(),)
    sound: SoundSection = SoundSection()
    web: WebSection = WebSection()
    screen: ScreenSection = ScreenSection()
    scanner: ScannerSection = ScannerSection()
    retention: RetentionSection = RetentionSection()
    backup: BackupSection = BackupSection()
    resolver: ResolverSection = ResolverSection()
    venue: VenueSection = VenueSection()
    trust: Annotated[tuple[str, ...], says("More trust lists, files or folders, beside the state directory's.")] = ()
    # Why what the pages wrote does not count, put in by whoever read it.
    refused: Annotated[str, toml.NOT_IN_FILES] = ""


# What pages may write over the main file: nothing by which the pages could reach further than they do, or could lock
# their readers out.
MANAGED = frozenset({"kiosk.place", "kiosk.language", "kiosk.timezone", "web.picture", "web.picture_hz", "web.streams",
                     "web.one_screen", "web.companies", "web.session_min", "backup.days", "backup.newest"})  # fmt: skip
MANAGED_TABLES = frozenset({"screen", "sound", "retention"})
TECHNICAL_TABLES = frozenset({"lane", "scanner"})  # by the technician; a lane's name stays


# Which processes read what, to start anew when it changes; a key of its own before its table.
READ_BY = {
    "kiosk": ("gate", "web"),
    "kiosk.place": ("web",),
    "lane": ("gate", "scanner", "web"),
    "sound": ("gate",),
    "web": ("web",),
    "web.picture": ("gate", "web"),
    "web.picture_hz": ("gate",),
    "screen": ("web",),
    "screen.dark_from": ("gate", "web"),
    "screen.dark_until": ("gate", "web"),
    "scanner": ("scanner",),
    "retention": ("gate", "web"),
    "retention.audit_days": ("web",),
    "backup": ("gate", "web"),
    "resolver": ("gate", "resolver", "web"),
    "venue": ("web",),
    "trust": ("gate",),
    "refused": ("gate", "web"),
}
PROCESSES = frozenset(name for names in READ_BY.values() for name in names)


def concerned(before: Settings, after: Settings) -> frozenset[str]:
    """The processes (gate, web, scanner, resolver) that read something which differs."""
    names: set[str] = set()
    for table in fields(Settings):
        old, new = getattr(before, table.name), getattr(after, table.name)
        inner = [each.name for each in fields(old)] if is_dataclass(old) else []
        differing = [f"{table.name}.{name}" for name in inner if getattr(old, name) != getattr(new, name)]
        if not inner and old != new:
            differing = [table.name]
        names.update(name for key in differing for name in READ_BY.get(key, READ_BY[table.name]))
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class Places:
    """Where one kiosk keeps what: everything lies under its state directory, sockets under `runtime`."""

    state: Path
    runtime: Path

    @property
    def logbook(self) -> Path:
        """The gate's database."""
        return self.state / "gate" / "logbook.db"

    @property
    def keys(self) -> Path:
        """The gate's keys: root, days, log head, identity."""
        return self.state / "gate" / "keys"

    @property
    def recovery(self) -> Path:
        """The half of the recovery key that seals backups."""
        return self.state / "gate" / "recovery.public"

    def calibration(self, lane: str) -> Path:
        """The newest comparison of a lane's thermometer with a better one: written by the pages, read by the gate."""
        return self.state / "settings" / f"calibration-{lane}.json"

    @property
    def desk(self) -> Path:
        """The web's database."""
        return self.state / "web" / "desk.db"

    @property
    def tls(self) -> Path:
        """The kiosk's own certificate authority, and the certificate of its pages."""
        return self.state / "web" / "tls"

    @property
    def pass_keys(self) -> Path:
        """The keys that passes and venue posters are signed with."""
        return self.state / "passes"

    @property
    def exports(self) -> Path:
        """What long exports spool while they are made; empty otherwise."""
        return self.state / "exports"

    @property
    def trust(self) -> Path:
        """Imported trust lists, one file each."""
        return self.state / "trust"

    @property
    def rules(self) -> Path:
        """The rules in force: those that the pages wrote, else those that an administrator laid into the state."""
        return self.written_rules if self.written_rules.exists() else self.state / "rules.toml"

    @property
    def written_rules(self) -> Path:
        """The rules as the pages write them, and those before in a folder beside them."""
        return self.state / "rules" / "rules.toml"

    @property
    def written_settings(self) -> Path:
        """What the pages wrote over the main file of settings, and what they wrote before in a folder beside it."""
        return self.state / "settings" / "kiosk.toml"

    def anew(self, process: str) -> Path:
        """Written when a process (gate, web, scanner, resolver) is to start anew; systemd looks at it."""
        return self.runtime / f"anew-{process}"

    @property
    def country_rules(self) -> Path:
        """The EU rules of a country, with their value sets: JSON files, also in folders."""
        return self.state / "country-rules"

    @property
    def simulation(self) -> Path:
        """The simulated people's codes, made anew at each start."""
        return self.state / "simulation"

    @property
    def gate_socket(self) -> Path:
        """Where the gate answers."""
        return self.runtime / "gate.sock"

    @property
    def desk_socket(self) -> Path:
        """Where the owner of `desk.db` answers."""
        return self.runtime / "desk.sock"

    @property
    def resolver_socket(self) -> Path:
        """Where the resolver answers; in a folder of its own, the only one of them that the resolver is shown."""
        return self.runtime / "resolver" / "resolver.sock"

    def scanner_socket(self, lane: str) -> Path:
        """Where the gate listens for the scanner of `lane`; in the only folder of them that a scanner is shown."""
        return self.runtime / "scanner" / f"{lane}.sock"


def places(state: Path, runtime: Path | None = None) -> Places:
    """The places under `state`; sockets in `state/run` unless told otherwise."""
    return Places(state=state, runtime=runtime or state / "run")


def load(path: Path | None) -> Settings:
    """The settings of a TOML file; the defaults where `path` is None.

    Raises SettingsError with file, key and reason.
    """
    if path is None:
        return Settings()
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error


def parse(data: bytes, name: str) -> Settings:
    """The settings in `data`; `name` is what an error calls the file."""
    settings = toml.decode(data, name, Settings)
    names = [lane.name for lane in settings.lane]
    if not names or len(set(names)) != len(names):
        raise SettingsError(f"{name}: lane.name: at least one lane, each with a name of its own")
    if settings.venue.on_screen and not settings.venue.id.strip():
        raise SettingsError(f"{name}: venue.id: say which place's code the screen is to show")
    return settings


def load_with(path: Path | None, written: Path) -> Settings:
    """The settings of `path` with what the pages wrote over them; where that is wrong, without it, and it is said.

    Raises SettingsError as `load` does, never because of what the pages wrote.
    """
    settings = load(path)
    try:
        if not written.exists():
            return settings
        return parse_with(path.read_bytes() if path else b"", written.read_bytes(), str(written))
    except OSError as error:
        return replace(settings, refused=f"{written}: cannot be read ({error.strerror}); check its permissions")
    except SettingsError as error:
        return replace(settings, refused=str(error))


def parse_with(main: bytes, written: bytes, name: str) -> Settings:
    """The settings in `main`, which is right, with those in `written` over them, whose file is called `name`.

    Lanes stand in `written` by their names: `[lane.main]`. Raises SettingsError.
    """
    tree, over = toml.tree(main, "kiosk.toml"), toml.tree(written, name)
    for table, values in over.items():
        for key in values if isinstance(values, dict) else (table,):
            if not (table in MANAGED_TABLES | TECHNICAL_TABLES or f"{table}.{key}" in MANAGED):
                raise SettingsError(f"{name}: {table}.{key}: pages may not change this; write it into the main file")
    lanes = over.pop("lane", {})
    if not isinstance(lanes, dict) or not all(isinstance(values, dict) for values in over.values()):
        raise SettingsError(f"{name}: every value stands in a table, as [kiosk]")
    tree["lane"] = tree.get("lane") or [{}]
    known = {lane.get("name", Lane().name): lane for lane in tree["lane"]}
    for lane, values in lanes.items():
        if lane not in known or not isinstance(values, dict) or "name" in values:
            raise SettingsError(f"{name}: lane.{lane}: there is no such lane, or it was to be renamed")
        known[lane].update(values)
    for table, values in over.items():
        tree.setdefault(table, {}).update(values)
    return parse(toml.encode(tree), name)
