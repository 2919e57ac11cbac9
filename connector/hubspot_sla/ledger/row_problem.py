"""What does not follow from the audit chain."""

from __future__ import annotations

from dataclasses import dataclass

from hubspot_sla.ledger import row_seals


@dataclass(frozen=True, slots=True)
class RowProblem:
    """In which table, of which subject (`covered_tables.py`), and what of it."""

    table: str
    kind: str
    id: str
    what: str

    def __str__(self) -> str:
        return f"{row_seals.named(self.kind, self.id)}, table {self.table}: {self.what}"

    def as_json(self) -> dict[str, object]:
        return {"table": self.table, "kind": str(self.kind).removeprefix(":"), "id": self.id, "what": self.what}
