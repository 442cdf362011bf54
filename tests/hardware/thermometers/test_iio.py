"""The thermometers that the kernel drives, read from a made-up tree of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.thermometers import SensorCode
from hardware.thermometers.iio import Iio, open_device
from kiosk.core.faults import SensorFault
from tests.support.iio_tree import Tree


@pytest.fixture(params=["mlx90614", "mlx90632"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    made = Tree(tmp_path, request.param)
    made.plug()
    return made


def fails_with(driver: Iio) -> SensorCode:
    with pytest.raises(SensorFault) as caught:
        driver.read()
    return SensorCode(caught.value.code)


def test_counts_or_millidegrees_become_degrees(tree: Tree) -> None:
    reading = Iio(tree.devices).read()
    assert reading.object_c == pytest.approx(34.5, abs=0.02)
    assert reading.ambient_c == pytest.approx(22.0, abs=0.02)


def test_it_says_which_device_it_is(tree: Tree) -> None:
    driver = Iio(tree.devices)
    driver.read()
    assert driver.about()["id"] == f"iio:device0 {tree.part}"


def test_other_devices_of_the_kernel_are_passed_over(tree: Tree) -> None:
    Tree(tree.devices, "ads1115", 1).plug()
    assert Iio(tree.devices, None).read().object_c == pytest.approx(34.5, abs=0.02)
    assert fails_with(Iio(tree.devices, 1)) is SensorCode.WRONG_PART


def test_one_that_vanishes_is_absent_and_is_found_again_elsewhere(tree: Tree) -> None:
    driver = Iio(tree.devices)
    assert driver.read().awake_s is None
    tree.unplug()
    assert [fails_with(driver), fails_with(driver)] == [SensorCode.ABSENT] * 2
    Tree(tree.devices, tree.part, 3).plug()
    assert driver.read().awake_s == 0


def test_another_emissivity_is_not_believed_unless_the_settings_say_so(tree: Tree) -> None:
    (tree.device / "in_temp_object_calibemissivity").write_text("0.950000000\n")
    assert fails_with(Iio(tree.devices)) is SensorCode.SETUP
    Iio(tree.devices, emissivity=0.95).read()
    (tree.device / "in_temp_object_calibemissivity").write_bytes(b"\xff warm\n")
    assert fails_with(Iio(tree.devices)) is SensorCode.BUS


@pytest.mark.parametrize(
    ("text", "code"), [("65535", "stuck"), ("0", "stuck"), ("1", "out_of_range"), ("warm", "bus"), ("", "bus")]
)
def test_what_is_no_temperature_is_refused(tmp_path: Path, text: str, code: str) -> None:
    tree = Tree(tmp_path)
    tree.plug()
    (tree.device / "in_temp_object_raw").write_text(text)
    assert fails_with(Iio(tmp_path)) == code


def test_the_argument_names_the_device() -> None:
    with pytest.raises(SensorFault, match=r"has no I2C bus.*there is no mlx90614 or mlx90632"):
        open_device("device=99").read()
