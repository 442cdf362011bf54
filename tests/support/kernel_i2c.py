"""A `/dev/i2c-1` with thermometers on it for a program that knows nothing of it, by umockdev: no kernel, no root.

An MLX90614 answers at 0x5A, an MLX90632 at 0x3A; beside them stands an MLX90614 that the kernel drives (/sys/bus/iio).

`python -m tests.support.kernel_i2c CODE` runs CODE in a Python whose system calls go through umockdev's preloaded
library; here the ioctls of i2c-dev are answered as the kernel would, PEC included.  Source: linux/i2c-dev.h.
Writing word `n` to register KNOB makes the next transfer fail with errno n.
"""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
import threading

from tests.support.mlx90614_part import FakeSMBus, Part, word
from tests.support.mlx90632_part import FakeRegisters, Part632

I2C_SLAVE, I2C_FUNCS, I2C_RDWR, I2C_PEC, I2C_SMBUS = 0x0703, 0x0705, 0x0707, 0x0708, 0x0720
SMBUS_BYTE, SMBUS_WORD_DATA = 1, 3
FUNCS_WITH_PEC = 0x0EFF0009
KNOB = 0x7F
ENOTTY, EREMOTEIO = 25, 121

DEVICE = b"P: /devices/i2c-1/i2c-dev/i2c-1\nN: i2c-1\nE: DEVNAME=/dev/i2c-1\nE: SUBSYSTEM=i2c-dev\n"
IIO_DEVICE = (
    "P: /devices/i2c-2/2-005a/iio:device0\nE: SUBSYSTEM=iio\nE: DEVTYPE=iio_device\nA: name=mlx90614\\n\n"
    f"A: in_temp_object_raw={word(36.5)}\\n\nA: in_temp_ambient_raw={word(21)}\\n\n"
    "A: in_temp_offset=-13657.500000\\n\nA: in_temp_scale=20\\n\nA: in_temp_object_calibemissivity=1.0\\n\n"
).encode()

_POINTER, _LONG, _INT = ctypes.c_void_p, ctypes.c_long, ctypes.c_int
_HANDLER = ctypes.CFUNCTYPE(_INT, _POINTER, _POINTER, _POINTER)


def _library(name: str, **functions: tuple[object, list[object]]) -> ctypes.CDLL:
    library = ctypes.CDLL(name)
    for function, (result, arguments) in functions.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


def _umockdev() -> ctypes.CDLL:
    return _library(
        "libumockdev.so.0",
        umockdev_testbed_new=(_POINTER, []),
        umockdev_testbed_add_from_string=(_INT, [_POINTER, ctypes.c_char_p, _POINTER]),
        umockdev_testbed_attach_ioctl=(_INT, [_POINTER, ctypes.c_char_p, _POINTER, _POINTER]),
        umockdev_ioctl_base_new=(_POINTER, []),
        umockdev_ioctl_client_get_request=(ctypes.c_ulong, [_POINTER]),
        umockdev_ioctl_client_get_arg=(_POINTER, [_POINTER]),
        umockdev_ioctl_client_complete=(None, [_POINTER, _LONG, _INT]),
        umockdev_ioctl_data_resolve=(_POINTER, [_POINTER, ctypes.c_size_t, ctypes.c_size_t, _POINTER]),
        umockdev_ioctl_data_update=(None, [_POINTER, ctypes.c_size_t, ctypes.c_char_p, _INT]),
        umockdev_ioctl_data_retrieve=(None, [_POINTER, ctypes.POINTER(_POINTER), ctypes.POINTER(_INT)]),
    )


class Kernel:
    """Answers the ioctls of `/dev/i2c-1`."""

    def __init__(self) -> None:
        self.mock = _umockdev()
        self.part = Part()
        self.bus = FakeSMBus(self.part)
        self.registers = FakeRegisters(Part632())
        self.address = 0
        self.handler = _HANDLER(self.handle)

    def handle(self, _base: int, client: int, _data: int) -> int:
        result, error = self.answer(client)
        self.mock.umockdev_ioctl_client_complete(client, result, error)
        return 1

    def answer(self, client: int) -> tuple[int, int]:
        request = self.mock.umockdev_ioctl_client_get_request(client) & 0xFFFFFFFF
        argument = self.mock.umockdev_ioctl_client_get_arg(client)
        if request == I2C_SLAVE:
            self.address = struct.unpack_from("<Q", self.read(argument))[0]
        elif request == I2C_PEC:
            self.bus.pec = not self.bus.pec  # smbus2 only ever turns it on, and off again
        elif request == I2C_FUNCS:
            self.write(self.inside(argument, 0, 8), struct.pack("<Q", FUNCS_WITH_PEC))
        elif request == I2C_RDWR:
            return self.messages(argument)
        elif request == I2C_SMBUS:
            return self.transfer(self.inside(argument, 0, 16))
        else:
            return -1, ENOTTY
        return 0, 0

    def transfer(self, message: int) -> tuple[int, int]:
        reading, register, size = struct.unpack_from("<BBxxI", self.read(message))
        data = self.inside(message, 8, 34)
        if size == SMBUS_BYTE and reading:
            try:
                self.write(data, bytes([self.bus.read_byte(self.address)]))
            except OSError as error:
                return -1, error.errno or 0
            return 0, 0
        if size != SMBUS_WORD_DATA:
            return -1, ENOTTY
        if not reading:
            return self.written(register, struct.unpack_from("<H", self.read(data))[0])
        try:
            self.write(data, struct.pack("<H", self.bus.read_word_data(self.address, register)))
        except OSError as error:
            return -1, error.errno or 0
        return 0, 0

    def messages(self, argument: int) -> tuple[int, int]:
        """One or two plain messages: a 16-bit register's address, then what is written to it or read from it."""
        table = self.inside(argument, 0, 16)
        count = struct.unpack_from("<I", self.read(table), 8)[0]
        listed = self.inside(table, 0, 16 * count)
        buffers = []
        for number in range(count):
            address, _flags, length = struct.unpack_from("<HHH", self.read(listed), 16 * number)
            buffers.append(self.inside(listed, 16 * number + 8, length))
        told = self.read(buffers[0])
        register = int.from_bytes(told[:2], "big")
        try:
            if count == 1:
                self.registers.write(address, register, int.from_bytes(told[2:], "big"))
            else:
                self.write(buffers[1], self.registers.read(address, register).to_bytes(2, "big"))
        except OSError as error:
            return -1, error.errno or 0
        return count, 0

    def written(self, register: int, word: int) -> tuple[int, int]:
        if register == KNOB:
            self.part.errors.append(word)
            return 0, 0
        try:
            self.bus.write_word_data(self.address, register, word)
        except OSError as error:
            return -1, error.errno or 0
        return 0, 0

    def inside(self, data: int, offset: int, length: int) -> int:
        resolved: int = self.mock.umockdev_ioctl_data_resolve(data, offset, length, None)
        return resolved

    def read(self, data: int) -> bytes:
        content, length = _POINTER(), _INT()
        self.mock.umockdev_ioctl_data_retrieve(data, ctypes.byref(content), ctypes.byref(length))
        return ctypes.string_at(content.value or 0, length.value)

    def write(self, data: int, content: bytes) -> None:
        self.mock.umockdev_ioctl_data_update(data, 0, content, len(content))


def main(code: str) -> int:
    """Runs `code` with the device; its exit code."""
    glib = _library(
        "libglib-2.0.so.0",
        g_main_loop_new=(_POINTER, [_POINTER, _INT]),
        g_main_loop_run=(None, [_POINTER]),
        g_main_loop_quit=(None, [_POINTER]),
    )
    gobject = _library(
        "libgobject-2.0.so.0",
        g_signal_connect_data=(ctypes.c_ulong, [_POINTER, ctypes.c_char_p, _HANDLER, _POINTER, _POINTER, _INT]),
    )
    getenv = _library("libc.so.6", getenv=(ctypes.c_char_p, [ctypes.c_char_p])).getenv
    kernel = Kernel()
    bed = kernel.mock.umockdev_testbed_new()
    for device in (DEVICE, IIO_DEVICE):
        assert kernel.mock.umockdev_testbed_add_from_string(bed, device, None)
    base = kernel.mock.umockdev_ioctl_base_new()
    gobject.g_signal_connect_data(base, b"handle-ioctl", kernel.handler, None, None, 0)
    assert kernel.mock.umockdev_testbed_attach_ioctl(bed, b"/dev/i2c-1", base, None)
    environment = {**os.environ, "UMOCKDEV_DIR": getenv(b"UMOCKDEV_DIR").decode()}
    loop = glib.g_main_loop_new(None, 0)
    codes: list[int] = []

    def run() -> None:
        codes.append(subprocess.call(["umockdev-wrapper", sys.executable, "-c", code], env=environment))
        glib.g_main_loop_quit(loop)

    threading.Thread(target=run, daemon=True).start()
    glib.g_main_loop_run(loop)
    return codes[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
