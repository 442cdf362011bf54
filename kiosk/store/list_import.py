"""Brings a trust list or country rules into the kiosk: whole or not at all, never older than what is in force."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kiosk.core import country_rules
from kiosk.core.certlogic.form import MAX_DEPTH
from kiosk.core.codecs import Rejected, strict_json
from kiosk.core.country_rules import RuleBook
from kiosk.core.faults import SettingsError
from kiosk.core.trust import Trust, imported, signed_list
from kiosk.core.trust.imported import Imported
from kiosk.core.trust.parse import parse
from kiosk.store import lists, rule_files
from kiosk.store.lists import ListPlaces

CERTIFICATES = frozenset({".pem", ".crt", ".cer", ".der"})


@dataclass(frozen=True, slots=True)
class Said:
    """What the person who imports a list says of it."""

    purpose: str = ""  # the one format that its keys may sign
    issuer: str = ""  # whose they are, where the list does not say it
    signed_by: bytes = b""  # certificates or keys, one of which must have signed it
    older: bool = False  # that it may be older than the one in force


@dataclass(frozen=True, slots=True)
class Candidate:
    """A list that was read and verified, and is not in force yet."""

    target: Path
    data: bytes  # as it will be stored
    found: Trust | RuleBook
    notes: tuple[str, ...] = ()
    signed_by: bytes = b""  # of country rules: who signed them, and has to sign what takes their place


def import_list(source: Path, at: ListPlaces, said: Said | None = None) -> Candidate:
    """Puts a validated copy of `source` among the kiosk's lists, in the place of an older one of that name.

    `source` is a file, or a folder of certificates or of rules, which becomes one list. The new list is there whole
    or not at all, a power cut included; a broken or older one changes nothing. Raises SettingsError, with file and
    reason.
    """
    candidate = examine(source, at, said or Said())
    put(candidate, at)
    return candidate


def put(candidate: Candidate, at: ListPlaces) -> None:
    """Puts what was examined in force, whole or not at all. Raises SettingsError."""
    if candidate.target.parent == at.trust:
        lists.write_whole(lists.copy_of(candidate.target), candidate.data, mode=0o644)
    elif candidate.signed_by:
        lists.write_whole(rule_files.signers_of(candidate.target), candidate.signed_by, mode=0o644)
    lists.write_whole(candidate.target, candidate.data, mode=0o644)


def examine(source: Path, at: ListPlaces, said: Said) -> Candidate:
    """What `import_list` would bring. Raises SettingsError."""
    if source.is_dir():
        files = sorted(f for f in source.rglob("*") if f.is_file() and not f.name.startswith("."))
        return examine_files([(str(file), lists.content(file)) for file in files if _counts(file)], at, said, source)
    return examine_data(lists.content(source), source.name, at, said)


def examine_files(files: Sequence[tuple[str, bytes]], at: ListPlaces, said: Said, folder: Path) -> Candidate:
    """What files of certificates, or of country rules, would bring as one list, called as `folder`.

    Each of `files` is its name, by which an error calls it, and what it holds. Raises SettingsError.
    """
    return examine_data(*_one_list(files, folder), at, said)


def examine_data(data: bytes, name: str, at: ListPlaces, said: Said) -> Candidate:
    """What a file of that name would bring. Raises SettingsError."""
    before = _before(at, name)
    signed_by = said.signed_by or before.signed_by
    held = signed_list.Held(data)
    if signed_by:
        known = signed_list.anchors(parse(signed_by, "--signed-by"))
        held = signed_list.content(data, name, known)
    if country_rules.recognises(held.data):
        return _rules(held, name, at, said, signed_by)
    if signed_list.recognises(data) or _suffix(name) not in lists.SUFFIXES:
        if not signed_by:
            parse(data, name)  # says what is missing, or what it is not
            raise SettingsError(f"{name}: name it by its kind: {', '.join(sorted(lists.SUFFIXES))}")
        name = _stored(name, held.data)
    brought = Imported(held.data, said.purpose, said.issuer, held.at, signed_by)
    return _list(brought, name, at, said, held.notes)


def _list(brought: Imported, name: str, at: ListPlaces, said: Said, notes: tuple[str, ...]) -> Candidate:
    try:
        found = imported.trust(brought, name)
    except Rejected as refusal:
        raise SettingsError(f"{name}: {refusal.detail or refusal.reason}") from refusal
    target = at.trust / name
    before = _trust_before(target)
    if not said.older and found.as_of and before and before.as_of and found.as_of < before.as_of:
        raise SettingsError(
            f"{name}: of {found.as_of:%Y-%m-%d %H:%M}, older than the one in force "
            f"({before.as_of:%Y-%m-%d %H:%M}), which stays; say --older to go back"
        )
    return Candidate(target, imported.pack(brought), replace(found, notes=(*notes, *found.notes)))


def _rules(held: signed_list.Held, name: str, at: ListPlaces, said: Said, signed_by: bytes) -> Candidate:
    """Rules and value sets, held against those that stay beside them."""
    if said.purpose or said.issuer:
        raise SettingsError(f"{name}: country rules; leave --for and --issuer away")
    name = f"{Path(name).stem}.json"
    target = at.country_rules / name
    found = country_rules.parse([(name, held.data)])
    if target.exists() and not said.older:
        behind = country_rules.older_than(found, country_rules.parse([(name, lists.content(target))]))
        if behind:
            raise SettingsError(f"{name}: older than the rules in force, which stay: {behind}; say --older to go back")
    others = [file for file in rule_files.files(at.country_rules) if file != target]
    for file in others:
        _must_not_stand_in_for(found, name, signed_by, file)
    told = [(str(file), lists.content(file)) for file in others]
    country_rules.parse([*told, (name, held.data)])  # all of them together count or none
    return Candidate(target, held.data, found, held.notes, signed_by)


def _must_not_stand_in_for(found: RuleBook, name: str, signed_by: bytes, file: Path) -> None:
    """A rule that somebody signed has no later version that nobody, or somebody else, signed."""
    signers = rule_files.signers_of(file)
    if not signers.is_file() or lists.content(signers) == signed_by:
        return
    signed = {rule.identifier for rule in country_rules.parse([(file.name, lists.content(file))]).rules}
    for rule in found.rules:
        if rule.identifier in signed:
            raise SettingsError(f"{name}: {rule.identifier} is signed in {file.name}; this one has to be signed too")


def _before(at: ListPlaces, name: str) -> Imported:
    """What was said of the list of that name when it was imported; nothing where there is none, or a broken one."""
    signers = rule_files.signers_of(at.country_rules / f"{Path(name).stem}.json")
    if signers.is_file():
        return Imported(b"", signed_by=lists.content(signers))
    for file in (at.trust / name, at.trust / _stored(name, b"{"), at.trust / _stored(name, b"-")):
        try:
            if file.is_file() and (said := imported.unpack(lists.content(file))).signed_by:
                return said
        except (Rejected, SettingsError):
            continue
    return Imported(b"")


def _trust_before(target: Path) -> Trust | None:
    try:
        return parse(lists.content(target), target.name) if target.is_file() else None
    except SettingsError:
        return None


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _stored(name: str, data: bytes) -> str:
    """The name under which the content of a signed list is found again."""
    if _suffix(name) in lists.SUFFIXES:
        return name
    return f"{Path(name).stem}.json" if data.lstrip()[:1] in (b"{", b"[") else f"{Path(name).stem}.pem"


def _counts(file: Path) -> bool:
    return file.suffix.lower() in CERTIFICATES | {".json"}


def _one_list(files: Sequence[tuple[str, bytes]], folder: Path) -> tuple[bytes, str]:
    """One list out of a folder's certificates, or one of its rules and value sets."""
    name = folder.resolve().name
    certificates = [(file, data) for file, data in files if _suffix(file) in CERTIFICATES]
    if certificates:
        return b"\n".join(_armoured(Path(file).name, data) for file, data in certificates), f"{name}.pem"
    parts: list[object] = []
    for file, data in files:
        if country_rules.recognises(data):
            try:
                tree = strict_json.decode(data, depth=MAX_DEPTH)
            except Rejected as refusal:
                raise SettingsError(f"{file}: {refusal.detail or refusal.reason}") from refusal
            parts += tree if isinstance(tree, list) else [tree]
    if not parts:
        raise SettingsError(f"{folder}: no certificates and no country rules in this folder")
    return json.dumps(parts, ensure_ascii=False).encode(), f"{name}.json"


def _armoured(name: str, data: bytes) -> bytes:
    """A certificate's file as PEM, refused by its name where it is none."""
    found = parse(data, name)
    if b"-----BEGIN " in data:
        return data
    label = "CERTIFICATE" if any(s.valid_until for s in found.signers) else "PUBLIC KEY"
    return f"-----BEGIN {label}-----\n{b64encode(data).decode()}\n-----END {label}-----\n".encode()
