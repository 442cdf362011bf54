"""The exceptions of the project: something of ours is broken, never somebody's code.

A refusal is a value with a `Reason`; an exception here is a fault. Each is also the builtin it is.
"""


class KioskError(Exception):
    """The base of every fault; its text is one clear sentence that says what to do."""


class SettingsError(KioskError, ValueError):
    """A settings, rules, roster or trust file is wrong; the text names file, key or line, and reason."""


class CameraFault(KioskError, OSError):
    """The camera is missing, was unplugged, or gives no picture."""


class ScannerFault(KioskError, OSError):
    """The scanner process died, hung, or answered nonsense."""


class SensorFault(KioskError, OSError):
    """The thermometer answered wrongly or not at all; `code` says how."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class LampFault(KioskError, OSError):
    """A lamp, buzzer, button or switch line cannot be driven or read.

    `code` is "busy" (something else holds the line), "no_chip" (the GPIO chip is not there) or empty.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class VoiceFault(KioskError, OSError):
    """The loudspeaker cannot speak."""


class LogbookUnwritable(KioskError, OSError):
    """A row could not be made durable; nobody may be shown green."""


class RowRefused(LogbookUnwritable):
    """This row cannot be written whatever the disk does; all others can."""


class LogbookBroken(KioskError, ValueError):
    """The logbook's chain or file is not what was written."""


class StoreUnreadable(KioskError, OSError):
    """A database cannot be read now.

    `code` is "missing", "recovering" (its owner must mend it), "forbidden", or "other_version" (its owner must start).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class DeskUnwritable(KioskError, OSError):
    """A change of roster, users or sessions could not be made durable; nothing was changed."""


class NotOwner(KioskError, RuntimeError):
    """Another process owns this database; ask it over its socket."""


class LinkDown(KioskError, ConnectionError):
    """The other process is not listening, or hung up."""


class KeyMissing(KioskError, LookupError):
    """The key of this day and class was deleted: what it sealed is gone for ever."""
