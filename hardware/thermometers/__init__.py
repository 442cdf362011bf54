"""Thermometers: each driver's `open_device(arg)` gives a `Thermometer` that never answers a wrong reading.

A thermometer that is not there is no error at the start: `read` says ABSENT until it is plugged in.
"""

from enum import StrEnum


class SensorCode(StrEnum):
    """The `code` of a SensorFault: in which way the thermometer failed."""

    NACK = "nack"  # the part does not acknowledge: unplugged, unpowered, asleep, or another address
    BAD_PEC = "bad_pec"  # a byte was damaged on the way
    ERROR_FLAG = "error_flag"  # the part itself says that the value is wrong
    OUT_OF_RANGE = "out_of_range"  # a value that the part cannot measure
    STUCK = "stuck"  # a bus line hangs, or every bit reads the same
    FROZEN = "frozen"  # the same value for so long that nobody measures any more
    JUMPED = "jumped"  # a change that no air and no forehead makes, seen once
    SETUP = "setup"  # the part is set otherwise than it should be: emissivity, filter
    WRONG_PART = "wrong_part"  # something else answers at this address
    BUS = "bus"  # the bus failed otherwise, or two readings do not agree
    ABSENT = "absent"  # no bus, or no thermometer configured


SAID = {
    SensorCode.NACK: "does not answer; check its power, SDA and SCL, and its address",
    SensorCode.BAD_PEC: "answers with damaged bytes; shorten the wires or lower the bus speed",
    SensorCode.ERROR_FLAG: "reports an internal error; switch it off and on",
    SensorCode.OUT_OF_RANGE: "answers a temperature that it cannot measure; check the wiring",
    SensorCode.STUCK: "has a hanging line; check SDA, SCL and the pull-ups",
    SensorCode.FROZEN: "answers the same value over and over; switch it off and on",
    SensorCode.JUMPED: "answered a value that nothing can have; check its power and its wires",
    SensorCode.SETUP: "is set otherwise than it should be; say kiosk thermometer show",
    SensorCode.WRONG_PART: "is another part than the settings say; say kiosk check",
    SensorCode.BUS: "is disturbed; check the wiring, and whether something else uses the bus",
    SensorCode.ABSENT: "has no I2C bus; enable I2C, check the bus number and the group i2c",
}
