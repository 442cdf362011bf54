"""A process that ends in whatever way: its lamps are dark, or made dark by the next one before anything else."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hardware.lamps import leds
from kiosk.cli.dark import command as dark
from tests.support.kept_pins import Board, kept_pins

ROOT = Path(__file__).parents[3]
GREEN, RELAY = 17, 23
SPEC = f"leds:green={GREEN},amber=27,red=22,buzzer=18,relay={RELAY},pulse_s=5"
LIGHTS = """
import signal, sys
from pathlib import Path
from hardware import load
from hardware.lamps import leds
from kiosk.core.ports import LampPattern
from tests.support.kept_pins import kept_pins
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
leds.open_pins = lambda chip: kept_pins(Path(sys.argv[1]))
lamp = load("lamp", sys.argv[2])
lamp.show(LampPattern.PASS)
print("lit", flush=True)
sys.stdin.readline()
"""
ENDS = {
    "exit": ("sys.exit(0)", None),
    "an exception": ("raise SystemError", None),
    "SIGTERM": ("", signal.SIGTERM),
    "SIGKILL": ("", signal.SIGKILL),
    "the watchdog's SIGABRT": ("", signal.SIGABRT),
}


@pytest.mark.parametrize("way", ENDS)
def test_after_any_end_everything_is_dark_or_made_so_without_a_green_before(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, blow = ENDS[way]
    with subprocess.Popen(
        [sys.executable, "-c", LIGHTS + code, str(tmp_path), SPEC],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "lit\n"
        assert {GREEN, RELAY} <= Board(tmp_path).lit()
        if blow is None:
            process.communicate("seen\n", timeout=30)
        else:
            process.send_signal(blow)
            process.wait(timeout=30)
    board = Board(tmp_path)
    if blow not in (signal.SIGKILL, signal.SIGABRT):
        assert board.lit() == set()
        return
    assert {GREEN, RELAY} <= board.lit(), "a killed process leaves its lines as they were"
    board.journal.write_text("")
    monkeypatch.setattr(leds, "open_pins", lambda chip: kept_pins(tmp_path))
    (tmp_path / "kiosk.toml").write_text(f'[[lane]]\nlamp = "{SPEC}"\n')
    done = CliRunner().invoke(dark, ["--state", str(tmp_path)])
    assert (done.exit_code, done.output) == (0, "")
    assert board.lit() == set()
    assert "=1" not in board.journal.read_text(), "nothing is lit on the way to dark"
