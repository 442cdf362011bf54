"""`kiosk certlogic`: what country rules make of data, one JSON object a line."""

from __future__ import annotations

import sys
from typing import Any

import click

from kiosk.cli import _lines
from kiosk.core.certlogic import CertLogicError, evaluate
from kiosk.core.certlogic.form import MAX_DEPTH
from kiosk.core.codecs import malformed


@click.command()
@click.option("--jsonl", is_flag=True, help='Read {"id", "logic", "data"} lines on stdin (the only way for now).')
def command(jsonl: bool) -> None:
    """Evaluate CertLogic, the language of the EU's country rules: one object a line in, one a line out, in order.

    An answer is {"id", "result"}, or {"id", "error"} with a sentence where the logic is wrong or meets data that it
    cannot work on. Exits 1 when a line was not understood.

    \b
    Example:
      kiosk certlogic --jsonl < cases.jsonl
      echo '{"id": 1, "logic": {"!": [{"var": "x"}]}, "data": {}}' | kiosk certlogic --jsonl
    """
    if not jsonl:
        raise click.UsageError('Say --jsonl and give {"id", "logic", "data"} on stdin.')
    sys.exit(1 if _lines.answer_each(sys.stdin.buffer, _answer, depth=2 * MAX_DEPTH) else 0)


def _answer(asked: object) -> dict[str, Any]:
    match asked:
        case {"logic": logic, "data": data}:
            try:
                return {"result": evaluate(logic, data)}
            except CertLogicError as error:
                return {"error": str(error)}
        case _:
            raise malformed('a line is {"id": ..., "logic": ..., "data": ...}')
