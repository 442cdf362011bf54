"""A kiosk process for power cuts: the real one, or one that errs on purpose."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from kiosk.settings import Places
from tests.support.power.machine import ROOT


def run_kiosk(*arguments: str, at: Places, out: Any, module: str = "kiosk") -> subprocess.Popen[bytes]:
    """`kiosk ARGUMENTS` as a process of its own; `module` says which: the kiosk itself, or one that errs."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments, "--state", str(at.state)],
        cwd=ROOT,
        env=os.environ | {"KIOSK_RUNTIME": str(at.runtime), "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"},
        stdout=out,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )
