"""How long the guest was kept waiting by what else its host does: no limit in seconds counts that time."""

from __future__ import annotations

import os
import threading
from pathlib import Path

EVERY_S = 0.1
FILE = "waited"  # in the folder that host and guest share: seconds since the guest began


class Pace:
    """Writes down, again and again, for how long the processes of session `leader` were ready to run and did not."""

    def __init__(self, leader: int, out: Path) -> None:
        self._leader, self._file = leader, out / FILE
        self._waited_ns: dict[int, int] = {}
        self._gone_ns = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pace of the guest", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Watches no more."""
        self._ended.set()
        self._thread.join(5)

    def _watch(self) -> None:
        while not self._ended.wait(EVERY_S):
            now = {pid: waited for pid in self._processes() if (waited := _waited_ns(pid)) is not None}
            self._gone_ns += sum(waited for pid, waited in self._waited_ns.items() if pid not in now)
            self._waited_ns = now
            fresh = self._file.with_suffix(".new")
            fresh.write_text(f"{(self._gone_ns + sum(now.values())) / 1e9:.3f}")
            fresh.replace(self._file)

    def _processes(self) -> list[int]:
        pids = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal())
        return [pid for pid in pids if _session(pid) == self._leader]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _waited_ns(pid: int) -> int | None:
    """Linux, Documentation/scheduler/sched-stats.rst: the second number of schedstat."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
    except (OSError, IndexError):
        return None
