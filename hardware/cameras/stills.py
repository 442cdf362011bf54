"""Picture files as a camera: each is held up for some frames, one after the other, by name.

The files' bytes are read when the camera is opened; they are decoded one by one as they are asked for, inside the
scanner's sandbox.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from hardware import flag, whole
from hardware.cameras import LONGEST_SIDE, Asked, path_and_options
from hardware.pictures import BadPicture, decode, picture_files, read_file
from kiosk.core.faults import CameraFault, SettingsError
from kiosk.core.ports import Frame, Picture

MOST_BYTES = 256 * 1024 * 1024  # of all files together
MOST_PIXELS = 13_000_000  # on a Pi, more would take longer to decode than the scanner may be silent


class Stills:
    """The pictures of `files` as (name, bytes or what is wrong with it)."""

    def __init__(
        self,
        files: list[tuple[str, bytes | BadPicture]],
        frames: int = 10,
        *,
        loop: bool = False,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._frames = frames
        self._loop = loop
        self._monotonic_s = monotonic_s
        self._at = -1
        self._left = 0
        self._picture: Picture | None = None

    def frame(self, timeout_s: float) -> Frame | None:
        """The picture now held up. Raises BadPicture once for each bad file, EOFError after the last."""
        if self._left == 0:
            self._next()
        self._left -= 1
        assert self._picture is not None
        return Frame(self._picture, self._monotonic_s(), self._files[self._at][0])

    def close(self) -> None:
        """Forgets the pictures."""
        self._files, self._picture, self._left, self._at = [], None, 0, -1

    def _next(self) -> None:
        if self._at + 1 >= len(self._files) and not (self._loop and self._files):
            raise EOFError("that was the last picture")
        self._at = (self._at + 1) % len(self._files)
        name, data = self._files[self._at]
        if isinstance(data, BadPicture):
            raise BadPicture(str(data))
        self._picture = decode(data, name, most_pixels=MOST_PIXELS, longest=LONGEST_SIDE)
        self._left = self._frames


def open_device(arg: str, asked: Asked | None = None) -> Stills:  # noqa: ARG001 - what files give is as it is
    """`stills:PATH[,frames=N][,loop=yes]`: a file or a folder, each picture for `frames` frames (default 10).

    Raises CameraFault when there is no picture, or more than MOST_BYTES of them.
    """
    path, options = path_and_options(arg, frames=whole(1, 10_000), loop=flag)
    if not path:
        raise SettingsError("name a picture file or a folder, as in stills:pictures/")
    files: list[tuple[str, bytes | BadPicture]] = []
    total = 0
    for file in picture_files(Path(path)):
        try:
            data: bytes | BadPicture = read_file(file)
            total += len(data) if isinstance(data, bytes) else 0
        except BadPicture as problem:
            data = problem
        if total > MOST_BYTES:
            raise CameraFault(f"{path}: more than {MOST_BYTES >> 20} MiB of pictures; give fewer at a time")
        files.append((file.name, data))
    return Stills(files, options.get("frames", 10), loop=options.get("loop", False))
