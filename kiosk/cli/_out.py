"""What a file of `--out` is to hold, by its suffix."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk.locale import gettext as _

KINDS = ("pdf", "svg", "png")


def kind(path: Path) -> str:
    """pdf, svg or png; any other suffix is a wrong use."""
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in KINDS:
        raise click.UsageError(_("%(path)s: end it in .pdf, .svg or .png", path=path))
    return suffix
