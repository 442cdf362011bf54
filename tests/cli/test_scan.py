"""`kiosk scan`: one JSON object a picture."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.cli.scan import command
from tests.support.pictures import qr_bytes, random_bytes

SHARED = Path(os.environ.get("KIOSK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


def scan(*arguments: object) -> tuple[int, list[dict[str, object]]]:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_each_picture_is_one_object_with_file_texts_stage_and_time(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(qr_bytes("健康码 OK"))
    code, rows = scan(picture)
    assert code == 0
    assert rows[0].pop("ms") > 0  # type: ignore[operator]
    assert rows == [{"file": str(picture), "texts": ["健康码 OK"], "stage": "zxing"}]


def test_a_picture_without_a_code_is_no_fault(tmp_path: Path) -> None:
    from tests.support.pictures import encoded, qr

    (tmp_path / "a.jpg").write_bytes(encoded(qr("x") * 0, ".jpg"))
    code, rows = scan(tmp_path)
    assert code == 0
    assert rows[0]["texts"] == []
    assert rows[0]["stage"] == ""


def test_folders_are_gone_through_and_a_bad_file_is_an_error_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(qr_bytes("first"))
    (tmp_path / "b.png").write_bytes(random_bytes())
    (tmp_path / "c.png").write_bytes(qr_bytes("last"))
    code, rows = scan(tmp_path)
    assert code == 1
    assert [row["texts"] for row in rows] == [["first"], [], ["last"]]
    assert rows[1] == {
        "file": str(tmp_path / "b.png"),
        "texts": [],
        "error": f"{tmp_path / 'b.png'}: not a PNG, JPEG, WebP or BMP picture",
    }


def test_a_file_that_is_not_there_is_an_error_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(qr_bytes("first"))
    code, rows = scan(tmp_path / "gone.png", tmp_path / "a.png")
    assert code == 1
    assert "no such file" in str(rows[0]["error"])
    assert rows[1]["texts"] == ["first"]


def test_without_a_picture_it_was_used_wrongly() -> None:
    assert scan()[0] == 2


def test_stderr_stays_empty_when_it_is_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(random_bytes(start=b"\xff\xd8\xff\xe0\x00\x10"))
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "scan", str(tmp_path)],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 1
    assert done.stderr == b""
    assert json.loads(done.stdout)["texts"] == []


def as_written(text: str) -> str:
    """The manifest has its line ends and outer blanks put in order; a text that is read has them as they are."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def test_at_least_85_of_100_labelled_photographs_are_read_exactly() -> None:
    manifest = SHARED / "qr" / "manifest.csv"
    if not manifest.exists():
        pytest.skip(f"no {manifest}: the shared photographs are not on this machine")
    with manifest.open(encoding="utf-8", newline="") as file:
        labelled = [row for row in csv.DictReader(file) if row["label"] in ("given", "silver")]
    files = sorted({str(manifest.parent / row["file"]) for row in labelled})
    code, rows = scan(*files)
    assert code == 0
    texts = {str(row["file"]): row["texts"] for row in rows}
    read = {name: [as_written(text) for text in found] for name, found in texts.items()}  # type: ignore[attr-defined]
    wanted = [(str(manifest.parent / row["file"]), row["expected_text"]) for row in labelled]
    exactly = sum(text in texts[file] for file, text in wanted)  # type: ignore[operator]
    in_order = sum(as_written(text) in read[file] for file, text in wanted)
    assert len(wanted) == 588
    assert exactly >= 0.85 * len(wanted)
    assert in_order >= 0.90 * len(wanted)
