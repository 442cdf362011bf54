"""Thermometers: each driver's `open_device(arg)` gives a `Thermometer` that never answers a wrong reading.

A thermometer that is not there is no error at the start: `read` says ABSENT until it is plugged in.
"""

from enum import StrEnum


class SensorCode(StrEnum):
    """The `code` of a SensorFault: in which way the thermometer failed."""

    NACK = "nack"  # the part does not acknowledge: unplugged, unpowered, or another address
    BAD_PEC = "bad_pec"  # a byte was damaged on the way
    ERROR_FLAG = "error_flag"  # the part itself says that the value is wrong
    OUT_OF_RANGE = "out_of_range"  # a value that the part cannot measure
    STUCK = "stuck"  # a bus line hangs, or every bit reads the same
    BUS = "bus"  # the bus failed otherwise, or two readings do not agree
    ABSENT = "absent"  # no bus, or no thermometer configured
