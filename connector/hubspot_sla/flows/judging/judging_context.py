"""What a decision depends on beside the record: the same for a whole run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.ledger.records import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.ledger.names import Named
    from hubspot_sla.plan.clock_ran_ahead import ClockCorrection
    from hubspot_sla.plan.records import RecordRef


def nameless(_kind: Named, _id: str) -> str:
    """Nobody is known by name."""
    return ""


@dataclass(frozen=True, slots=True)
class JudgingContext:
    """`names` maps our word for each property we write to its HubSpot name; `link` is the address of any record in
    HubSpot up to its id; `rules_since` is since when the clock's present rules are in force, where others were before;
    `correction` that of a clock that ran ahead, while anything may rest on it; `name_of` gives the
    name of a company or an owner by id ("": unknown), for texts alone. Instants are epoch ms."""

    versions: Sequence[Version]
    names: Mapping[str, str]
    go_live_at: int
    now: int
    backfill: bool = False
    link: str = ""
    rules_since: int | None = None
    correction: ClockCorrection | None = None
    name_of: Callable[[Named, str], str] = nameless

    def url_of(self, record: RecordRef) -> str:
        """The address of a record in HubSpot; "" where that is not known."""
        return f"{self.link}{record.record_id}" if self.link else ""

    def of(self, next_at: int | None) -> JudgingContext:
        """The same for one record: a correction of the clock concerns those that it has set to be judged again."""
        if self.correction is None or self.correction.of_all or next_at == AT_ONCE:
            return self
        return replace(self, correction=None)

    @property
    def current(self) -> Version:
        return self.versions[-1]

    @property
    def more_clocks(self) -> frozenset[tuple[str, str]]:
        return more_clocks(self.versions)


def more_clocks(versions: Sequence[Version]) -> frozenset[tuple[str, str]]:
    """(agreement, metric) of the clocks that have properties of their own beside the six, by any version of the
    mappings: what was written once is kept up to date."""
    return frozenset[tuple[str, str]]().union(*(version.mappings.policy_set.more_clocks for version in versions))
