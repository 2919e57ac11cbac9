"""What contracts.yaml might say until November 2026, and may not since.

Contracts that are in force go on with it: a check that came later must not stop a worker. Edited ones are refused.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hubspot_sla.contract.remedies import Unit
from hubspot_sla.policy.contract_check import figures_of
from hubspot_sla.policy.currencies import currencies_since
from hubspot_sla.policy.figure_texts import SHARE
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.contract_documents import ContractSection, ContractsFile
    from hubspot_sla.policy.yaml_document import Document, Path

WORTH = (Unit.SHARE, Unit.MONEY)
"""What points may be worth."""


def later_problems(document: Document, file: ContractsFile) -> list[Problem]:
    """Every one of them, with its place."""
    found: list[Problem] = []
    for number, section in enumerate(file.contracts):
        path: Path = ("contracts", number)
        found += _withdrawn(document, path, section)
        found += _figures(document, path, section)
        found += _points(document, path, section)
    return found


def _withdrawn(document: Document, path: Path, section: ContractSection) -> Iterator[Problem]:
    """A currency that was no longer one when the contract began."""
    code, known = section.currency, currencies_since(section.valid_from)
    if code not in known and code in currencies_since(date.min):
        message = f"there is no currency {code!r} since before {section.valid_from}"
        yield document.problem((*path, "currency"), message, nearest(code, known), code=Code.UNKNOWN_NAME)


def _figures(document: Document, path: Path, section: ContractSection) -> Iterator[Problem]:
    """Shares of more than all, and a `linear` that divides by nothing."""
    for number, objective in enumerate(section.objectives):
        at: Path = (*path, "objectives", number)
        for place, figure in figures_of(objective):
            if figure.kind == SHARE and figure.value > 1:
                message = f"{figure.text!r} is more than all"
                yield document.problem((*at, *place), message, "write 99.9%", code=Code.RANGE)
        linear = objective.credit.linear if objective.credit else None
        if linear is not None and not linear.step.value:
            place = (*at, "credit", "linear", "step")
            yield document.problem(place, "a step of nothing is none", "write 1%, 1 or 1h", code=Code.RANGE)


def _points(document: Document, path: Path, section: ContractSection) -> Iterator[Problem]:
    """Points that are worth points or days."""
    for number, band in enumerate((section.points.bands if section.points else None) or ()):
        if band.pays and band.pays.value and band.pays.unit not in WORTH:
            place = (*path, "points", "bands", number, "pays")
            message, remedy = "points are worth a share or money", "write 2% or 50.00"
            yield document.problem(place, message, remedy, code=Code.KEYS_TOGETHER)
