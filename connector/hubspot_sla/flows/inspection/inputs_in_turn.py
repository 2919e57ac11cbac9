"""What judges records, switched from how it was at an instant to how it is known now: one input after the other.

The inputs are the mappings, the tiers of customers with their other values, the calendar data, and the waivers. At the
first step all of them are as they were; at the last all as they are. What was entered before and holds only from then
on (a row of a table of tiers, a policy, the interval of a waiver) was not in force yet, and what ends then was.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.records.waivers import written_in
from hubspot_sla.ledger import versions

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.versions import PolicyVersion
    from hubspot_sla.ledger.waivers import GrantedWaiver
    from hubspot_sla.policy.customers import CompanyView, ContactView, History
    from hubspot_sla.policy.tiers import Tiers


_ZONES_MS: Final = 14 * 3_600_000
"""A date in a table, in the zone of a calendar or in UTC, may begin so long before it does in that of reports."""


class Step(StrEnum):
    """All inputs as they were, and then each as it is known now, from the first to this one."""

    THEN = "then"
    MAPPINGS = "mappings"
    TIERS = "tiers"
    CALENDAR_DATA = "calendar_data"
    WAIVERS = "waivers"


STEPS = tuple(Step)


class Inputs(NamedTuple):
    """What one record is judged by at one step. Equal ones judge alike."""

    record: RecordFacts
    versions: Sequence[Version]


class InputsInTurn:
    """Of records of one ledger, with everything that was in force just before `cut` (epoch ms) as it was then."""

    def __init__(self, db: sqlite3.Connection, cut: int) -> None:
        self._cut, self._last = cut, cut - _ZONES_MS
        self._stored = versions.every(db)
        self._present = versions_in_force.in_force(db)
        self._known = max(sum(stored.effective_at < cut for stored in self._stored), 1)
        self._by_step = {step: VersionsByType(self._at(step)) for step in STEPS}

    def of(self, record: RecordFacts, mappings: int) -> list[Inputs]:
        """One for each step; `mappings` is how many versions were known when it was last judged. Neighbours that are
        one object differ in nothing."""
        found: list[Inputs] = []
        for step in STEPS:
            inputs = Inputs(self._record(record, step), self._versions(record, step, mappings))
            same = found and inputs.versions is found[-1].versions and inputs.record == found[-1].record
            found.append(found[-1] if same else inputs)
        return found

    def _versions(self, record: RecordFacts, step: Step, mappings: int) -> Sequence[Version]:
        """Those of a step are the same object for as long as nothing is switched on."""
        number = min(mappings, self._known) if step is Step.THEN else mappings
        key = record.ref.object_type, step, number
        if key not in self._sliced:
            of_type = self._by_step[step].of(record.ref.object_type)[:number]
            before = STEPS[STEPS.index(step) - 1] if step is not Step.THEN else None
            earlier = None if before is None else self._versions(record, before, mappings)
            self._sliced[key] = earlier if earlier is not None and _alike(earlier, of_type) else of_type
        return self._sliced[key]

    @cached_property
    def _sliced(self) -> dict[tuple[str, Step, int], Sequence[Version]]:
        return {}

    def _at(self, step: Step) -> list[Version]:
        """The versions at a step. Those of before the cut are what they were at each; at the first step these are all
        that count, and `_versions` leaves the others out."""
        if step is Step.WAIVERS:
            return self._present
        return [self._version(place, step) for place in range(len(self._present))]

    def _version(self, place: int, step: Step) -> Version:
        """Waivers of waivers.yaml are switched on with the others."""
        version = self._present[place]
        if place >= self._known and step is not Step.CALENDAR_DATA:
            version = self._with_data_of_then(self._stored[place], version)
        mappings = replace(version.mappings, waivers=())
        if step in (Step.THEN, Step.MAPPINGS):
            mappings = replace(mappings, tiers=self._tiers_of_then[min(place, self._known - 1)])
        if step is Step.THEN:
            mappings = replace(mappings, policy_set=mappings.policy_set.held_at(self._last))
        return replace(version, mappings=mappings)

    @cached_property
    def _tiers_of_then(self) -> list[Tiers]:
        """Of each version that was known."""
        return [version.mappings.tiers.held_at(self._last) for version in self._present[: self._known]]

    def _with_data_of_then(self, stored: PolicyVersion, version: Version) -> Version:
        data = {**version.calendar_data, **self._then.calendar_data}
        kept = {name: data[name] for name in version.calendar_data}
        if kept == version.calendar_data:
            return version
        return versions_in_force.compiled(replace(stored, calendar_data=kept))

    @property
    def _then(self) -> Version:
        return self._present[self._known - 1]

    def _record(self, record: RecordFacts, step: Step) -> RecordFacts:
        if step is Step.WAIVERS:
            return record
        record = self._without_later_waivers(record)
        return record if STEPS.index(step) >= STEPS.index(Step.TIERS) else _with_customers_of(record, self._cut)

    def _without_later_waivers(self, record: RecordFacts) -> RecordFacts:
        names, written = self._waivers_of(record.ref.object_type)
        granted = [_as_of(waiver, self._cut) for waiver in record.waivers if self._was_in_force(waiver)]
        facts = [fact for fact in record.facts if fact.name not in names or fact.at < self._cut]
        absorbed = tuple(map(self._without_later_waivers, record.absorbed))
        is_same = not written and granted == list(record.waivers) and len(facts) == len(record.facts)
        if is_same and absorbed == tuple(record.absorbed):
            return record
        return replace(record, facts=facts, waivers=(*granted, *written), absorbed=absorbed)

    def _was_in_force(self, waiver: GrantedWaiver) -> bool:
        since = waiver.terms.since
        return waiver.terms.granted_at < self._cut and (since is None or since < self._last)

    def _waivers_of(self, object_type: str) -> tuple[set[str], list[GrantedWaiver]]:
        """The properties that waive, by any version, and those of waivers.yaml that stood before the cut."""
        if object_type not in self._waivers:
            of_type = self._by_step[Step.WAIVERS].of(object_type)
            names = {version.mappings.portal.properties.waiver for version in of_type}
            written = written_in(of_type[: self._known])
            self._waivers[object_type] = names, [waiver for waiver in written if self._was_in_force(waiver)]
        return self._waivers[object_type]

    @cached_property
    def _waivers(self) -> dict[str, tuple[set[str], list[GrantedWaiver]]]:
        return {}


def _alike(one: Sequence[Version], other: Sequence[Version]) -> bool:
    return len(one) == len(other) and all(
        a.mappings.version == b.mappings.version
        and a.mappings.tiers is b.mappings.tiers
        and a.mappings.policy_set.turns == b.mappings.policy_set.turns
        and a.mappings.waivers == b.mappings.waivers
        and a.calendar_data == b.calendar_data
        for a, b in zip(one, other, strict=True)
    )


def _as_of(waiver: GrantedWaiver, cut: int) -> GrantedWaiver:
    revoked_later = waiver.revoked_at is not None and waiver.revoked_at >= cut
    return replace(waiver, revoked_at=None) if revoked_later else waiver


def _with_customers_of(record: RecordFacts, cut: int) -> RecordFacts:
    companies = tuple(_customer_of(view, cut) for view in record.companies)
    contacts = tuple(_contact_of(view, cut) for view in record.contacts)
    absorbed = tuple(_with_customers_of(absorbed, cut) for absorbed in record.absorbed)
    if (companies, contacts, absorbed) == (tuple(record.companies), tuple(record.contacts), tuple(record.absorbed)):
        return record
    return replace(record, companies=companies, contacts=contacts, absorbed=absorbed)


def _customer_of(view: CompanyView, cut: int) -> CompanyView:
    return replace(view, property_history={name: _until(course, cut) for name, course in view.property_history.items()})


def _contact_of(view: ContactView, cut: int) -> ContactView:
    return replace(view, property_history={name: _until(course, cut) for name, course in view.property_history.items()})


def _until(course: History, cut: int) -> History:
    """A customer who is new has the first value that was ever known: that is no change of a tier."""
    known = [change for change in course if change[0] < cut] or list(course[:1])
    return course if len(known) == len(course) else known
