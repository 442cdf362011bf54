"""A machine whose power can be cut: its disk is mounted, processes use it, and everything ends for certain."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from select import select
from typing import Any

from tests.support.power.faults import Fault

ROOT = Path(__file__).parents[3]
MOUNTS_WITHIN_S = 10.0
ANSWERS_WITHIN_S = 20.0


def cannot_mount() -> str:
    """Why no file system can be mounted here; empty where it can."""
    if os.geteuid() != 0 or not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "needs root and /dev/fuse"
    code = "import os; os.environ['FUSE_LIBRARY_NAME'] = 'fuse3'; import mfusepy"
    if subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=20).returncode:
        return "needs mfusepy and libfuse3 (make setup)"
    return ""


@dataclass
class Machine:
    """`image` is what lies on the disk while the power is off; `disk` is the mounted file system while it is on."""

    folder: Path
    image: Path = field(init=False)
    disk: Path = field(init=False)
    _mount: subprocess.Popen[bytes] | None = None
    _unread: bytes = b""

    def __post_init__(self) -> None:
        self.image, self.disk = self.folder / "image", self.folder / "disk"
        for each in (self.image, self.disk):
            each.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def on(self, seed: int) -> Iterator[None]:
        """Power, until the block ends; what is on the disk then is what was there at the cut, or at the end."""
        self._mount = subprocess.Popen(
            [sys.executable, "-m", "tests.support.power.mount", str(self.image), str(self.disk), str(seed)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            end_s = time.monotonic() + MOUNTS_WITHIN_S
            while not os.path.ismount(self.disk):
                assert self._mount.poll() is None, "the file system under test could not be mounted"
                assert time.monotonic() < end_s, "the file system under test was not mounted in time"
                time.sleep(0.005)
            yield
        finally:
            with suppress(OSError, AssertionError):  # a mount that has died keeps what was there before
                self.cut()
            self._off()

    def _off(self) -> None:
        mount = self._mount
        assert mount is not None
        assert mount.stdin is not None
        subprocess.run(["umount", "--lazy", str(self.disk)], stderr=subprocess.DEVNULL, check=False, timeout=10)
        mount.stdin.close()
        try:
            mount.wait(timeout=5)
        except subprocess.TimeoutExpired:
            mount.kill()
            mount.wait()
        assert mount.stdout is not None
        mount.stdout.close()
        self._mount, self._unread = None, b""
        for old in self.folder.glob("image.before-*"):
            shutil.rmtree(old)

    def arm(self, *faults: Fault, cut_at: int | None = None) -> None:
        """From now on these faults, and a cut of the power during so many operations from now."""
        self._order({"do": "arm", "faults": [asdict(each) for each in faults], "cut_at": cut_at})

    def heal(self) -> int:
        """No faults any more; how many operations failed since they were armed."""
        failed = self.counts()["failed"]
        self.arm()
        return int(failed)

    def counts(self) -> dict[str, Any]:
        """What the disk was asked to do since it was armed."""
        return self._order({"do": "counts"})

    def cut(self) -> None:
        """The power goes, now, unless it has gone already."""
        self._order({"do": "cut"})

    @property
    def is_off(self) -> bool:
        """Whether the power has gone."""
        return bool(self.counts()["off"])

    def has_gone_off(self, within_s: float) -> bool:
        """Whether the power goes by itself in that time."""
        end_s = time.monotonic() + within_s
        while (left_s := end_s - time.monotonic()) > 0:
            answer = self._hear(left_s)
            if answer is not None and answer["said"] == "off":
                return True
        return False

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._mount is not None
        assert self._mount.stdin is not None
        self._mount.stdin.write(json.dumps(order).encode() + b"\n")
        self._mount.stdin.flush()
        while True:
            answer = self._hear(ANSWERS_WITHIN_S)
            assert answer is not None, "the file system under test does not answer"
            if answer["said"] == order["do"]:
                return answer

    def _hear(self, within_s: float) -> dict[str, Any] | None:
        assert self._mount is not None
        assert self._mount.stdout is not None
        pipe = self._mount.stdout.fileno()
        end_s = time.monotonic() + within_s
        while b"\n" not in self._unread:
            ready, _, _ = select([pipe], [], [], max(0.0, end_s - time.monotonic()))
            if not ready:
                return None
            more = os.read(pipe, 65536)
            assert more, "the file system under test has died"
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer


def kill(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """What a power cut does to processes."""
    for process in processes:
        process.kill()
    for process in processes:
        process.wait(timeout=10)
