"""`kiosk settings`: the reference of every setting and rule, made from the code that reads them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import click
import msgspec
from msgspec.inspect import (
    BoolType,
    DataclassType,
    DictType,
    EnumType,
    Field,
    LiteralType,
    Metadata,
    Type,
    VarTupleType,
    multi_type_info,
)

from kiosk.core.rules import Rules
from kiosk.settings import Settings

_INTRO = {
    Settings: (
        "Settings",
        "One TOML file: `--config FILE`, else `kiosk.toml` in the state folder, else `/etc/kiosk/kiosk.toml`. "
        "Every key has a default, so the file holds only what differs. A wrong value is refused with file, key and "
        "reason. What managers and technicians change on the pages lies in `settings/kiosk.toml` in the state folder "
        "and counts over it; where that is wrong, it does not count, and desk and `kiosk check` say so.",
    ),
    Rules: (
        "Rules",
        "`rules/rules.toml` in the state folder, which the pages write, or where there is none `rules.toml` beside it, "
        "says what a gate asks of people. Every key has a default. A wrong file is refused whole and the rules in "
        "force stay. Outcomes are `pass` (green), `check` (amber: the volunteer looks) and `deny` (red).",
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One key of a file, as the reference shows it."""

    table: str  # "" for the top level, else "[web]" or "[[lane]]"
    about: str  # what the table is for
    key: str
    default: str
    unit: str
    values: str
    sentence: str


def rows(shape: type) -> list[Row]:
    """Every key of `shape`, table by table, in the order of the code."""
    (info,) = multi_type_info([shape])
    assert isinstance(info, DataclassType)
    return list(_table(info, "", ""))


def markdown(shape: type) -> str:
    """The reference of `shape` as Markdown."""
    title, intro = _INTRO[shape]
    lines = [f"# {title}", "", "<!-- Made by `make docs`; change the code, not this file. -->", "", intro]
    table = None
    for row in rows(shape):
        if row.table != table:
            table = row.table
            heading = f"`{table}`" if table else "Top level"
            lines += ["", f"## {heading}", "", *([row.about, ""] if row.about else [])]
            lines += ["| key | default | unit | values | what it does |", "|---|---|---|---|---|"]
        cells = (f"`{row.key}`", row.default, row.unit, row.values, row.sentence)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


@click.command()
@click.option("--rules", is_flag=True, help="The rules of the gate (rules.toml) instead of the kiosk's settings.")
def command(rules: bool) -> None:
    """Print the reference of every setting: default, unit, values, and what it does.

    \b
    Example:
      kiosk settings | less
      kiosk settings --rules
    """
    click.echo(markdown(Rules if rules else Settings))


def _table(info: DataclassType, name: str, about: str) -> Iterator[Row]:
    nested = []
    for field in info.fields:
        kind, meta = _bare(field.type)
        if (meta.extra or {}).get("not_in_files"):
            continue
        inner, heading = _inner(kind, f"{name}.{field.encode_name}".lstrip("."))
        if inner is not None:
            nested.append((inner, heading))
            continue
        said = meta.extra_json_schema or {}
        yield Row(
            table=name if name.startswith("[") or not name else f"[{name}]",
            about=about,
            key=field.encode_name,
            default=f"`{_toml(_default(field))}`",
            unit=(meta.extra or {}).get("unit", ""),
            values=_values(field.type),
            sentence=said.get("description", ""),
        )
    for inner, heading in nested:
        yield from _table(inner, heading, _first_paragraph(inner.cls))


def _inner(kind: Type, name: str) -> tuple[DataclassType | None, str]:
    """The table that a field opens, and its heading; None where the field is a plain value."""
    if isinstance(kind, DataclassType):
        return kind, name
    if isinstance(kind, VarTupleType) and isinstance(kind.item_type, DataclassType):
        return kind.item_type, f"[[{name}]]"
    if isinstance(kind, DictType) and isinstance(kind.value_type, DataclassType):
        return kind.value_type, f"{name}.{_one_of(kind.key_type)}"
    return None, name


def _one_of(key: Type) -> str:
    return "|".join(member.value for member in key.cls) if isinstance(key, EnumType) else "NAME"


def _bare(kind: Type) -> tuple[Type, Metadata]:
    """A type without its annotations, and the annotations."""
    if isinstance(kind, Metadata):
        return kind.type, kind
    return kind, Metadata(kind)


def _default(field: Field) -> Any:
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default


def _toml(value: Any) -> str:
    """`value` as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, StrEnum):
        return f'"{value.value}"'
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _values(kind: Type) -> str:
    """Which values a field takes, in words."""
    bare, _ = _bare(kind)
    if isinstance(bare, EnumType):
        return ", ".join(f"`{member.value}`" for member in bare.cls)
    if isinstance(bare, LiteralType):
        return ", ".join(f"`{value}`" for value in bare.values)
    if isinstance(bare, VarTupleType):
        return f"list of {_values(bare.item_type) or 'texts'}"
    if isinstance(bare, DictType):
        return f"{_values(bare.key_type)}; {_values(bare.value_type)}"
    return _limits(bare)


def _limits(kind: Type) -> str:
    if isinstance(kind, BoolType):
        return "`true`, `false`"
    signs = {"gt": "> {}", "ge": "≥ {}", "lt": "< {}", "le": "≤ {}", "max_length": "at most {} characters"}
    said = [
        words.format(_toml(limit)) for name, words in signs.items() if (limit := getattr(kind, name, None)) is not None
    ]
    if (pattern := getattr(kind, "pattern", None)) is not None:
        said.append(f"`{pattern}`")
    return ", ".join(said)


def _first_paragraph(cls: type) -> str:
    return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())
