"""Real processes of a kiosk for tests and benches: started, watched through their sockets, ended for certain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import segno

from kiosk.core.faults import LinkDown
from kiosk.core.requests import Reply, Request
from kiosk.core.view import GateView
from kiosk.services import link
from kiosk.services.messages import Follow, GatePush, State
from kiosk.settings import Places, places

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 20.0

T = TypeVar("T")


def start(*arguments: str, at: Places, out: Any = subprocess.DEVNULL, **more: Any) -> subprocess.Popen[bytes]:
    """`kiosk ARGUMENTS` as a process of its own, with the state of `at`."""
    environment = os.environ | {"KIOSK_RUNTIME": str(at.runtime), "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(
        [sys.executable, "-m", "kiosk", *arguments, "--state", str(at.state)],
        cwd=ROOT,
        env=environment,
        stdout=out,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        **more,
    )


@contextmanager
def running(*commands: tuple[str, ...], at: Places) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Several kiosk processes for as long as the block lasts; ended in reverse order, killed if they must be."""
    processes = []
    try:
        for command in commands:
            processes.append(start(*command, at=at))
        yield processes
    finally:
        for process in reversed(processes):
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process as systemd would."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=8)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def eventually(what: Callable[[], T | None], within_s: float = STARTS_WITHIN_S) -> T:
    """The first true answer of `what`; fails when there is none in time."""
    end_s = time.monotonic() + within_s
    while True:
        try:
            answer = what()
        except (LinkDown, OSError):
            answer = None
        if answer:
            return answer
        assert time.monotonic() < end_s, "did not come about in time"
        time.sleep(0.01)


def view(at: Places) -> GateView:
    """The gate's state at this moment. Raises LinkDown."""
    with link.connect(at.gate_socket) as connection:
        link.send(connection, Follow())
        pushed = link.receive(connection, GatePush)
        assert isinstance(pushed, State)
        return pushed.view


def ask(at: Places, request: type[Request], **more: Any) -> Reply:
    """Asks the gate as a page does."""
    ask.number = getattr(ask, "number", 0) + 1  # type: ignore[attr-defined]
    values = {
        "request_id": f"t{os.getpid()}-{ask.number}",  # type: ignore[attr-defined]
        "by": "li",
        "expires_at": datetime.now(UTC) + timedelta(seconds=10),
    }
    return link.ask(at.gate_socket, request(**(values | more)), Reply)


def fresh_places(folder: Path) -> Places:
    """The places of a kiosk that never ran."""
    at = places(folder)
    at.runtime.mkdir(parents=True, exist_ok=True)
    return at


@dataclass(frozen=True)
class Use:
    """What a process used of the machine."""

    cpu_s: float
    memory_mb: float


def use_of(pid: int) -> Use:
    """CPU seconds so far (with all threads) and proportional memory of a process, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = int(rollup.partition("\nPss:")[2].split()[0])
    return Use(ticks / os.sysconf("SC_CLK_TCK"), kilobytes / 1024)


def frame_with(text: str, *, width: int = 1280, height: int = 720, module_px: int = 0) -> np.ndarray:
    """A frame with the QR code of `text` before a textured wall; as large as fits where `module_px` is 0."""
    rows = [[not dark for dark in row] for row in segno.make_qr(text, error="m").matrix_iter(border=4)]
    code = np.array(rows, np.uint8) * 255
    scale = module_px or int(height * 0.9) // code.shape[0]
    code = np.kron(code, np.ones((scale, scale), np.uint8))
    frame = wall(width, height)
    top, left = (height - code.shape[0]) // 2, (width - code.shape[1]) // 2
    frame[top : top + code.shape[0], left : left + code.shape[1]] = code
    return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)


def wall(width: int = 1280, height: int = 720, noise: int = 7) -> np.ndarray:
    """A grey wall with soft texture, always the same, and sensor noise, in which there is no code."""
    coarse = np.random.default_rng(1).integers(90, 150, (height // 40, width // 40)).astype(np.uint8)
    random = np.random.default_rng(noise)
    soft = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    return np.clip(soft + random.integers(-6, 7, soft.shape), 0, 255).astype(np.uint8)
