"""What is known of a driver from its name in the settings."""

import pytest

from kiosk.core.spec import Spec


@pytest.mark.parametrize(
    ("spec", "bus"),
    [("mlx90614", "1"), ("mlx90632:bus=3,address=0x3B", "3"), ("iio:name=mlx90632", ""), ("simulated", ""), ("", "")],
)
def test_the_bus_is_the_one_that_is_named_or_the_usual_one(spec, bus):
    assert Spec.of(spec).bus == bus


def test_gpio_lines_are_told_from_other_numbers():
    assert Spec.of("leds:green=17, red=22,chip=4,pulse_s=2,active_low=yes").lines == {"green": "17", "red": "22"}
    assert Spec.of("gpio").lines == {}
