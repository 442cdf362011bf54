"""Trust lists as files, read into one Trust; `list_import.py` brings new ones."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from kiosk.core.codecs import Rejected
from kiosk.core.faults import SettingsError
from kiosk.core.trust import Trust, hash_file, merge, own_keys
from kiosk.core.trust.parse import parse
from kiosk.store import pass_keys, rule_files

SUFFIXES = frozenset({".json", ".pem", ".crt", ".cer", ".der", hash_file.SUFFIX})  # what counts in a folder
MAX_BYTES = 64 * 1024 * 1024
MAX_HASH_BYTES = 512 * 1024 * 1024  # of a file of hashes, which is mapped and not read


class ListPlaces(Protocol):
    """Where a kiosk keeps what it believes; `kiosk.settings.Places` says it."""

    @property
    def trust(self) -> Path:
        """The folder of imported trust lists."""

    @property
    def country_rules(self) -> Path:
        """The folder of country rules."""

    @property
    def pass_keys(self) -> Path:
        """The folder of the kiosk's own keys."""


def load(paths: Iterable[Path]) -> Trust:
    """Every trust list in `paths`, files or folders of files, as one Trust without online services.

    In a folder, files with another suffix than .json, .pem, .crt, .cer, .der and .revoked are left alone. A list
    that does not say its own date is as old as its file; keys of ours have no age. What was left out of good lists
    stands in `notes`.
    Raises SettingsError, with file and reason, for a missing or broken list and for a folder without one.
    """
    return merge(_one(file) for path in paths for file in _files(path))


def public_list(at: ListPlaces) -> Path:
    """The public halves of this kiosk's own keys, which any other can import to trust what this one issues."""
    return at.pass_keys / pass_keys.PUBLIC


def of_kiosk(at: ListPlaces, more: Iterable[Path] = ()) -> Trust:
    """What this kiosk trusts: its imported lists, the keys and denials of its own passes, and `more` paths."""
    return merge([_own(at), load([*_lists_in(at.trust), *more])])


def _own(at: ListPlaces) -> Trust:
    """What is made here, and therefore is never stale here."""
    made = [public_list(at), *sorted(at.pass_keys.glob("denied-*.json"))]
    return replace(load(file for file in made if file.is_file()), as_of=None)


def last_good(at: ListPlaces, more: Iterable[Path] = ()) -> Trust:
    """The same where a list broke after its import: of each such list the copy that was made then.

    Raises SettingsError where there is no such copy.
    """
    whole = [_one_or_why(file) for file in _lists_in(at.trust)]
    mended = [
        _one(copy_of(file)) if isinstance(found, SettingsError) else found
        for file, found in zip(_lists_in(at.trust), whole, strict=True)
    ]
    return merge([_own(at), *mended, load(more)])


def copy_of(file: Path) -> Path:
    """Where the copy of an imported list lies, which nobody edits."""
    return file.parent / ".imported" / file.name


def imported(at: ListPlaces) -> tuple[tuple[Path, Trust | SettingsError], ...]:
    """Every imported list with its content, or with what is wrong with it, by name."""
    return tuple((file, _one_or_why(file)) for file in _lists_in(at.trust))


def files(at: ListPlaces) -> tuple[Path, ...]:
    """The imported lists, by name. Raises SettingsError where their folder cannot be read."""
    return tuple(_lists_in(at.trust))


def look(file: Path) -> Trust | SettingsError:
    """What an imported list holds, or what is wrong with it."""
    return _one_or_why(file)


def write_whole(target: Path, data: bytes, mode: int) -> None:
    """Writes `target` so that it holds the old bytes or the new ones, never a part. Raises SettingsError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        finally:
            Path(temporary).unlink(missing_ok=True)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise SettingsError(f"{target}: cannot be written ({error.strerror}); check the folder and the disk") from error


def take_away(file: Path) -> None:
    """Removes an imported list. Raises SettingsError."""
    try:
        file.unlink()
        copy_of(file).unlink(missing_ok=True)
        rule_files.signers_of(file).unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"{file}: cannot be removed ({error.strerror}); check the folder") from error


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = _lists_in(path)
    if not found:
        raise SettingsError(f"{path}: no trust list in this folder (a file ending in {', '.join(sorted(SUFFIXES))})")
    yield from found


def _lists_in(folder: Path) -> list[Path]:
    try:
        files = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be read ({error.strerror}); check its permissions") from error
    return [f for f in files if f.suffix.lower() in SUFFIXES and not f.name.startswith(".") and f.is_file()]


def _one(file: Path) -> Trust:
    trust = _mapped(file) if file.suffix.lower() == hash_file.SUFFIX else parse(content(file), file.name)
    if trust.as_of is not None or _is_ours(trust):
        return trust
    return replace(trust, as_of=datetime.fromtimestamp(file.stat().st_mtime, UTC))


def _one_or_why(file: Path) -> Trust | SettingsError:
    try:
        return _one(file)
    except SettingsError as error:
        return error


def _mapped(file: Path) -> Trust:
    """A file of hashes where it lies: it costs no memory twice, and one that takes its place does not disturb it."""
    try:
        with file.open("rb") as opened:
            view = memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
        return hash_file.parse(view, file.name)
    except OSError as error:
        raise _unreadable(file, error) from error
    except (Rejected, ValueError) as error:
        raise SettingsError(f"{file}: {getattr(error, 'detail', '') or 'empty'}") from error


def _is_ours(trust: Trust) -> bool:
    """Whether it holds nothing but keys of ours: they hold until they are taken out, and never go stale."""
    withdrawn = trust.denied or trust.denied_until or trust.revoked or trust.flagged
    return not withdrawn and all(signer.scheme in own_keys.SCHEMES for signer in trust.signers)


def content(file: Path) -> bytes:
    """What a list's file holds, at most as much as any list has. Raises SettingsError."""
    limit = MAX_HASH_BYTES if file.suffix.lower() == hash_file.SUFFIX else MAX_BYTES
    try:
        if file.stat().st_size > limit:
            raise SettingsError(f"{file}: larger than any trust list ({limit // 2**20} MiB)")
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> SettingsError:
    reason = error.strerror or "unknown reason"
    return SettingsError(f"{file}: cannot be read ({reason}); check the path and its permissions")
