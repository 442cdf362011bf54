"""A disk with a volatile cache, in memory: what nobody synced is forgotten, torn or reordered when the power goes.

It is stricter than most file systems: a synced file does not bring its name with it, only a synced folder does.
Owner and mode of a file count as durable at once. A rename into another folder is durable at once too.
"""

from __future__ import annotations

import os
import random
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count
from pathlib import Path

SECTORS = (512, 4096)

_numbers = count(2)


class Fate(Enum):
    """What becomes of everything that waited in the cache when the power went."""

    FORGOTTEN = auto()
    KEPT = auto()
    CUT_SHORT = auto()  # the first few writes, the last of them in part
    REORDERED = auto()  # any sector, whatever came before it


@dataclass(slots=True)
class Node:
    """What files and folders have in common."""

    mode: int
    uid: int = 0
    gid: int = 0
    number: int = field(default_factory=lambda: next(_numbers))
    changed_ns: int = field(default_factory=time.time_ns)


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes that wait to reach the disk."""

    offset: int
    data: bytes

    def apply(self, to: bytearray) -> None:
        if len(to) < self.offset:
            to.extend(bytes(self.offset - len(to)))
        to[self.offset : self.offset + len(self.data)] = self.data

    def sectors(self, size: int) -> Iterator[Write]:
        """The same in pieces that the disk writes whole or not at all."""
        at, end = self.offset, self.offset + len(self.data)
        while at < end:
            stop = min(end, (at // size + 1) * size)
            yield Write(at, self.data[at - self.offset : stop - self.offset])
            at = stop


@dataclass(frozen=True, slots=True)
class Resize:
    """A new length that waits to reach the disk."""

    size: int

    def apply(self, to: bytearray) -> None:
        if len(to) > self.size:
            del to[self.size :]
        else:
            to.extend(bytes(self.size - len(to)))

    def sectors(self, size: int) -> Iterator[Resize]:
        yield self


@dataclass(slots=True)
class File(Node):
    """A file: as programs see it, as the disk has it, and what lies between."""

    live: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    waiting: list[Write | Resize] = field(default_factory=list)

    def change(self, change: Write | Resize) -> None:
        change.apply(self.live)
        self.waiting.append(change)
        self.changed_ns = time.time_ns()

    def sync(self) -> None:
        for change in self.waiting:
            change.apply(self.durable)
        self.waiting.clear()

    def drop(self) -> None:
        """A sync that failed: as Linux does it, what waited counts as written from now on, and is not."""
        self.waiting.clear()

    def after_cut(self, dice: random.Random) -> bytes:
        """What the disk holds when the power comes back."""
        found, fate, size = bytearray(self.durable), dice.choice(list(Fate)), dice.choice(SECTORS)
        changes = self.waiting if fate is not Fate.FORGOTTEN else []
        if fate is Fate.CUT_SHORT and changes:
            changes = changes[: dice.randint(1, len(changes))]
            last: list[Write | Resize] = list(changes[-1].sectors(size))
            changes = [*changes[:-1], *last[: dice.randint(0, len(last))]]
        elif fate is Fate.REORDERED:
            changes = [part for change in changes for part in change.sectors(size) if dice.random() < 0.5]
        for change in changes:
            change.apply(found)
        return bytes(found)


@dataclass(slots=True)
class Folder(Node):
    """A folder: its names as programs see them, as the disk has them, and the changes between, each whole."""

    live: dict[str, Node] = field(default_factory=dict)
    durable: dict[str, Node] = field(default_factory=dict)
    waiting: list[dict[str, Node | None]] = field(default_factory=list)

    def change(self, names: dict[str, Node | None]) -> None:
        _rename(self.live, names)
        self.waiting.append(names)
        self.changed_ns = time.time_ns()

    def sync(self) -> None:
        self.durable = dict(self.live)
        self.waiting.clear()

    def drop(self) -> None:
        """A sync that failed: the changes wait on, since a journal is tried again."""

    def after_cut(self, dice: random.Random) -> dict[str, Node]:
        """The names that the disk holds when the power comes back: the first few changes, in their order."""
        found = dict(self.durable)
        kept = dice.choice((0, len(self.waiting), dice.randint(0, len(self.waiting))))
        for names in self.waiting[:kept]:
            _rename(found, names)
        return found


def _rename(names: dict[str, Node], change: dict[str, Node | None]) -> None:
    for name, node in change.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


class Disk:
    """The root of it all."""

    def __init__(self, root: Folder | None = None) -> None:
        self.root = root or Folder(stat.S_IFDIR | 0o755)

    def find(self, path: str) -> Node | None:
        node: Node = self.root
        for name in path.split("/"):
            if not name:
                continue
            if not isinstance(node, Folder) or name not in node.live:
                return None
            node = node.live[name]
        return node

    @classmethod
    def load(cls, folder: Path) -> Disk:
        """The disk whose durable state lies in a real folder."""
        return cls(_load_folder(folder))

    def power_cut(self, folder: Path, dice: random.Random) -> None:
        """Writes what is left into a new, real folder."""
        _save_folder(self.root, folder, dice)


def _load_folder(path: Path) -> Folder:
    found = path.stat()
    names: dict[str, Node] = {}
    for each in sorted(path.iterdir()):
        if each.is_dir():
            names[each.name] = _load_folder(each)
        else:
            about, data = each.stat(), each.read_bytes()
            names[each.name] = File(
                about.st_mode, about.st_uid, about.st_gid, live=bytearray(data), durable=bytearray(data)
            )
    return Folder(found.st_mode, found.st_uid, found.st_gid, live=names, durable=dict(names))


def _save_folder(folder: Folder, path: Path, dice: random.Random) -> None:
    path.mkdir()
    for name, node in sorted(folder.after_cut(dice).items()):
        if isinstance(node, Folder):
            _save_folder(node, path / name, dice)
        elif isinstance(node, File):
            (path / name).write_bytes(node.after_cut(dice))
            _own(node, path / name)
    _own(folder, path)


def _own(node: Node, path: Path) -> None:
    os.chown(path, node.uid, node.gid)
    path.chmod(stat.S_IMODE(node.mode))
