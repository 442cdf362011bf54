"""The MLX90632's sums: its raw words and calibration constants become °C.  Source: Melexis datasheet 3901090632, §11.

The part only measures; the temperatures are computed outside of it. Checked against the manufacturer's own published
figures (Melexis' mlx90632-library, test/TestDSP.c, which go with the datasheet's formulas).
"""

from __future__ import annotations

from dataclasses import dataclass

ZERO_K = 273.15
REFERENCE = 12.0  # §11.1: both reference channels are twelve times amplified
ITERATIONS = 5  # §11.2.4: the sensitivity depends on the result; after five rounds nothing changes any more


@dataclass(frozen=True, slots=True)
class Constants:
    """The calibration constants as the EEPROM holds them, §9.4; the sums scale them."""

    p_r: int
    p_g: int
    p_t: int
    p_o: int
    ea: int
    eb: int
    fa: int
    fb: int
    ga: int
    gb: int
    ka: int
    ha: int
    hb: int


@dataclass(frozen=True, slots=True)
class Words:
    """One measurement's raw words: `infrared` averaged over its channels, RAM_6 and RAM_9."""

    infrared: float
    reference: int  # RAM_6
    supply: int  # RAM_9


def sensor_c(words: Words, of: Constants) -> float:
    """The part's own temperature, °C, §11.1.2."""
    over = _ambient(words, of) - of.p_r / 2**8
    return of.p_o / 2**8 + over / of.p_g * 2**20 + of.p_t / 2**44 * over**2


def object_c(
    words: Words, of: Constants, *, emissivity: float, reflected_c: float | None = None, extended: bool = False
) -> float:
    """What it looks at, °C, §11.2; `reflected_c` is how warm that is which the object mirrors, else the part itself.

    Raises ArithmeticError where no temperature fits the words.
    """
    sto = words.infrared / REFERENCE / _supply(words, of.ka) * 2**19
    dut_c = (_ambient(words, of) - of.eb / 2**8) / (of.ea / 2**16) + 25
    background = (dut_c + ZERO_K) ** 4
    if reflected_c is not None:
        mirrored = (reflected_c + ZERO_K) ** 4
        background = mirrored - (mirrored - background) / emissivity
    # In the extended range the part measures with half the amplification.
    sensitivity = of.fa / 2**46 * (of.ha / 2**14) / (2 if extended else 1)
    celsius = 25.0
    for _ in range(ITERATIONS):
        drift = 1 + of.ga / 2**36 * (celsius - 25) + of.fb / 2**36 * (dut_c - 25)
        fourth = sto / (emissivity * sensitivity * drift) + background
        if fourth < 0:
            raise ArithmeticError("colder than absolute zero")
        celsius = fourth**0.25 - ZERO_K - of.hb / 2**10
    return celsius


def _ambient(words: Words, of: Constants) -> float:
    return words.reference / REFERENCE / _supply(words, of.gb) * 2**19


def _supply(words: Words, beta: int) -> float:
    return words.supply + beta / 2**10 * words.reference / REFERENCE
