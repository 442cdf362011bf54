"""An installed kiosk has every file that the checkout has: templates, styles, catalogues."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
ONLY_IN_A_CHECKOUT = {".po", ".pot", ".pyc"}


def test_the_wheel_holds_every_file_of_the_packages(tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("kiosk", "hardware", "web"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, "-w", str(tmp_path), "."], cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")

    packed = set(zipfile.ZipFile(wheel).namelist())
    files = {path.relative_to(source) for name in ("kiosk", "hardware", "web") for path in (source / name).rglob("*.*")}
    expected = {
        path.as_posix() for path in files if path.suffix not in ONLY_IN_A_CHECKOUT and (source / path).is_file()
    }
    assert expected - packed == set()
