"""Every key that a TOML file of a shape may hold: what it is for, what it takes, and how people change it in forms.

A shape is a dataclass whose fields carry `toml.says`. Tables of a name each (`groups.residents`) are keys of their
own here, so that a form has a field for every value.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Any

import msgspec
from msgspec.inspect import (
    BoolType,
    DataclassType,
    DictType,
    EnumType,
    Field,
    FloatType,
    IntType,
    LiteralType,
    Metadata,
    StrType,
    Type,
    VarTupleType,
    multi_type_info,
)

from kiosk.core.codecs import plain, toml

Path = tuple[str, ...]
MAX_TEXT = 500
MAX_TEXTS = 100
_WHOLE = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{1,9})?", re.ASCII)


class Takes(StrEnum):
    """What a key takes."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    TEXTS = "texts"  # a list in an order
    CHOICES = "choices"  # a set of known words


class Wrong(StrEnum):
    """Why a key does not take what was typed."""

    NOT_WHOLE = "not_whole"
    NOT_A_NUMBER = "not_a_number"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_A_CHOICE = "not_a_choice"
    TOO_LONG = "too_long"
    BAD_FORM = "bad_form"


class WrongValue(ValueError):
    """What was typed is nothing that the key takes."""

    def __init__(self, why: Wrong) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Key:
    """One value of a file. Limits are those of the number, or of the text's length."""

    path: Path
    takes: Takes
    sentence: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    least: float | None = None
    above: float | None = None
    most: float | None = None
    pattern: str = ""
    whole_table: Path = ()  # a table that a file states whole or not at all

    @property
    def name(self) -> str:
        """The path as people write it: `temperature.threshold_c`."""
        return ".".join(self.path)

    def value(self, of: object) -> Any:
        """What `of`, a value of the shape, holds here: plain, as a file writes it."""
        for step in self.path:
            of = _member(of, step)
        return _plain(of)

    def read(self, typed: Sequence[str]) -> Any:
        """The value that somebody typed or chose. Raises WrongValue."""
        if self.takes is Takes.TEXTS:
            lines = [plain.words(line, MAX_TEXT + 1) for text in typed for line in text.splitlines()]
            return self._texts([line for line in lines if line])
        if self.takes is Takes.CHOICES:
            chosen = {text for text in typed if text}
            if not chosen <= set(self.choices):
                raise WrongValue(Wrong.NOT_A_CHOICE)
            return [choice for choice in self.choices if choice in chosen]
        text = plain.words(typed[-1] if typed else "", MAX_TEXT + 1)
        if self.takes in (Takes.CHOICE, Takes.YES_NO):
            if text not in self.choices:
                raise WrongValue(Wrong.NOT_A_CHOICE)
            return text == "true" if self.takes is Takes.YES_NO else text
        return self._text(text) if self.takes is Takes.TEXT else self._number(text.replace(",", "."))

    def _number(self, text: str) -> int | float:
        whole = self.takes is Takes.WHOLE
        if not (_WHOLE if whole else _NUMBER).fullmatch(text):
            raise WrongValue(Wrong.NOT_WHOLE if whole else Wrong.NOT_A_NUMBER)
        value = int(text) if whole else float(text)
        if (self.least is not None and value < self.least) or (self.above is not None and value <= self.above):
            raise WrongValue(Wrong.TOO_SMALL)
        if self.most is not None and value > self.most:
            raise WrongValue(Wrong.TOO_LARGE)
        return value

    def _text(self, text: str) -> str:
        if len(text) > (self.most or MAX_TEXT):
            raise WrongValue(Wrong.TOO_LONG)
        if (self.pattern and not re.search(self.pattern, text)) or (self.least and len(text) < self.least):
            raise WrongValue(Wrong.BAD_FORM)
        return text

    def _texts(self, lines: list[str]) -> list[str]:
        if len(lines) > MAX_TEXTS or any(len(line) > MAX_TEXT for line in lines):
            raise WrongValue(Wrong.TOO_LONG)
        return lines


def keys(shape: type) -> tuple[Key, ...]:
    """Every key of `shape`, table by table, in the order of the code."""
    (info,) = multi_type_info([shape])
    assert isinstance(info, DataclassType)
    return tuple(_table(info, ()))


def changed(data: bytes, changes: Mapping[Key, Any], values: object, without: object) -> bytes:
    """The file `data` with other values: what then is as it would be `without` the file is not written.

    `values` is what `data` means, `without` what an empty file does: both of the keys' shape.
    """
    tree = tomllib.loads(data.decode())
    for key, value in changes.items():
        if key.whole_table:
            table = {str(name): _plain(member) for name, member in _inside(values, key.whole_table).items()}
            _put(tree, key.whole_table, {**table, **_get(tree, key.whole_table), key.path[-1]: value})
        elif value == key.value(without):
            _take(tree, key.path)
        else:
            _put(tree, key.path, value)
    return toml.encode(tree)


# --- What a shape holds ----------------------------------------------------------------------------------


def _table(info: DataclassType, path: Path) -> Iterator[Key]:
    nested: list[tuple[DataclassType, Path]] = []
    for field in info.fields:
        kind, meta = bare(field.type)
        here = (*path, field.encode_name)
        if (meta.extra or {}).get("not_in_files"):
            continue
        if isinstance(kind, DataclassType):
            nested.append((kind, here))
        elif isinstance(kind, DictType) and isinstance(kind.key_type, EnumType):
            inner, _ = bare(kind.value_type)
            names = [(*here, member.value) for member in kind.key_type.cls]
            if isinstance(inner, DataclassType):
                nested += [(inner, name) for name in names]
            else:
                yield from (_key(inner, meta, name, here) for name in names)
        elif not (isinstance(kind, VarTupleType) and isinstance(kind.item_type, DataclassType)):
            yield _key(kind, meta, here, ())
    for inner, heading in nested:
        yield from _table(inner, heading)


def members(cls: type, path: Path) -> tuple[Key, ...]:
    """The keys of one table of a list (`[[lane]]`), which lies at `path`."""
    (info,) = multi_type_info([cls])
    assert isinstance(info, DataclassType)
    return tuple(_table(info, path))


def _key(kind: Type, meta: Metadata, path: Path, whole_table: Path) -> Key:
    said = (meta.extra_json_schema or {}).get("description", "")
    key = Key(path, Takes.TEXT, said, (meta.extra or {}).get("unit", ""), whole_table=whole_table)
    match kind:
        case BoolType():
            return replace(key, takes=Takes.YES_NO, choices=("true", "false"))
        case EnumType() | LiteralType():
            return replace(key, takes=Takes.CHOICE, choices=_choices(kind))
        case VarTupleType():
            choices = _choices(bare(kind.item_type)[0])
            return replace(key, takes=Takes.CHOICES if choices else Takes.TEXTS, choices=choices)
        case IntType() | FloatType():
            takes = Takes.WHOLE if isinstance(kind, IntType) else Takes.NUMBER
            return replace(key, takes=takes, least=kind.ge, above=kind.gt, most=kind.le)
        case StrType():
            return replace(key, least=kind.min_length, most=kind.max_length, pattern=kind.pattern or "")
    raise TypeError(f"{key.name}: no form has a field for this type")


def _choices(kind: Type) -> tuple[str, ...]:
    if isinstance(kind, EnumType):
        return tuple(member.value for member in kind.cls)
    return tuple(map(str, kind.values)) if isinstance(kind, LiteralType) else ()


def bare(kind: Type) -> tuple[Type, Metadata]:
    """A type without its annotations, and the annotations."""
    if isinstance(kind, Metadata):
        return kind.type, kind
    return kind, Metadata(kind)


def default(field: Field) -> Any:
    """What a field is where no file says it."""
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default


def _member(of: object, step: str) -> object:
    if isinstance(of, dict):
        found = of.get(step)
        if found is None:  # a name that the file leaves out
            example: type = type(next(iter(of.values()), ()))
            return example()  # the defaults of a table, or an empty list
        return found
    if isinstance(of, tuple):
        return next(each for each in of if getattr(each, "name", None) == step)
    return getattr(of, step)


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


# --- A file as a tree --------------------------------------------------------------------------------------


def _inside(of: object, path: Path) -> dict[object, object]:
    for step in path:
        of = _member(of, step)
    assert isinstance(of, dict)
    return of


def _get(tree: dict[str, Any], path: Path) -> dict[str, Any]:
    for step in path:
        tree = tree.get(step, {})
    return tree


def _put(tree: dict[str, Any], path: Path, value: object) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = value


def _take(tree: dict[str, Any], path: Path) -> None:
    """Takes a value out, and the tables that hold nothing then."""
    if len(path) == 1:
        tree.pop(path[0], None)
        return
    inner = tree.get(path[0])
    if inner is not None:
        _take(inner, path[1:])
        if not inner:
            del tree[path[0]]
