"""A file of --out is there when it is whole, and never before."""

import errno
import os
from pathlib import Path

import pytest

from kiosk.cli._whole import written


@pytest.fixture(params=["without a name", "with one"])
def out(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for a file, on a file system that knows files without a name and on one that does not."""
    if request.param == "with one":
        really = os.open

        def refusing(path: object, flags: int, *more: int) -> int:
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
            return really(path, flags, *more)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "open", refusing)
    return tmp_path / "log.csv"


def test_a_file_takes_its_place_when_it_is_whole(out: Path) -> None:
    out.write_bytes(b"old")
    with written(out) as file:
        file.write(b"new")
        assert out.read_bytes() == b"old"
    assert out.read_bytes() == b"new"
    assert os.listdir(out.parent) == ["log.csv"]  # noqa: PTH208


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_one_that_is_aborted_leaves_the_old_one_and_nothing_else(out: Path, error: type[BaseException]) -> None:
    out.write_bytes(b"old")
    with pytest.raises(error), written(out) as file:  # noqa: PT012 - what is tried is the block
        file.write(b"half")
        raise error
    assert out.read_bytes() == b"old"
    assert os.listdir(out.parent) == ["log.csv"]  # noqa: PTH208


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), written(tmp_path / "none" / "log.csv"):
        pass


def test_a_new_file_has_the_mode_that_files_of_its_user_have(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    with written(tmp_path / "log.csv"):
        pass
    assert (tmp_path / "log.csv").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_is_no_file_is_written_to_and_stays(tmp_path: Path) -> None:
    with written(Path("/dev/null")) as file:
        file.write(b"x")
    assert Path("/dev/null").is_char_device()
