"""A backup goes to the stick that is meant, or to none: never onto the card where nothing is plugged in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.core.faults import KioskError
from kiosk.services.stick import Sticks


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def ran() -> list[tuple[str, ...]]:
    return []


@pytest.fixture
def sticks(tmp_path: Path, ran: list[tuple[str, ...]]) -> Sticks:
    """A machine with a stick KIOSK at /dev/sda1, that is not mounted."""
    for folder in ("by-label", "dev"):
        (tmp_path / folder).mkdir()
    (tmp_path / "dev" / "sda1").touch()
    for label in ("KIOSK", "MY\\x20STICK"):
        (tmp_path / "by-label" / label).symlink_to(tmp_path / "dev" / "sda1")
    (tmp_path / "mounts").write_text("/dev/root / ext4 rw 0 0\n")

    def run(*command: str) -> str:
        ran.append(command)
        return ""

    return Sticks(tmp_path / "by-label", tmp_path / "mounts", tmp_path / "mounted", run)


def mounted(sticks: Sticks, source: Path | str, point: str) -> None:
    sticks.mounts.write_text(f"/dev/root / ext4 rw 0 0\n{source} {point} vfat rw 0 0\n")


@pytest.mark.parametrize("label", ["KIOSK", "MY STICK"])
def test_a_stick_is_found_by_its_label_and_mounted_while_it_is_used(
    sticks: Sticks, ran: list[tuple[str, ...]], label: str
) -> None:
    with sticks.folder(f"label:{label}") as folder:
        assert folder == sticks.mounted_at
        assert [command[0] for command in ran] == ["mount"]
        assert ran[0][2] == "nosuid,nodev,noexec"
    assert [command[0] for command in ran] == ["mount", "umount"]


def test_a_stick_is_let_go_of_when_the_backup_fails(sticks: Sticks, ran: list[tuple[str, ...]]) -> None:
    with pytest.raises(KioskError, match="full"), sticks.folder("label:KIOSK"):
        raise KioskError("full")
    assert ran[-1][0] == "umount"


def test_a_stick_that_is_mounted_already_is_used_where_it_is(
    sticks: Sticks, tmp_path: Path, ran: list[tuple[str, ...]]
) -> None:
    mounted(sticks, tmp_path / "dev" / "sda1", "/media/my\\040stick")
    with sticks.folder("label:KIOSK") as folder:
        assert folder == Path("/media/my stick")
    assert ran == []
    assert sticks.media() == [Path("/media/my stick")]


@pytest.mark.parametrize("target", ["label:OTHER", "label:", "label:../dev/sda1"])
def test_a_stick_that_is_not_there_is_one_line(sticks: Sticks, target: str) -> None:
    with pytest.raises(KioskError, match="no stick with the label"), sticks.folder(target):
        pass


def test_a_stick_that_cannot_be_mounted_says_why(sticks: Sticks) -> None:
    broken = Sticks(sticks.by_label, sticks.mounts, sticks.mounted_at, lambda *_: "wrong fs type")
    with pytest.raises(KioskError, match="cannot be mounted: wrong fs type"), broken.folder("label:KIOSK"):
        pass


def test_a_folder_for_sticks_without_a_stick_is_not_the_card(sticks: Sticks) -> None:
    with pytest.raises(KioskError, match="nothing is mounted there"), sticks.folder("/media/stick"):
        pass
    mounted(sticks, "/dev/sdb1", "/media/stick")
    with sticks.folder("/media/stick/backups") as folder:
        assert folder == Path("/media/stick/backups")


def test_any_other_folder_is_taken_as_it_is(sticks: Sticks, tmp_path: Path) -> None:
    with sticks.folder(str(tmp_path)) as folder:
        assert folder == tmp_path


def disk(sticks: Sticks, name: str, removable: str) -> Sticks:
    """The same machine, whose `name` is a part of a disk that can be pulled out, or not."""
    blocks = sticks.by_label.parent / "block"
    (blocks / name).mkdir(parents=True)
    (blocks / "removable").write_text(removable)
    return replace(sticks, blocks=blocks)


def test_the_one_stick_that_is_plugged_in_is_found_by_itself(sticks: Sticks) -> None:
    (sticks.by_label / "MY\\x20STICK").unlink()
    assert disk(sticks, "sda1", "1\n").plugged() == "label:KIOSK"


@pytest.mark.parametrize(("removable", "said"), [("0", "no stick is plugged in"), ("1", "leave one")])
def test_none_and_several_are_said_and_a_built_in_disk_is_no_stick(sticks: Sticks, removable: str, said: str) -> None:
    with pytest.raises(KioskError, match=said):
        disk(sticks, "sda1", removable).plugged()


def test_the_disk_that_the_system_lives_on_is_never_taken_for_a_stick(sticks: Sticks) -> None:
    sticks = disk(sticks, "sda1", "1")
    mounted(sticks, sticks.by_label.parent / "dev" / "sda1", "/")
    with pytest.raises(KioskError, match="no stick is plugged in"):
        sticks.plugged()
