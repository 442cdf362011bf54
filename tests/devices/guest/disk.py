"""The guest's disk: its Debian, and on it the kiosk as `systemd/install.sh` installs it on a Pi."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.devices.guest.cache import HERE, forget_others, key, need_root, run

NEEDLESS = (  # of what starts by itself on a Debian
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service",
    "fstrim.timer", "getty@tty1.service", "serial-getty@.service", "systemd-pstore.service",
    "systemd-timesyncd.service", "systemd-update-utmp.service",
)  # fmt: skip
MADE_OF = ("kiosk", "hardware", "web", "systemd", "pyproject.toml", "requirements.lock", "README.md", "LICENSE")
SPARE_BYTES = 600 * 1024 * 1024  # for the logbook, temporary files and what the tests write
FILES = HERE / "files"


def build(place: Path, system: Path, kernel: Path, project: Path) -> Path:
    """The disk's image: the Debian of `system`, the modules of `kernel`, the kiosk of `project`. Raises GuestError."""
    made_of = (project / part for part in MADE_OF)
    image = place / f"disk-{key(system.name, kernel.name, FILES, Path(__file__), *made_of)}.ext4"
    if not image.exists():
        need_root()
        print("Installing the kiosk on the guest's disk", flush=True)
        log = place / "disk.log"
        tree = system / "root"
        _install(system, tree, project, log)
        _lay_out(tree, kernel)
        _pack(tree, image, log)
        forget_others(place, "disk", image)
    return image


def _install(system: Path, tree: Path, project: Path, log: Path) -> None:
    """The project's own installer inside the guest's root, without a network: the wheels lie there."""
    source, wheels = tree / "source", tree / "wheels"
    for old in (source, wheels, tree / "opt/kiosk"):
        shutil.rmtree(old, ignore_errors=True)
    source.mkdir()
    shutil.copytree(system / "wheels", wheels, copy_function=os.link)
    for part in MADE_OF:
        copy = shutil.copytree if (project / part).is_dir() else shutil.copy2
        copy(project / part, source / part)
    run(
        "installing the kiosk", "unshare", "--mount", "--pid", "--fork", f"--root={tree}", "--mount-proc",
        "/source/systemd/install.sh", log=log, within_s=300,
        more={"APT": "no", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels", "PIP_CONFIG_FILE": "/dev/null",
              "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"},
    )  # fmt: skip
    shutil.rmtree(source)
    shutil.rmtree(wheels)


def _lay_out(tree: Path, kernel: Path) -> None:
    """What makes a Debian into this guest: our kernel's modules, the job that runs the tests, no needless services."""
    shutil.rmtree(tree / "lib/modules", ignore_errors=True)
    shutil.copytree(kernel / "lib/modules", tree / "lib/modules")
    for version in (tree / "lib/modules").iterdir():
        run("listing the modules", "depmod", "-b", tree, version.name, log=Path(os.devnull), within_s=60)
    shutil.copytree(FILES, tree, dirs_exist_ok=True)
    units = tree / "etc/systemd/system"
    for unit in NEEDLESS:
        link = units / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
    wanted = units / "multi-user.target.wants/kiosk-guest.service"
    wanted.parent.mkdir(exist_ok=True)
    wanted.unlink(missing_ok=True)
    wanted.symlink_to("../kiosk-guest.service")
    for folder in ("src", "out"):
        (tree / folder).mkdir(exist_ok=True)


def _pack(tree: Path, image: Path, log: Path) -> None:
    used = sum(path.lstat().st_blocks * 512 for path in tree.rglob("*"))
    unfinished = image.with_name("unfinished-disk")
    unfinished.unlink(missing_ok=True)
    with unfinished.open("wb") as file:
        file.truncate((used + SPARE_BYTES) // 4096 * 4096)
    run("packing the guest's disk", "mkfs.ext4", "-q", "-F", "-d", tree, unfinished, log=log, within_s=300)
    unfinished.rename(image)
