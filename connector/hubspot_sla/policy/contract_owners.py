"""Who looks after contracts, held against the portal: needed where a rung of a contract makes tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.yaml_document import Path


def contract_owners(mappings: Mappings) -> dict[str, Path]:
    """The owner of each contract that has one, with its place in contracts.yaml; none where contracts have no rungs."""
    if not mappings.policy_set.escalations.contracts:
        return {}
    places: dict[str, Path] = {}
    for written in mappings.contracts.written:
        if written.terms.owner:
            places.setdefault(written.terms.owner, ("contracts", written.number, "owner"))
    return places


def contract_owner_problems(mappings: Mappings, owner_ids: Mapping[str, str]) -> Iterator[Problem]:
    """Each whom the portal does not know; `owner_ids` are those that `owners_named` gave."""
    document = mappings.contracts.document
    for word, path in contract_owners(mappings).items() if document is not None else ():
        if word not in owner_ids and document is not None:
            message = f"the portal has no owner {word!r}"
            remedy = "an owner is named by e-mail or by owner id"
            yield document.problem(path, message, remedy, code=Code.UNKNOWN_OWNER)
