"""Where a simulation's records come from: the ledger, or a file of tickets. Each gives parts that can be counted apart,
by one process or several, and whose tallies add up in the order of the parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.reporting.outcome_values import OLA_AND_UC, Names, checked_words
from hubspot_sla.flows.reporting.query import zone_of
from hubspot_sla.flows.reporting.selection import Selection
from hubspot_sla.flows.reporting.where import parsed_where
from hubspot_sla.flows.simulation.conditions import parsed_condition
from hubspot_sla.flows.simulation.contract_promises import ContractPromises
from hubspot_sla.flows.simulation.side import NOTHING
from hubspot_sla.flows.simulation.tally import AFTER, BEFORE, Counting, Tally, Unjudged, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.flows.simulation.request import Request
    from hubspot_sla.flows.simulation.side import Side

AT_A_TIME: Final = 250
"""Records of one part."""

TwoFacts = tuple["RecordFacts", "RecordFacts"]
"""One record with the facts for the mappings before, and for the new ones: a file is read by the words of each."""


class Source(ABC):
    """Open as long as it is used. `links` are addresses of records up to their ids, by object type, `notes` what is to
    be said of the figures."""

    request: Request
    before: Side
    after: Side
    names: Names
    links: Mapping[str, str]
    notes: Sequence[str]

    @abstractmethod
    def parts(self) -> Iterator[object]:
        """Values that can be sent to another process."""

    @abstractmethod
    def version(self, texts: Mapping[str, str]) -> Version:
        """Other mappings as if they held here, for the same facts. Raises MappingInvalid, UsageProblem."""

    @abstractmethod
    def facts(self, part: object) -> Iterator[TwoFacts | Unjudged]:
        """The records of a part."""

    def is_changed(self) -> bool:
        """Whether somebody has written to what is read here since it was opened: who opens it now may read another
        state."""
        return False

    @property
    def zone(self) -> tzinfo:
        """In which days begin."""
        return zone_of(self.after.version.mappings)

    @property
    def properties(self) -> tuple[str, ...]:
        """Those that `report.dimensions` names, on either side."""
        of_sides = (side.version.mappings.portal.dimensions for side in (self.before, self.after))
        return tuple(dict.fromkeys(name for names in of_sides for name in names))

    def wanted(self) -> Wanted:
        """Raises UsageProblem, MappingInvalid."""
        request, properties = self.request, self.properties
        words = tuple(dict.fromkeys(word for breakdown in request.by for word in breakdown))
        checked_words(words, properties)
        conditions = [parsed_condition(text, properties) for text in request.conditions]
        asked = (*words, *(word for condition in conditions for word, _ in condition.parts))
        when = parsed_where(request.where)
        selection = Selection(when, self.names, properties, asked)
        every = Selection(when, self.names, properties, tuple(OLA_AND_UC))
        contracts = {
            name: ContractPromises(side, self.names, self.properties, request.now)
            for name, side in ((BEFORE, self.before), (AFTER, self.after))
        }
        of_every_kind = bool(OLA_AND_UC & when.words())
        rest = self.names, request.most, self.zone, contracts, of_every_kind
        return Wanted(request.by, selection, every, conditions, *rest)

    def counted(self, part: object, wanted: Wanted) -> Tally:
        """One part by itself."""
        counting, now = Counting(wanted), self.request.now
        for facts in self.facts(part):
            if isinstance(facts, Unjudged):
                counting.not_judged(facts.where, facts.reason)
                continue
            try:
                before = self.before.judge(facts[0], now)
                shared = facts[0] is facts[1] and self.after.reads_like(self.before, facts[0].ref.object_type)
                after = self.after.judge(facts[1], now, before if shared else NOTHING)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one record must not stop the others
                counting.not_judged(facts[0].ref.key, f"it cannot be judged: {error or type(error).__name__}")
                continue
            counting.record(facts[0].ref, before, after)
        return counting.tally
