"""Opens a camera, gives up every right as the scanner does, and prints how bright each frame is, for tests.

`python -m tests.support.sealed_camera SPEC`. As root it becomes nobody first, whom the limit on threads binds.
"""

from __future__ import annotations

import os
import sys

import cv2

from hardware.cameras import Asked, open_camera
from kiosk.services.seal import seal
from tests.support.hostile_scanner import NOBODY


def main() -> None:
    """See the module. At most 100 frames."""
    cv2.setNumThreads(1)
    camera = open_camera(sys.argv[1], Asked(640, 360))
    if os.getuid() == 0:
        os.setresuid(NOBODY, NOBODY, NOBODY)
    seal(1024)
    try:
        for _ in range(100):
            frame = camera.frame(1.0)
            if frame is not None:
                print(round(float(frame.picture.mean()), 1), flush=True)
    except EOFError:
        print("end")


if __name__ == "__main__":
    main()
