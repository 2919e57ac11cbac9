"""What came of one reading of messages: news, how far each record was read, and what may not be read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.ledger.message_reading import Reading


@dataclass(frozen=True, slots=True)
class MessagesRead:
    """`facts` are news by record id; `readings` and `actor_kinds` what need not be asked again, `actor_names` by id;
    `resting` the reason for each part that may not be read, "" where it was."""

    facts: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    readings: Sequence[Reading] = ()
    actor_kinds: Mapping[str, str] = field(default_factory=dict)
    actor_names: Mapping[str, str] = field(default_factory=dict)
    resting: Mapping[str, str] = field(default_factory=dict)

    def of(self, record_ids: Container[str]) -> MessagesRead:
        """How far these were read, which must be kept together with what was found on them."""
        return replace(self, readings=[one for one in self.readings if one.record_id in record_ids])

    def without(self, record_ids: Container[str]) -> MessagesRead:
        """How far all others were read."""
        return replace(self, readings=[one for one in self.readings if one.record_id not in record_ids])


NOTHING_READ: Final = MessagesRead()
