"""The import-linter contract of this house: a package may import these of ours, and nothing else of ours."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Arrows(Contract):
    """Every import of `importer` from the root packages must lie in `importer` itself or in `may_import`.

    A name covers the module and everything below it.
    """

    importer = fields.StringField()
    may_import = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Kept when no module of `importer` imports anything of ours that it may not."""
        own: str = self.importer  # type: ignore[assignment]
        allowed: list[str] = [own, *self.may_import]  # type: ignore[misc]
        broken = [
            (module, imported)
            for module in sorted(graph.modules)
            if _below(module, own)
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if not any(_below(imported, name) for name in allowed)
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each import that crosses a wall."""
        metadata: dict[str, Any] = check.metadata
        for module, imported in metadata["broken"]:
            output.print_error(f"{module} imports {imported}")
        output.new_line()


def _below(module: str, name: str) -> bool:
    return module == name or module.startswith(name + ".")
