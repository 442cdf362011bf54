"""Strict readers of the encodings that codes and files come in. Each takes bytes or text and refuses what is odd."""

from kiosk.core.reasons import Reason


class Rejected(Exception):
    """Somebody's code is not one to believe. Never leaves `kiosk.core.formats.read`, which turns it into a Refusal.

    `reason` is for everybody, `detail` for a developer: it names the rule that was broken, never the content.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


def malformed(detail: str) -> Rejected:
    """The refusal of bytes or text that break the rules of their encoding."""
    return Rejected(Reason.MALFORMED, detail)
