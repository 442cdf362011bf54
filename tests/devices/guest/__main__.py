"""`python -m tests.devices.guest [PYTEST ARGUMENTS]` builds the guest, and runs tests/devices in it.

Without arguments two of it run side by side, where there are two processors: all tests are in one of SHARES.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.devices.guest import boot, debian, disk, kernel
from tests.devices.guest.cache import PROJECT, GuestError, locked

RUNS_WITHIN_S = 900
INSTALLED = "tests/devices/installed"
SHARES = {  # a guest has one processor: the tests of the services take as long as all others together
    "services": f"{INSTALLED}/test_services.py",
    "devices": f"tests/devices/drivers {INSTALLED}/test_visit.py {INSTALLED}/test_wrong_clock.py",
}
NOT_TAKEN = shutil.ignore_patterns(
    ".git", ".venv", "var", "build", "dist", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "pictures"
)


def main(arguments: list[str]) -> int:
    """Exit code of the tests; 2 where there is no guest."""
    began_s = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the guest ends with us
    try:
        with tempfile.TemporaryDirectory(prefix="kiosk-project-") as folder:
            project = Path(folder) / "project"  # as it is now: somebody may be at work in it
            shutil.copytree(PROJECT, project, ignore=NOT_TAKEN)
            with locked() as place:
                linux = kernel.build(place)
                system = debian.build(place, project / "requirements.lock")
                image = disk.build(place, system, linux, project)
            print(f"The guest is ready after {time.monotonic() - began_s:.0f} s", flush=True)
            return boot.run(linux, image, project, _shares(arguments), RUNS_WITHIN_S)
    except GuestError as error:
        print(f"make test-devices: {error}", file=sys.stderr)
        return 2


def _shares(arguments: list[str]) -> dict[str, str]:
    if arguments or len(os.sched_getaffinity(0)) < len(SHARES):
        return {"guest": f"tests/devices {shlex.join(arguments)}"}
    return SHARES


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
