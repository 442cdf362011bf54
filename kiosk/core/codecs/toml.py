"""TOML into a typed value, strictly: unknown keys, wrong types and values out of range are refused by name."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
import typing
from difflib import get_close_matches

import msgspec

from kiosk.core.faults import SettingsError

T = typing.TypeVar("T")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def says(
    sentence: str, unit: str = "", *, ge: float | None = None, gt: float | None = None, le: float | None = None
) -> msgspec.Meta:
    """What a field is for, its unit and its limits: `kiosk settings` makes the reference of it."""
    if gt is not None:
        return msgspec.Meta(description=sentence, extra={"unit": unit}, gt=gt, le=le)
    return msgspec.Meta(description=sentence, extra={"unit": unit}, ge=ge, le=le)


# Marks a field that no file may set: whoever read the file puts it in.
NOT_IN_FILES = msgspec.Meta(extra={"not_in_files": True})


def decode(data: bytes, name: str, shape: type[T]) -> T:
    """`data` as a `shape` (a dataclass); `name` is what an error calls the file.

    Raises SettingsError: `name: key or line: what is wrong`.
    """
    read = tree(data, name)
    _refuse_unknown(read, shape, name, "")
    try:
        return msgspec.convert(read, shape)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        key = where.strip("`.") or "(whole file)"
        raise SettingsError(f"{name}: {key}: {reason[0].lower()}{reason[1:]}") from error


def tree(data: bytes, name: str) -> dict[str, typing.Any]:
    """`data` as it stands. Raises SettingsError: `name: line: what is wrong`."""
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name}: byte {error.start}: not UTF-8; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name}: not TOML: {error}") from error
    except RecursionError as error:
        raise SettingsError(f"{name}: nested too deeply; no key of ours needs more than a few levels") from error
    except ValueError as error:  # the reader's own limit: sys.get_int_max_str_digits()
        raise SettingsError(f"{name}: a number in it has too many digits") from error


def encode(values: dict[str, typing.Any]) -> bytes:
    """A tree of tables, lists of tables, texts, numbers, booleans and lists as TOML 1.0; `tomllib` reads the same."""
    return "\n".join(_lines(values, ())).strip().encode() + b"\n" if values else b""


def _lines(table: dict[str, typing.Any], path: tuple[str, ...]) -> typing.Iterator[str]:
    inner = {name: value for name, value in table.items() if isinstance(value, dict) or _is_tables(value)}
    for name, value in table.items():
        if name not in inner:
            yield f"{_name(name)} = {_value(value)}"
    for name, value in inner.items():
        here = (*path, name)
        heading = ".".join(map(_name, here))
        for each in [value] if isinstance(value, dict) else value:
            yield f"\n[{heading}]" if isinstance(value, dict) else f"\n[[{heading}]]"
            yield from _lines(each, here)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _name(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):  # a JSON string is a TOML string but for DEL: TOML 1.0, "String"
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value) if isinstance(value, float) else str(value)


def _refuse_unknown(tree: object, shape: object, name: str, where: str) -> None:
    """Names the first key that `shape` does not have; msgspec leaves those of dataclasses unsaid."""
    origin = typing.get_origin(shape)
    if origin is typing.Annotated:
        _refuse_unknown(tree, typing.get_args(shape)[0], name, where)
    elif origin is tuple and isinstance(tree, list):
        for number, item in enumerate(tree):
            _refuse_unknown(item, typing.get_args(shape)[0], name, f"{where}[{number}]")
    elif origin is dict and isinstance(tree, dict):
        for key, value in tree.items():
            _refuse_unknown(value, typing.get_args(shape)[1], name, f"{where}.{key}")
    elif isinstance(shape, type) and dataclasses.is_dataclass(shape) and isinstance(tree, dict):
        hints = typing.get_type_hints(shape, include_extras=True)
        fields = {name: hint for name, hint in hints.items() if NOT_IN_FILES not in typing.get_args(hint)}
        for key, value in tree.items():
            full = f"{where}.{key}".lstrip(".")
            if key not in fields:
                near = get_close_matches(key, fields, n=1)
                hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(fields)}"
                raise SettingsError(f"{name}: {full}: no such key{hint}")
            _refuse_unknown(value, fields[key], name, full)
