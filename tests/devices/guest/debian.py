"""A small Debian, of the release that this machine runs, with the locked packages as wheels beside it."""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from pathlib import Path

from tests.devices.guest.cache import HERE, GuestError, forget_others, key, need_root, run

# As on a Raspberry Pi: the drivers for its own parts come from apt. pytest is the system's, for the kiosk has none.
PACKAGES = (
    "systemd", "systemd-sysv", "udev", "dbus", "kmod", "procps", "python3", "python3-venv",
    "libzbar0", "fonts-droid-fallback", "python3-evdev", "python3-pytest", "python3-pytest-timeout",
)  # fmt: skip
LGPIO, LGPIO_LOCK = "python3-lgpio", HERE / "lgpio.lock"
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


def build(place: Path, lock: Path) -> Path:
    """The folder with its `root` and the `wheels` of `lock`. Raises GuestError."""
    system = place / f"debian-{key(suite(), lock, LGPIO_LOCK, Path(__file__))}"
    if not system.exists():
        need_root()
        print(f"Making the guest's Debian in {place}; minutes, once", flush=True)
        _make(place, system, lock, place / "debian.log")
        forget_others(place, "debian", system)
    return system


def suite() -> str:
    """The release of Debian that this machine runs: the guest runs the same."""
    system = Path("/etc/os-release").read_text()
    found = re.search(r"^VERSION_CODENAME=(\w+)$", system, re.MULTILINE)
    if found is None or not re.search(r"^ID=debian$", system, re.MULTILINE):
        raise GuestError("the guest is made of Debian's packages; run this on Debian 12 or later")
    return found[1]


def _make(place: Path, system: Path, lock: Path, log: Path) -> None:
    unfinished = place / "unfinished-debian"
    shutil.rmtree(unfinished, ignore_errors=True)
    root, wheels = unfinished / "root", unfinished / "wheels"
    unfinished.mkdir()
    old = suite() == "bookworm"
    packages = PACKAGES if old else (*PACKAGES, LGPIO)
    run(
        "making the guest's Debian", "mmdebstrap", "--variant=minbase", "--mode=root",
        f"--include={','.join(packages)}", "--aptopt=Acquire::Languages \"none\"",
        *(f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT), suite(), root,
        log=log, within_s=600,
    )  # fmt: skip
    python = next((root / "usr/bin").glob("python3.*[0-9]")).name.removeprefix("python")
    fetch = _fetch(python, wheels)
    run("fetching the locked packages", *fetch, "--require-hashes", "-r", lock, log=log, within_s=600)
    if old:
        run("fetching lgpio", *fetch, "--require-hashes", "-r", LGPIO_LOCK, log=log, within_s=120)
        packages_of_its_own = root / f"usr/local/lib/python{python}/dist-packages"
        with zipfile.ZipFile(next(wheels.glob("lgpio-*"))) as wheel:
            wheel.extractall(packages_of_its_own)
    unfinished.rename(system)


def _fetch(python: str, into: Path) -> list[str]:
    """What pip is told to fetch wheels for the guest's Python, which need not be ours."""
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)]
    platforms += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]
    abi = f"cp{python.replace('.', '')}"
    return [
        sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download", "--no-deps",
        "--only-binary", ":all:", "--python-version", python, "--implementation", "cp",
        *(f"--abi={tag}" for tag in (abi, "abi3", "none")), *(f"--platform={tag}" for tag in platforms),
        "--dest", str(into),
    ]  # fmt: skip
