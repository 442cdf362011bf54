"""JSON Lines on stdin and stdout: one question a line, one answer a line, in order and at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

from kiosk.core.codecs import Rejected, strict_json

MAX_LINE = 256 * 1024  # bytes of one line; a code of 8 KiB needs at most a quarter of it


def answer_each(lines: BinaryIO, answer: Callable[[object], dict[str, Any]], depth: int = strict_json.MAX_DEPTH) -> int:
    """Answers every line with `answer`, which raises Rejected; how many could not be understood.

    Each answer carries the `id` of its question; one that was not understood has `error` instead.
    A line may be nested `depth` levels.
    """
    bad = 0
    for line in _bounded(lines):
        if not line.strip():
            continue
        name: object = None
        try:
            asked = strict_json.decode(line, depth)
            name = asked.get("id") if isinstance(asked, dict) else None
            answered = answer(asked)
        except Rejected as refusal:
            bad += 1
            say({"id": name, "error": refusal.detail})
        else:
            say({"id": name, **answered})
    return bad


def say(answer: dict[str, Any]) -> None:
    """One line of UTF-8 whatever the terminal's encoding, at once."""
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def _bounded(lines: BinaryIO) -> Iterable[bytes]:
    """Lines of at most MAX_LINE bytes; of a longer one only its beginning comes, which is no JSON."""
    while line := lines.readline(MAX_LINE):
        rest = line
        while not rest.endswith(b"\n") and (rest := lines.readline(MAX_LINE)):
            line = line[:1]
        yield line
