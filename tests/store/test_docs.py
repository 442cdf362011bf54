"""docs/log.md tells of every field that a row can have."""

from pathlib import Path

from kiosk.core.entry import EntryKind
from kiosk.store.entries import Entry, Temperature

TEXT = (Path(__file__).parents[2] / "docs" / "log.md").read_text()


def test_every_field_and_kind_of_a_row_is_documented() -> None:
    known = {*Entry.__struct_fields__, *Temperature.__struct_fields__, *(kind.value for kind in EntryKind)}
    assert not {name for name in known if f"`{name}`" not in TEXT}
