"""One export, whoever orders it: which rows go into what kind of file, what that then holds, and until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, cast

from kiosk.store import export
from kiosk.store.export import Layout, People
from kiosk.store.manifest import Digest, Manifest
from kiosk.store.reader import Filter, Reader
from kiosk.store.workbook import workbook_file

_NAMES_AT_ONCE = 500  # rows whose names are asked for at once
_CHUNK = 1 << 20


class Form(StrEnum):
    """What a file is."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants. `told` is the filter as the manifest tells it; `expires` is set where names are in it."""

    reader: Reader
    rows: Filter
    form: Form
    layout: Layout
    told: Mapping[str, str] = field(default_factory=dict)
    expires: date | None = None

    def write(self, out: BinaryIO, folder: Path, step: Callable[[int], None], processes: int = 1) -> Manifest:
        """Writes the file to `out` and tells what it holds; `folder` takes what a workbook needs on its way.

        `step` is told how many more rows are done, and may raise to end it. Raises OSError, LogbookBroken,
        StoreUnreadable.
        """
        bodies, digest = self.reader.bodies(self.rows), Digest(out)
        to = cast(BinaryIO, digest)
        if self.form is Form.XLSX:
            made = folder / "log.xlsx"
            count = workbook_file(bodies, made, self.layout, folder, step)
            with made.open("rb") as source:
                while part := source.read(_CHUNK):
                    digest.write(part)
            made.unlink()
        else:
            make = export.jsonl_file if self.form is Form.JSONL else export.csv_file
            count = make(bodies, to, self.layout, step, processes=processes)
        return Manifest(
            form=self.form.value,
            rows=count,
            seqs=bodies.seqs,
            columns=() if self.form is Form.JSONL else tuple(self.layout.names),
            filter=dict(self.told),
            names=self.layout.people is not None,
            bytes=digest.bytes,
            sha256=digest.sha256,
            expires=self.expires,
        )


def expires(reader: Reader, rows: Filter, identity_days: int, now: datetime) -> date:
    """The day by which a file with names has to be gone: when the kiosk itself forgets the first of them.

    Raises StoreUnreadable, LogbookBroken.
    """
    first = next(reader.rows(rows), None)
    return (first.recorded if first else now).date() + timedelta(days=identity_days)


def people(reveal: Callable[[tuple[int, ...]], Mapping[str, Any]]) -> People:
    """The personal fields of rows, asked for a few hundred at a time so that the gate may write in between."""

    def found(seqs: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
        shown: dict[int, Mapping[str, str]] = {}
        for start in range(0, len(seqs), _NAMES_AT_ONCE):
            some = reveal(tuple(seqs[start : start + _NAMES_AT_ONCE]))
            shown |= {int(seq): fields for seq, fields in some.items() if isinstance(fields, dict)}
        return shown

    return found
