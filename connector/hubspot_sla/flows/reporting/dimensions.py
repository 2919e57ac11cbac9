"""What a report may be broken down by, and filtered by: words for columns of outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import UsageProblem
from hubspot_sla.ledger.names import Named
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

PIPELINE_KEY: Final = (
    "case o.object_type when 'tickets' then o.pipeline_id else o.object_type || ':' || o.pipeline_id end"
)


@dataclass(frozen=True, slots=True)
class Dimension:
    """`column` is SQL on `o`, the outcomes; `named` what its ids are names of, where it holds ids."""

    word: str
    column: str
    named: Named | None = None


DIMENSIONS: Final = {
    dimension.word: dimension
    for dimension in (
        Dimension("customer", "o.company_id", Named.COMPANY),
        Dimension("tier", "o.tier"),
        Dimension("policy", "o.policy"),
        Dimension("kind", "o.kind"),
        Dimension("agreement", "o.agreement"),
        Dimension("metric", "o.metric"),
        Dimension("place", "o.place"),
        Dimension("calendar", "o.calendar"),
        Dimension("pipeline", PIPELINE_KEY, Named.PIPELINE),
        Dimension("stage", f"{PIPELINE_KEY} || ':' || o.stage_id", Named.STAGE),
        Dimension("stage_role", "o.stage_role"),
        Dimension("priority", "o.priority"),
        Dimension("owner", "o.owner_id", Named.OWNER),
        Dimension("team", "o.team_id", Named.TEAM),
        Dimension("source", "o.source"),
        Dimension("category", "o.category"),
        Dimension("first_responder", "o.first_responder_id", Named.OWNER),
        Dimension("status", "o.status"),
        Dimension("excluded", "o.excluded"),
        Dimension("waived_by", "o.waived_by"),
        Dimension("met_only_by", "case o.met_by_pauses when 1 then 'pauses' end"),
    )
}
"""By word, in the order of the documents."""


def dimension_of(word: str, properties: Sequence[str]) -> Dimension:
    """`properties` are those that `report.dimensions` names. Raises UsageProblem for a word that is neither."""
    if word in DIMENSIONS:
        return DIMENSIONS[word]
    if word in properties:
        return Dimension(word, f"json_extract(o.dimensions, '$.\"{word}\"')")
    known = (*DIMENSIONS, *properties)
    remedy = nearest(word, known) or f"there are {', '.join(known)}"
    raise UsageProblem(f"reports have no dimension {word!r}", remedy=remedy)
