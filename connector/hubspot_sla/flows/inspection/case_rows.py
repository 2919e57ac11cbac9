"""A ticket of tests.yaml as the row that HubSpot would have sent for it: the same values, with their histories."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.records.ticket_file import Linked, Row
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.hubspot.parse_records import HistoryEntry
from hubspot_sla.hubspot.record_rows import CrmRecord
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.case_events import Happens
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from hubspot_sla.hubspot.parse_records import History, Properties
    from hubspot_sla.policy.case_documents import CaseSection
    from hubspot_sla.policy.case_events import CaseEvent, CaseTime
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.yaml_document import Document, Path

WORDS = (Happens.PRIORITY, Happens.OWNER, Happens.TEAM, Happens.SOURCE, Happens.CATEGORY)
"""Events that set the property that portal.yaml names for them."""


@dataclass(slots=True)
class _Values:
    """The values of one record over time."""

    current: Properties = field(default_factory=dict)
    history: History = field(default_factory=dict)

    def set(self, name: str, value: str, at: int) -> None:
        """Nothing, where the object type has no property of that use."""
        if name:
            self.current[name] = value or None
            self.history.setdefault(name, []).insert(0, HistoryEntry(value, at, "", None))


@dataclass(frozen=True, slots=True)
class CaseRow:
    """`tier_changes` are (at ms, tier) as the test states them; none: the sources of tiers.yaml say. `now` in ms."""

    row: Row
    object_type: str
    tier_changes: Sequence[tuple[int, str | None]]
    now: int


@dataclass(slots=True)
class CaseReading:
    """One test of a file that was checked, with its times read in a zone. MappingInvalid: times that do not exist or
    are out of order."""

    document: Document
    path: Path
    case: CaseSection
    mappings: Mappings  # of the object type
    zone: tzinfo
    _record: _Values = field(default_factory=_Values)
    _customers: dict[Happens, list[_Values]] = field(default_factory=dict)
    _pipeline: str = ""
    _tiers: list[tuple[int, str | None]] = field(default_factory=list)

    def row(self) -> CaseRow:
        created = self.at(("ticket", "created"), self.case.ticket.created)
        self._create(created)
        last = created
        for number, event in enumerate(self.case.events):
            at = self.at(("events", number), event.time)
            if at < last:
                earlier = "the ticket was created" if number == 0 else "the event before it"
                raise self._refused(("events", number), f"this was before {earlier}", "put events in the order of time")
            self._apply(event, at)
            last = at
        return CaseRow(self._row(last), self.mappings.portal.object_type, self._tiers, self._now(last))

    def at(self, path: Path, time: CaseTime) -> int:
        """Epoch ms of a time that stands at `path` of the test."""
        try:
            return time.at(self.zone)
        except Refused as refused:
            raise self._refused(path, str(refused), refused.remedy) from None

    def _now(self, last: int) -> int:
        if self.case.now is None:
            return last
        now = self.at(("now",), self.case.now)
        if now < last:
            what = "the last event" if self.case.events else "the creation"
            raise self._refused(("now",), f"`now` is before {what}", "judge at a later time, or leave it out")
        return now

    def _create(self, at: int) -> None:
        ticket, portal = self.case.ticket, self.mappings.portal
        profile, words = profile_of(portal.object_type), portal.properties
        self._pipeline = ticket.pipeline or next(iter(portal.stages))
        stage = ticket.stage or self._stage_of_role("open") or next(iter(portal.stages[self._pipeline]))
        self._record.current[profile.created] = wire(at)
        for name, value in ((profile.pipeline, self._pipeline), (profile.stage, stage)):
            self._record.set(name, value, at)
        for word in WORDS:
            value = getattr(ticket, word.value)
            if value:
                self._record.set(getattr(words, word.value), value, at)
        for name, value in ticket.properties.items():
            self._record.set(name, value, at)
        if ticket.tier is not None:
            self._tiers.append((at, None if ticket.tier == "none" else ticket.tier))
        for whose, listed in ((Happens.COMPANY, ticket.company), (Happens.CONTACT, ticket.contact)):
            self._customers[whose] = [_Values() for _ in listed]
            for customer, properties in zip(self._customers[whose], listed, strict=True):
                for name, value in properties.items():
                    customer.set(name, value, at)

    def _apply(self, event: CaseEvent, at: int) -> None:
        portal = self.mappings.portal
        profile, words = profile_of(portal.object_type), portal.properties
        match event.what:
            case Happens.REPLY | Happens.AGENT_MESSAGE | Happens.CUSTOMER_MESSAGE:
                self._message(event.what, at)
            case Happens.CLOSED | Happens.REOPENED:
                role = "closed" if event.what is Happens.CLOSED else "open"
                self._record.set(profile.stage, self._stage_of_role(role), at)
            case Happens.STAGE:
                self._record.set(profile.stage, event.value, at)
            case Happens.PIPELINE:
                self._pipeline = event.value
                self._record.set(profile.pipeline, event.value, at)
                self._record.set(profile.stage, self._stage_of_role("open"), at)
            case Happens.TIER:
                self._tiers = self._tiers or [(at - 1, None)]
                self._tiers.append((at, event.value or None))
            case Happens.COMPANY | Happens.CONTACT:
                customers = self._customers[event.what] = self._customers[event.what] or [_Values()]
                customers[0].set(event.name, event.value, at)
            case Happens.PROPERTY:
                self._record.set(event.name, event.value, at)
            case _:
                self._record.set(getattr(words, event.what.value), event.value, at)

    def _message(self, what: Happens, at: int) -> None:
        """Of replies the first sets the property of first replies too."""
        words = self.mappings.portal.properties
        name = words.customer_message if what is Happens.CUSTOMER_MESSAGE else words.agent_message
        self._record.set(name, wire(at), at)
        first_reply = next(iter(words.first_agent_reply), "")
        if what is Happens.REPLY and first_reply not in self._record.history:
            self._record.set(first_reply, wire(at), at)

    def _stage_of_role(self, role: str) -> str:
        """The first stage of the pipeline with this role that says nothing of why a ticket was closed, else the first
        with it."""
        stages = self.mappings.portal.stages[self._pipeline]
        of_role = [name for name, rule in stages.items() if rule.role == role]
        return next((name for name in of_role if not stages[name].closing), of_role[0] if of_role else "")

    def _row(self, last: int) -> Row:
        record = CrmRecord("1", self._record.current, self._record.history, None, last, None, archived=False)
        return Row(1, record, tuple(self._linked(Happens.COMPANY)), tuple(self._linked(Happens.CONTACT)))

    def _linked(self, whose: Happens) -> Iterator[Linked]:
        """The first company is the primary one; `id` is its record id, which tables of tiers go by."""
        for number, customer in enumerate(self._customers[whose]):
            id_ = customer.current.get("id") or str(number + 1)
            primary = whose is Happens.COMPANY and number == 0
            yield Linked(id_, primary, customer.current, customer.history, 0)

    def _refused(self, path: Path, message: str, remedy: str) -> MappingInvalid:
        problem = self.document.problem((*self.path, *path), message, remedy, code=Code.INSTANT)
        return MappingInvalid([problem])
