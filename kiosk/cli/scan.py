"""`kiosk scan`: the QR codes in picture files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from hardware.pictures import BadPicture, picture_files, read_file
from kiosk.core.faults import CameraFault
from kiosk.services.still_reader import Answer, StillReader


@click.command("scan", short_help="The QR codes in picture files.")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
def command(images: tuple[Path, ...]) -> None:
    """Prints the texts of the QR codes in pictures (files, or folders of them): one JSON object a picture.

    A picture that cannot be read gets an "error", and the exit status is 1 in the end.

    \b
    Example:
      kiosk scan photo.jpg scans/ | jq -r '.texts[]'
    """
    files, bad = _files(images)
    lines = sys.stderr.isatty() and not sys.stdout.isatty()
    with StillReader() as reader, click.progressbar(files, file=sys.stderr, hidden=not lines) as shown:
        for row in _rows(shown, reader):
            bad |= "error" in row
            _print(row)
    sys.exit(1 if bad else 0)


def _files(images: tuple[Path, ...]) -> tuple[list[Path], bool]:
    """Every picture file named or in a folder named, and whether some name led nowhere, which is printed."""
    files: list[Path] = []
    bad = False
    for image in images:
        try:
            files += picture_files(image)
        except CameraFault as fault:
            bad = True
            _print({"file": str(image), "texts": [], "error": str(fault)})
    return files, bad


def _rows(files: Iterator[Path], reader: StillReader) -> Iterator[dict[str, object]]:
    for file in files:
        try:
            answer = reader.read(read_file(file), str(file))
        except BadPicture as problem:
            answer = Answer(error=str(problem))
        if answer.error:
            yield {"file": str(file), "texts": [], "error": answer.error}
        else:
            yield {"file": str(file), "texts": answer.texts, "stage": answer.stage, "ms": answer.ms}


def _print(row: dict[str, object]) -> None:
    click.echo(json.dumps(row, ensure_ascii=False).encode(errors="replace"))
