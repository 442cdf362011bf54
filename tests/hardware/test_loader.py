"""How a driver is found by its name, and what is said of a wrong spec."""

from __future__ import annotations

import pytest

import hardware
from hardware import arguments, flag, number, whole
from kiosk.core.faults import SettingsError


def test_a_driver_is_the_module_of_its_name() -> None:
    assert hardware.load("thermometer", "simulated").name == "simulated"
    assert set(hardware.names("thermometer")) == {"iio", "mlx90614", "mlx90632", "none", "simulated"}


@pytest.mark.parametrize("kind", hardware.KINDS)
def test_each_kind_lists_its_drivers_and_private_modules_are_none(kind: str) -> None:
    assert not any(name.startswith("_") for name in hardware.names(kind))


@pytest.mark.parametrize("spec", ["mlx90641", "", "../cli", "_child", "MLX90614", "os", "__init__"])
def test_an_unknown_driver_is_refused_with_the_known_ones(spec: str) -> None:
    with pytest.raises(SettingsError, match=r"no such driver; .*known are iio, mlx90614, mlx90632, none, simulated"):
        hardware.load("thermometer", spec)


def test_a_near_miss_is_pointed_out() -> None:
    with pytest.raises(SettingsError, match="did you mean mlx90614"):
        hardware.load("thermometer", "mlx9614:bus=1")


def test_a_wrong_argument_names_spec_key_reason_and_what_is_known() -> None:
    with pytest.raises(SettingsError) as caught:
        hardware.load("thermometer", "mlx90614:bus=one")
    assert str(caught.value) == (
        "thermometer 'mlx90614:bus=one': bus=one: must be a whole number from 0 to 99; known are bus=0..99, "
        "address=3..119, emissivity=0.1..1, power=0..27"
    )


def test_an_argument_to_a_driver_without_any_is_refused() -> None:
    with pytest.raises(SettingsError, match="takes no argument"):
        hardware.load("thermometer", "none:bus=1")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="no kind of device"):
        hardware.names("toaster")


def test_only_the_given_keys_come_back_each_read_by_its_type() -> None:
    read = arguments(
        "bus=1, hold=0.5,low=yes,at=0x5a",
        bus=whole(0, 9),
        hold=number(0, 1),
        low=flag,
        at=whole(0, 99),
        other=whole(0, 9),
    )
    assert read == {"bus": 1, "hold": 0.5, "low": True, "at": 90}
    assert arguments("", bus=whole(0, 9)) == {}


@pytest.mark.parametrize(
    "arg",
    [
        "bus",
        "bus=",
        "bus=10",
        "bus=-1",
        "bus=1_0",
        "bus=１",
        "bus=1,bus=2",
        "buss=1",
        "hold=nan",
        "hold=inf",
        "hold=2",
        "hold=1_0",
        "low=true",
        ",",
        "=1",
        "bus=1,,hold=1",
    ],
)
def test_wrong_keys_and_numbers_are_refused(arg: str) -> None:
    with pytest.raises(SettingsError, match=r"known are bus=0\.\.9, hold=0\.\.1, low=yes\|no"):
        arguments(arg, bus=whole(0, 9), hold=number(0, 1), low=flag)
