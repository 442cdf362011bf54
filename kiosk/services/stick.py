"""Where backups go: a folder, or a stick that is known by its label and mounted only while it is used."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kiosk.core.faults import KioskError
from kiosk.locale import gettext as _

LABEL = "label:"
_FOR_MEDIA = ("/media", "/run/media", "/mnt")  # where a folder is empty, and on the card, while nothing is mounted
_WITHIN_S = 60


def _run(*command: str) -> str:
    """What went wrong; empty where nothing did."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stderr.strip() if done.returncode else ""


@dataclass(frozen=True, slots=True)
class Sticks:
    """The sticks of one machine."""

    by_label: Path = Path("/dev/disk/by-label")
    mounts: Path = Path("/proc/self/mounts")
    mounted_at: Path = Path("/run/kiosk-backup")
    run: Callable[..., str] = _run
    blocks: Path = Path("/sys/class/block")

    @contextmanager
    def folder(self, target: str) -> Iterator[Path]:
        """The folder that `target` means: a path, or `label:NAME`. Raises KioskError with one line."""
        if not target.startswith(LABEL):
            yield self._mounted(Path(target))
            return
        label = target.removeprefix(LABEL)
        device = self.by_label / label.encode().decode("latin-1").replace(" ", "\\x20")
        if not label or "/" in label or not device.exists():
            raise KioskError(_("no stick with the label %(label)s is plugged in", label=label))
        there = self._where(device.resolve())
        if there is not None:
            yield there
            return
        self.mounted_at.mkdir(parents=True, exist_ok=True)
        if said := self.run("mount", "-o", "nosuid,nodev,noexec", str(device.resolve()), str(self.mounted_at)):
            raise KioskError(_("the stick %(label)s cannot be mounted: %(why)s", label=label, why=said))
        try:
            yield self.mounted_at
        finally:
            self.run("umount", str(self.mounted_at))

    def plugged(self) -> str:
        """`label:NAME` of the one stick that is plugged in. Raises KioskError where there is none, or more than one."""
        links = sorted(self.by_label.iterdir()) if self.by_label.is_dir() else []
        labels = [link.name.replace("\\x20", " ") for link in links if self._is_stick(link.resolve())]
        if not labels:
            raise KioskError(_("no stick is plugged in, or it has no label"))
        if len(labels) > 1:
            raise KioskError(_("several sticks are plugged in (%(labels)s); leave one", labels=", ".join(labels)))
        return LABEL + labels[0]

    def _is_stick(self, device: Path) -> bool:
        """Whether it can be pulled out, and the system does not live on it. Source: sysfs-block, `removable`."""
        where = self._where(device)
        if where is not None and where != self.mounted_at and not _is_for_media(where):
            return False
        block = (self.blocks / device.name).resolve()
        for disk in (block, block.parent):  # a partition's own folder lies in its disk's
            with suppress(OSError):
                return (disk / "removable").read_text("ascii").strip() == "1" or "/usb" in str(disk)
        return False

    def media(self) -> list[Path]:
        """Every folder where a stick is mounted now."""
        points = [point for _source, point in self._points()]
        return sorted(point for point in points if _is_for_media(point))

    def _mounted(self, folder: Path) -> Path:
        inside = [point for _source, point in self._points() if point == folder or point in folder.parents]
        if _is_for_media(folder) and not any(map(_is_for_media, inside)):
            raise KioskError(_("%(folder)s: nothing is mounted there; plug the stick in", folder=folder))
        return folder

    def _where(self, device: Path) -> Path | None:
        return next((point for source, point in self._points() if source == str(device)), None)

    def _points(self) -> Iterator[tuple[str, Path]]:
        """Source and folder of each mount. Source: proc(5), mounts; spaces are octal there."""
        with suppress(OSError):
            for line in self.mounts.read_text("utf-8", "surrogateescape").splitlines():
                source, point = line.split(" ")[:2]
                yield source, Path(point.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))


def _is_for_media(folder: Path) -> bool:
    return any(Path(each) in folder.parents for each in _FOR_MEDIA)
