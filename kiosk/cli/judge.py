"""`kiosk judge`: what rules make of codes and a temperature, without a gate."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from kiosk.cli import _lines
from kiosk.cli._options import open_places, open_settings, state_option
from kiosk.core import rules
from kiosk.core.codecs import cwt, malformed
from kiosk.core.faults import SettingsError
from kiosk.core.formats import online_code
from kiosk.core.judge import judge
from kiosk.core.model import (
    Direction,
    Evidence,
    Finding,
    Measurement,
    Presented,
    Read,
    Source,
    TemperatureSource,
    Verdict,
)
from kiosk.core.parts import read_all
from kiosk.core.rules import Rules
from kiosk.core.trust import Trust
from kiosk.locale import words
from kiosk.store import lists, rule_files

SHAPE = '{"id": ..., "scans": ["..."], "temperature_c"?: 36.5, "at"?: "ISO 8601", "direction"?: "in" or "out"}'


@click.command("judge")
@state_option
@click.option("--rules", "rules_file", required=True, type=click.Path(path_type=Path), help="The rules (TOML).")
@click.option("--trust", "paths", multiple=True, type=click.Path(path_type=Path), help="More trust lists.")
@click.option("--jsonl", is_flag=True, help="Read one visit a line on stdin (the only way for now).")
def command(state: Path | None, config: Path | None, rules_file: Path, paths: tuple[Path, ...], jsonl: bool) -> None:
    """Say what the rules make of visits: one JSON object a line in, one verdict a line out, in order.

    A visit is {"id", "scans": [TEXT...], "temperature_c", "at", "direction"}. The verdict has outcome (pass, check,
    deny, or null while something is wanted), reasons, findings and wants; a finding about a
    country's rule has its id as detail, and what it says. Those rules are read from the state folder. Exits 1 when a
    line was not understood.

    \b
    Example:
      kiosk judge --rules rules.toml --trust lists/ --jsonl < visits.jsonl
    """
    if not jsonl:
        raise click.UsageError("Say --jsonl and give visits on stdin.")
    places = open_places(state)
    more = [Path(path) for path in open_settings(config, places).trust]
    wanted = rule_files.put_into(_rules(rules_file), rule_files.load(places.country_rules))
    trust = lists.of_kiosk(places, [*more, *paths])
    trust = replace(trust, services=online_code.services(wanted.online.patterns))
    sys.exit(1 if _lines.answer_each(sys.stdin.buffer, lambda asked: _judged(asked, wanted, trust)) else 0)


def _rules(path: Path) -> Rules:
    try:
        return rules.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check the path") from error


def _judged(asked: object, wanted: Rules, trust: Trust) -> dict[str, Any]:
    match asked:
        case {"scans": list(scans), **more} if all(isinstance(text, str) for text in scans):
            now = cwt.instant(str(more["at"])) if "at" in more else datetime.now(UTC)
            evidence = Evidence(
                direction=_direction(more.get("direction", "in")),
                codes=tuple(_presented(read, now) for read in read_all(scans, trust)),
                measurement=_measurement(more.get("temperature_c"), now),
            )
        case _:
            raise malformed(f"a line is {SHAPE}")
    answer = judge(evidence, wanted, now)
    if isinstance(answer, Verdict):
        return {
            "outcome": answer.outcome.value,
            "reasons": [reason.value for reason in answer.reasons],
            "findings": [_finding(finding) for finding in answer.findings],
            "wants": [],
        }
    findings = [_finding(finding) for finding in answer.findings]
    return {"outcome": None, "reasons": [], "findings": findings, "wants": [want.value for want in answer.wants]}


def _presented(read: Read, now: datetime) -> Presented:
    return Presented(read, key="", at=now, source=Source.KEYBOARD)


def _direction(word: object) -> Direction:
    if not isinstance(word, str) or word not in tuple(Direction):
        raise malformed(f"direction is in or out; a line is {SHAPE}")
    return Direction(word)


def _measurement(celsius: object, now: datetime) -> Measurement | None:
    if celsius is None:
        return None
    if isinstance(celsius, bool) or not isinstance(celsius, int | float):
        raise malformed(f"temperature_c is a number; a line is {SHAPE}")
    value = float(celsius)
    return Measurement(value, value, None, 0.0, 1, "given", now, TemperatureSource.CONTACT)


def _finding(finding: Finding) -> dict[str, str]:
    answer = {"check": finding.check, "outcome": finding.outcome.value, "reason": finding.reason.value}
    if finding.detail:
        answer |= {"detail": finding.detail, "said": words.said(finding.said)}
    return answer
