"""The country rules of a folder: every JSON file in it and below it, or none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kiosk.core.country_rules import RuleBook, parse
from kiosk.core.faults import SettingsError
from kiosk.core.rules import Rules

MAX_FILES, MAX_BYTES = 5000, 16 * 1024 * 1024


def files(folder: Path) -> list[Path]:
    """The files that count in `folder`, by name: `*.json`, also in folders of it. Raises SettingsError."""
    try:
        found = sorted(file for file in folder.rglob("*.json") if not file.name.startswith(".") and file.is_file())
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be read ({error.strerror}); check its permissions") from error
    if len(found) > MAX_FILES:
        raise SettingsError(f"{folder}: more than {MAX_FILES} files of rules; keep those of your own country")
    return found


def signers_of(file: Path) -> Path:
    """Where it is kept who has to have signed the rules of that file; there only if they were imported so."""
    return file.with_name(f".{file.name}.signed-by")


def load(folder: Path) -> RuleBook:
    """The rules and value sets of `folder`; an empty book where there is no such folder.

    Raises SettingsError with file, rule and reason; then none of them counts.
    """
    return parse(_contents(folder))


def as_of(folder: Path) -> datetime | None:
    """When the oldest of its files came; None where there is none. Raises SettingsError."""
    try:
        return min((datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files(folder)), default=None)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be read ({error.strerror}); check its permissions") from error


def put_into(rules: Rules, book: RuleBook) -> Rules:
    """The rules of a gate with a country's own; the version that the log carries names them too."""
    if not rules.country.code:
        return rules
    version = f"{rules.version}+{rules.country.code}.{book.digest}" if book.digest else rules.version
    return replace(rules, version=version, country=replace(rules.country, book=book))


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    left = MAX_BYTES
    for file in files(folder):
        try:
            left -= file.stat().st_size
            if left < 0:
                raise SettingsError(f"{folder}: more than {MAX_BYTES // 2**20} MiB of rules")
            yield str(file.relative_to(folder)), file.read_bytes()
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise SettingsError(f"{file}: cannot be read ({reason}); check its permissions") from error
