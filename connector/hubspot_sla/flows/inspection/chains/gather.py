"""Chains from the ledger: records judged as of an instant, and what departments and vendors kept in a period."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from hubspot_sla.contract.chain import Cause, cause
from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.judging.chains import ChainCycle, LinkCycle, RecordChains, chains_of
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.records.assemble import assembled_facts
from hubspot_sla.flows.records.property_history import history_of
from hubspot_sla.flows.runs.judged_again import PAGE
from hubspot_sla.ledger import chain_rows, outcomes, records, report_rows
from hubspot_sla.ledger.report_rows import Selection
from hubspot_sla.measure.attainment import Counts, counts_of
from hubspot_sla.measure.whose_time import TeamChange

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from hubspot_sla.measure.periods import Period
    from hubspot_sla.plan.records import RecordRef

Promisor = tuple[str, str]
"""The key of a clock and the policy that promises it."""


@dataclass(frozen=True, slots=True)
class Broken:
    """One broken promise to a customer, and who caused it; `links` are the cycles behind it."""

    record: RecordRef
    whole: ChainCycle
    cause: Cause
    links: tuple[LinkCycle, ...]

    def link(self, of: Cause) -> LinkCycle | None:
        """The one that it is put down to."""
        first = of.first
        return next((each for each in self.links if first is not None and each.link is first.link), None)


@dataclass(frozen=True, slots=True)
class Going:
    """One open promise to a customer as of `at` (epoch ms), with the links that have begun and not ended."""

    record: RecordRef
    at: int
    whole: ChainCycle
    links: tuple[LinkCycle, ...]


@dataclass(frozen=True, slots=True)
class PeriodChains:
    """Of a period: how promises of each kind were kept, the broken ones of customers with their causes, and the open
    ones as of now. `otherwise` are so many that were recorded as broken and are not by what is known now."""

    kept: dict[Promisor, Counts]
    broken: list[Broken]
    going: list[Going]
    otherwise: int


def of_records(db: sqlite3.Connection, refs: Iterable[RecordRef], now: int) -> Iterator[tuple[RecordRef, RecordChains]]:
    """By all that the ledger knows, as of `now` (epoch ms), but of no record before it was last judged."""
    versions = VersionsByType(in_force(db))
    for object_type, of_type in groupby(sorted(refs), key=lambda ref: ref.object_type):
        ids = [ref.record_id for ref in of_type]
        for first in range(0, len(ids), PAGE):
            page = ids[first : first + PAGE]
            judged_at = outcomes.last_judged(db, object_type, page)
            facts = assembled_facts(db, object_type, records.load(db, object_type, page).values())
            for id_, record in facts.items():
                of_object, at = versions.of(object_type), max(now, judged_at.get(id_, now))
                team = history_of(record, of_object[-1].mappings.portal.properties.team)
                teams = [TeamChange(fact.at, fact.value or "") for fact in team]
                yield record.ref, chains_of(judgement_of(record, of_object, at), at, teams)


def of_period(db: sqlite3.Connection, period: Period, now: int) -> PeriodChains:
    """Within one state of the ledger."""
    recorded = chain_rows.broken(db, period.start_at, period.end_at)
    broken = [
        Broken(ref, whole, cause(whole.chain), chains.links)
        for ref, chains in of_records(db, recorded, now)
        for whole in chains.wholes
        if whole.is_broken and (whole.clock.key, whole.cycle.number) in recorded[ref]
    ]
    going = [
        Going(ref, chains.at, whole, links)
        for ref, chains in of_records(db, chain_rows.going(db), now)
        for whole in chains.wholes
        if whole.left_ms is not None and whole.ends_with_the_record and (links := chains.still_going)
    ]
    number = sum(map(len, recorded.values()))
    return PeriodChains(_kept(db, period), broken, going, number - len(broken))


def _kept(db: sqlite3.Connection, period: Period) -> dict[Promisor, Counts]:
    promised = Selection("o.policy is not null")
    found = report_rows.numbers_of(db, promised, period.start_at, period.end_at, ["o.clock", "o.policy"])
    return {(clock or "", policy or ""): counts_of(numbers) for (clock, policy), numbers in found.items()}
