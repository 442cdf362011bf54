"""The guest's kernel: Debian's source package built for User Mode Linux, and the devices of our own as its modules."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from tests.devices.guest.cache import HERE, GuestError, forget_others, key, run

CONFIG, MODULES = HERE / "kernel.config", HERE / "modules"
UNPACKS_WITHIN_S, BUILDS_WITHIN_S = 300, 1500


def build(place: Path) -> Path:
    """The folder with `linux`, a program, and `lib/modules`. Raises GuestError."""
    if platform.machine() != "x86_64":
        raise GuestError(f"User Mode Linux needs an x86-64 machine; this is {platform.machine()}")
    source = _source_package()
    built = place / f"kernel-{key(source.name, str(source.stat().st_size), CONFIG, MODULES, Path(__file__))}"
    if not (built / "linux").exists():
        print(f"Building the guest's kernel from {source.name} in {place}; minutes, once", flush=True)
        _make(place, source, built)
        forget_others(place, "kernel", built)
    return built


def _source_package() -> Path:
    packed = sorted(Path("/usr/src").glob("linux-source-*.tar.xz"), key=lambda path: path.stat().st_mtime)
    if not packed:
        raise GuestError("there is no /usr/src/linux-source-*.tar.xz; install the package linux-source")
    return packed[-1]


def _make(place: Path, source: Path, built: Path) -> None:
    tree, objects, log = place / "source", place / "objects", place / "kernel.log"
    unpacked = tree / ".unpacked"
    if not unpacked.exists() or unpacked.read_text() != _identity(source):
        for old in (tree, objects):
            shutil.rmtree(old, ignore_errors=True)
        tree.mkdir()
        run("unpacking the kernel", "tar", "-C", tree, "--strip-components=1", "-xf", source,
            log=log, within_s=UNPACKS_WITHIN_S)  # fmt: skip
        unpacked.write_text(_identity(source))
    objects.mkdir(exist_ok=True)
    jobs = f"-j{os.cpu_count() or 1}"
    make = ("nice", "make", "-C", str(tree), f"O={objects}", "ARCH=um", "SUBARCH=x86_64", "-s", jobs)
    _configure(make, tree, objects, log)
    run("building the kernel", *make, "linux", "modules", log=log, within_s=BUILDS_WITHIN_S)
    ours = objects / "kiosk"
    shutil.rmtree(ours, ignore_errors=True)
    shutil.copytree(MODULES, ours)
    run("building the devices", *make, f"M={ours}", "modules", log=log, within_s=300)
    unfinished = built.with_name("unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    into = f"INSTALL_MOD_PATH={unfinished}"
    run("installing modules", *make, into, "INSTALL_MOD_STRIP=1", "modules_install", log=log, within_s=120)
    run("installing the devices", *make, into, "INSTALL_MOD_STRIP=1", f"M={ours}", "modules_install",
        log=log, within_s=120)  # fmt: skip
    for link in unfinished.glob("lib/modules/*/*"):
        if link.is_symlink():
            link.unlink()  # to the source tree, which no guest has
    run("stripping the kernel", "strip", "-o", unfinished / "linux", objects / "linux", log=log, within_s=60)
    unfinished.rename(built)


def _identity(source: Path) -> str:
    return f"{source.name} {source.stat().st_size} {source.stat().st_mtime_ns}"


def _configure(make: tuple[str, ...], tree: Path, objects: Path, log: Path) -> None:
    """As little as there is, and our list; what this kernel does not take is refused here, not at a test."""
    wanted = objects / "kiosk.config"
    if wanted.exists() and wanted.read_text() == CONFIG.read_text():
        return
    run("configuring the kernel", *make, "tinyconfig", log=log, within_s=120)
    merge = ("scripts/kconfig/merge_config.sh", "-m", "-O", objects, objects / ".config", CONFIG)
    run("configuring the kernel", "env", f"--chdir={tree}", *merge, log=log, within_s=120, more={"ARCH": "um"})
    run("configuring the kernel", *make, "olddefconfig", log=log, within_s=120)
    got = (objects / ".config").read_text().splitlines()
    missing = [line for line in CONFIG.read_text().splitlines() if line.startswith("CONFIG_") and line not in got]
    if missing:
        raise GuestError(f"this kernel does not take {', '.join(missing)} of {CONFIG.name}")
    wanted.write_text(CONFIG.read_text())
