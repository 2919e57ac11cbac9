"""`notify: CHANNEL`: a message through a channel of escalations.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.plan.actions import Notify
from hubspot_sla.plan.rung_actions.kind import TextKind

if TYPE_CHECKING:
    from hubspot_sla.plan.rung_context import FiredRung


@dataclass(frozen=True, slots=True)
class NotifyChannel:
    """A `RungAction`."""

    word: ClassVar[str] = "notify"
    people: ClassVar[tuple[str, ...]] = ()
    properties: ClassVar[tuple[tuple[str, str], ...]] = ()
    channel: str

    @property
    def channels(self) -> tuple[str, ...]:
        return (self.channel,)

    def planned(self, rung: FiredRung) -> Notify:
        key = f"notification:{rung.key_rest}:{self.channel}"
        return Notify(key, rung.record.ref, rung.key, self.channel, rung.facts())


KIND = TextKind(NotifyChannel.word, NotifyChannel)
