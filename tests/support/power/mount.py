"""Mounts a `Disk` as a real file system, in a process of its own: `python -m tests.support.power.mount IMAGE FOLDER`.

Takes orders as JSON lines on stdin and answers each with a line; a power cut of its own accord is one line more.
When stdin ends, so does the mount. Locks between processes are the kernel's own, and so is mapped memory.
"""

from __future__ import annotations

import errno
import json
import os
import random
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("FUSE_LIBRARY_NAME", "fuse3")

import mfusepy  # type: ignore[import-untyped]

from tests.support.power.disk import Disk, File, Folder, Node, Resize, Write
from tests.support.power.faults import Fault, Plan

BLOCK = 4096
BLOCKS = 1 << 20
HIDDEN = ".fuse_hidden"  # what libfuse calls a file that was removed while somebody has it open
NOT_COUNTED = "-shm"  # SQLite's shared memory: no part of what is stored


class Power(mfusepy.Operations):  # type: ignore[misc]
    """The file system. Every operation after the cut fails, and nothing of it reaches the disk."""

    use_ns = True

    def __init__(self, image: Path, seed: int) -> None:
        self._image = image
        self._dice = random.Random(seed)
        self._disk = Disk.load(image)
        self._plan = Plan()
        self._handles: dict[int, Node] = {}
        self._hidden: dict[str, Node] = {}
        self._next = 1
        self._off = False
        self._guard = threading.RLock()

    # --- Orders

    def order(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Arms faults and the cut, cuts at once, or counts."""
        with self._guard:
            match wanted["do"]:
                case "arm":
                    faults = (Fault(**{**each, "kinds": tuple(each["kinds"])}) for each in wanted["faults"])
                    self._plan = Plan(tuple(faults), wanted["cut_at"])
                case "cut" if not self._off:
                    self._cut()
            plan = self._plan
            return {"said": wanted["do"], "seen": dict(plan.seen), "failed": plan.failed, "off": self._off}

    def _cut(self) -> None:
        self._off = True
        fresh = self._image.with_suffix(".new")
        self._disk.power_cut(fresh, self._dice)
        self._image.rename(self._image.with_suffix(f".before-{time.monotonic_ns()}"))
        fresh.rename(self._image)
        say({"said": "off", "seen": dict(self._plan.seen)})

    def _do(self, kind: str, name: str, act: Callable[[], None], failing: Callable[[], None] | None = None) -> None:
        """One operation that changes something: counted, perhaps refused, perhaps the last before the cut."""
        with self._guard:
            self._live()
            if name.endswith(NOT_COUNTED):
                act()
                return
            fault = self._plan.meet(kind)
            if self._plan.cuts:
                if self._dice.random() < 0.5:
                    act()
                self._cut()
                raise OSError(errno.EIO, "off")
            if fault is not None:
                if failing is not None:
                    failing()
                raise OSError(fault.number, "planned")
            act()

    def _live(self) -> None:
        if self._off:
            raise OSError(errno.EIO, "off")

    # --- Looking

    def _node(self, path: str | None, fh: int | None = None) -> Node:
        node = self._handles.get(fh) if fh else self._hidden.get(path or "") or self._disk.find(path or "")
        if node is None:
            raise OSError(errno.ENOENT, path)
        return node

    def _file(self, path: str | None, fh: int | None = None) -> File:
        node = self._node(path, fh)
        if not isinstance(node, File):
            raise OSError(errno.EISDIR, path)
        return node

    def _folder(self, path: str) -> tuple[Folder, str]:
        parent, _, name = path.rpartition("/")
        node = self._node(parent)
        if not isinstance(node, Folder):
            raise OSError(errno.ENOTDIR, path)
        return node, name

    def getattr(self, path: str | None, fh: int | None = None) -> dict[str, int]:
        with self._guard:
            self._live()
            node = self._node(path, fh)
            size = len(node.live) if isinstance(node, File) else 0
            times = dict.fromkeys(("st_atime", "st_mtime", "st_ctime"), node.changed_ns)
            return times | {
                "st_mode": node.mode,
                "st_nlink": 1 if isinstance(node, File) else 2,
                "st_uid": node.uid,
                "st_gid": node.gid,
                "st_ino": node.number,
                "st_size": size,
                "st_blocks": -(-size // 512),
            }

    def readdir(self, path: str, fh: int) -> list[tuple[str, dict[str, int], int]]:
        with self._guard:
            self._live()
            node = self._node(path)
            names = {".": node, "..": node} | (node.live if isinstance(node, Folder) else {})
            return [(name, {"st_ino": each.number, "st_mode": each.mode}, 0) for name, each in names.items()]

    def read(self, path: str | None, size: int, offset: int, fh: int) -> bytes:
        with self._guard:
            self._live()
            return bytes(self._file(path, fh).live[offset : offset + size])

    def statfs(self, path: str) -> dict[str, int]:
        return {
            "f_bsize": BLOCK,
            "f_frsize": BLOCK,
            "f_blocks": BLOCKS,
            "f_bfree": BLOCKS // 2,
            "f_bavail": BLOCKS // 2,
            "f_namemax": 255,
        }

    # --- Handles

    def open(self, path: str, flags: int) -> int:
        with self._guard:
            self._live()
            node = self._file(path)
            if flags & os.O_TRUNC:
                self.truncate(path, 0)
            return self._handle(node)

    def create(self, path: str, mode: int, flags: int) -> int:
        folder, name = self._folder(path)
        uid, gid, _ = mfusepy.fuse_get_context()
        node = File(stat.S_IFREG | stat.S_IMODE(mode), uid, self._group(folder, gid))
        self._do("create", name, lambda: folder.change({name: node}))
        return self._handle(node)

    def _handle(self, node: Node) -> int:
        with self._guard:
            self._next += 1
            self._handles[self._next] = node
            return self._next

    def _group(self, folder: Folder, gid: int) -> int:
        return folder.gid if folder.mode & stat.S_ISGID else gid

    def release(self, path: str | None, fh: int) -> None:
        self._handles.pop(fh, None)

    # --- Changing

    def write(self, path: str | None, data: bytes, offset: int, fh: int) -> int:
        node, done = self._file(path, fh), len(data)

        def half() -> None:
            nonlocal done
            fault = next((each for each in self._plan.faults if each.short and self._plan.is_first(each)), None)
            if fault is not None and len(data) > 1:
                done = len(data) // 2
                node.change(Write(offset, data[:done]))

        try:
            self._do("write", path or "", lambda: node.change(Write(offset, data)), half)
        except OSError:
            if done == len(data):
                raise
        return done

    def truncate(self, path: str | None, length: int, fh: int | None = None) -> None:
        node = self._file(path, fh)
        self._do("truncate", path or "", lambda: node.change(Resize(length)))

    def fsync(self, path: str | None, datasync: int, fh: int) -> None:
        node = self._file(path, fh)
        self._do("fdatasync" if datasync else "fsync", path or "", node.sync, node.drop)

    def fsyncdir(self, path: str, datasync: int, fh: int) -> None:
        node = self._node(path)
        assert isinstance(node, Folder)
        self._do("fsyncdir", path, node.sync, node.drop)

    def unlink(self, path: str) -> None:
        if self._hidden.pop(path, None) is not None:
            return
        folder, name = self._folder(path)
        self._do("unlink", name, lambda: folder.change({name: None}))

    def rmdir(self, path: str) -> None:
        node = self._node(path)
        if isinstance(node, Folder) and node.live:
            raise OSError(errno.ENOTEMPTY, path)
        self.unlink(path)

    def mkdir(self, path: str, mode: int) -> None:
        folder, name = self._folder(path)
        uid, gid, _ = mfusepy.fuse_get_context()
        mode |= folder.mode & stat.S_ISGID
        node = Folder(stat.S_IFDIR | stat.S_IMODE(mode), uid, self._group(folder, gid))
        self._do("mkdir", name, lambda: folder.change({name: node}))

    def rename(self, old: str, new: str) -> None:
        (here, name), (there, other) = self._folder(old), self._folder(new)
        node = self._node(old)
        if other.startswith(HIDDEN):
            self.unlink(old)
            self._hidden[new] = node
            return

        def move() -> None:
            if here is there:
                here.change({name: None, other: node})
            else:
                there.change({other: node})
                here.change({name: None})
                there.sync()
                here.sync()

        self._do("rename", other, move)

    def chmod(self, path: str | None, mode: int) -> None:
        node = self._node(path)
        node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)

    def chown(self, path: str | None, uid: int, gid: int) -> None:
        node = self._node(path)
        node.uid, node.gid = (uid if uid >= 0 else node.uid), (gid if gid >= 0 else node.gid)

    def utimens(self, path: str | None, times: tuple[int, int] | None = None) -> None:
        self._node(path).changed_ns = times[1] if times else time.time_ns()


def say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _orders(power: Power, folder: Path) -> None:
    for line in sys.stdin:
        say(power.order(json.loads(line)))
    unmount(folder)
    os._exit(0)


def unmount(folder: Path) -> None:
    """Takes the mount away even where somebody still uses it."""
    subprocess.run(["umount", "--lazy", str(folder)], stderr=subprocess.DEVNULL, check=False, timeout=10)


def main(image: Path, folder: Path, seed: int) -> None:
    power = Power(image, seed)
    threading.Thread(target=_orders, args=(power, folder), daemon=True).start()
    mfusepy.FUSE(
        power,
        str(folder),
        foreground=True,
        nothreads=True,
        fsname="power",
        allow_other=True,
        default_permissions=True,
        kernel_cache=True,
        use_ino=True,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
