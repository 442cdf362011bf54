"""The thermometers' calibrations: one small file a lane, the newest record in it, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kiosk.core.calibration import Record
from kiosk.core.faults import SettingsError
from kiosk.store import durable

LARGEST = 256 * 1024  # bytes


def load(path: Path) -> Record | None:
    """The lane's calibration; None where there is none yet. Raises SettingsError for a file that is none."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(LARGEST), type=Record)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    except msgspec.DecodeError as error:
        raise SettingsError(f"{path}: not a calibration: {error}; delete it and calibrate anew") from error


def save(path: Path, record: Record) -> None:
    """Keeps `record` as the lane's calibration, durably, for whoever owns the folder. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    durable.write(path, msgspec.json.format(msgspec.json.encode(record), indent=1), 0o640)
    durable.give(path, path.parent)
