"""Rows of the tables of tiers.yaml about companies that HubSpot does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied, Problem
from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.policy.tiers import Tiers


def unknown_companies(portal: Portal, tiers: Tiers) -> tuple[list[Problem], list[str]]:
    """One warning for each row, in the order of the file; and a note for each file that could not be looked up.

    What is no id at all is a warning of its own. 100 companies a call.
    """
    problems: list[Problem] = []
    notes: list[str] = []
    for file, lines_by_id in tiers.company_lines.items():
        try:
            known = portal.customers.companies(lines_by_id, ())
        except AccessDenied as refused:
            notes.append(f"{file}: its company ids were not looked up, because {refused.message}")
            continue
        problems += _problems(file, {id_: lines for id_, lines in lines_by_id.items() if id_ not in known})
    return problems, notes


def _problems(file: str, lines_by_id: Mapping[str, Sequence[int]]) -> list[Problem]:
    return [
        Problem(
            file,
            line,
            1,
            f"HubSpot has no company {company_id}, so this row applies to no company",
            "correct the record id, or delete the row",
            Code.COMPANY_UNKNOWN,
        )
        for company_id, lines in lines_by_id.items()
        for line in lines
    ]
