"""Protocol Buffers for codes of strangers: the few kinds of fields that venue codes use, each once.

Source: Protocol Buffers encoding guide (wire types 0 and 2). Groups and fixed widths are refused, and so is whatever
runs over its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.core.codecs import malformed

VARINT, BYTES = 0, 2
MAX_FIELD = 1000


@dataclass(frozen=True, slots=True)
class Message:
    """The fields of one message by their numbers."""

    numbers: dict[int, int] = field(default_factory=dict)
    blobs: dict[int, bytes] = field(default_factory=dict)

    def number(self, at: int) -> int:
        """The number in that field; 0, as the encoding has it, where it is absent."""
        return self.numbers.get(at, 0)

    def data(self, at: int) -> bytes:
        """The bytes in that field; none where it is absent."""
        return self.blobs.get(at, b"")

    def text(self, at: int) -> str:
        """The text in that field. Raises Rejected(MALFORMED) where it is not UTF-8."""
        try:
            return self.data(at).decode()
        except UnicodeDecodeError:
            raise malformed("protobuf: not UTF-8") from None

    def message(self, at: int) -> Message:
        """The message in that field, empty where it is absent. Raises Rejected(MALFORMED)."""
        return decode(self.data(at))


def decode(data: bytes) -> Message:
    """The one message in `data`.

    Raises Rejected(MALFORMED) for a field that comes twice, another wire type, a number above 64 bits or written
    longer than it needs to be, and a length that runs over the end.
    """
    message, at = Message(), 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if not 0 < number <= MAX_FIELD or number in message.numbers or number in message.blobs:
            raise malformed("protobuf: a field that does not belong here")
        value, at = _varint(data, at)
        if kind == VARINT:
            message.numbers[number] = value
        elif kind == BYTES and at + value <= len(data):
            message.blobs[number] = data[at : at + value]
            at += value
        else:
            raise malformed("protobuf: a field that no venue code has")
    return message


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * count
        if not byte & 0x80:
            if value >= 2**64 or (count and not byte):
                raise malformed("protobuf: a number that does not fit")
            return value, at + count + 1
    raise malformed("protobuf: cut short")
