"""Prints docs/cli.md: the help of every command, in one page. `make docs` writes it, a test compares it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from kiosk.cli import kiosk

_WIDTH = 100
_HEAD = """# The command line

<!-- Made by `make docs`; change the commands in kiosk/cli/, not this file. -->

Every command answers `--help`, writes one clear line to stderr for an error, and exits 0, 1 (a fault was
found) or 2 (used wrongly). The options and the JSON it prints are stable: scripts may rely on them."""


def commands(command: click.Command = kiosk, path: tuple[str, ...] = ("kiosk",)) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups before what they hold."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path[-1])
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from commands(inner, (*path, name))


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD]
    for name, command in commands():
        context = click.Context(command, info_name=name, terminal_width=_WIDTH, help_option_names=["-h", "--help"])
        parts.append(f"## {name}\n\n```\n{command.get_help(context).strip()}\n```")
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(page())
