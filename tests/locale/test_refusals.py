"""What the parsers of files refuse is said in the reader's language, whatever they say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk import locale
from kiosk.core import rules, trust
from kiosk.core.faults import SettingsError
from kiosk.locale import refusals

ROOT = Path(__file__).parents[2]
PARSERS = (
    *sorted(p.relative_to(ROOT) for p in Path(trust.__path__[0]).glob("*.py")),
    *(f"kiosk/core/{name}.py" for name in ("rules", "country_rules", "formats/online_code", "codecs/toml")),
    *(f"kiosk/core/codecs/{name}.py" for name in ("strict_json", "cms", "der", "jwk", "chain")),
    *("kiosk/store/lists.py", "kiosk/store/list_import.py", "kiosk/store/rule_files.py", "kiosk/store/versions.py"),
    "kiosk/settings.py",
)
FAULTS = {"SettingsError", "malformed", "ValueError", "Unwritable"}


def sentences() -> Iterator[tuple[str, str]]:
    """Every sentence that a parser may say, with something in its places."""
    for name in PARSERS:
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            called = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in FAULTS
            for part in node.args if called else ():  # type: ignore[attr-defined]
                if (said := _filled(part)) and re.search("[a-z]{3} [a-z]", said):
                    yield str(name), said


def _filled(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    if not isinstance(part, ast.JoinedStr):
        return ""
    filled = "".join(str(p.value) if isinstance(p, ast.Constant) else "X9" for p in part.values)
    return filled.replace("no such keyX9", "no such key; did you mean X9?").replace("not JSONX9", "not JSON at line 9")


def knows(sentence: str) -> bool:
    """Whether all of it but names is known: some part of `file: key: reason`, to its end."""
    parts = sentence.split(": ")
    return any(refusals.knows(": ".join(parts[at:])) for at in range(len(parts)))


@pytest.mark.parametrize(("where", "sentence"), sorted(set(sentences())))
def test_whatever_a_parser_may_say_is_known(where: str, sentence: str):
    assert knows(sentence), f"{where}: put this sentence into kiosk/locale/refusals.py: {sentence}"


def test_names_of_files_and_keys_stay_and_the_reason_is_translated():
    locale.use("zh_Hans_CN")
    try:
        with pytest.raises(SettingsError) as wrong:
            rules.parse(b"[temperature]\nthreshold_c = 99\n", "rules.toml")
        said = refusals.said(wrong.value)
    finally:
        locale.use(None)
    assert said.startswith("rules.toml: temperature.threshold_c: ")
    assert "45" in said
    assert not re.search("[a-z]{3,} [a-z]{3,}", said)


def test_what_is_not_known_stays_as_it_is():
    assert refusals.said("a.json: something new: that nobody knew") == "a.json: something new: that nobody knew"
