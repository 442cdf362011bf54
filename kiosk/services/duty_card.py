"""A volunteer's card: any pass of this compound names its holder, who still types a PIN."""

from __future__ import annotations

from datetime import datetime

from kiosk.core import formats
from kiosk.core.faults import SettingsError
from kiosk.core.formats import local_pass
from kiosk.core.model import Credential
from kiosk.core.reasons import Reason
from kiosk.core.validity import validity
from kiosk.settings import Places
from kiosk.store import lists


def name_on(at: Places, text: str, now: datetime) -> str:
    """Whose pass `text` is: the name on a pass of ours that holds at `now` and was not taken back; else empty."""
    try:
        read = formats.read(text, lists.of_kiosk(at))
    except SettingsError:  # the health page says which list is wrong
        return ""
    ours = isinstance(read, Credential) and read.format == local_pass.NAME
    if not ours or not isinstance(read, Credential) or validity(read, now) is not Reason.VALID:
        return ""
    return read.holder.name or ""
