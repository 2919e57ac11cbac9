"""What of a subject decides which policies apply to it and what they promise: subjects that agree in it look alike."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.policy.conditions import About

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from hubspot_sla.policy.conditions import Asks, Subject, Values
    from hubspot_sla.policy.subject_values import Value

Look = tuple["Hashable", ...]


@dataclass(frozen=True, slots=True)
class Looks:
    """The names of the values that policies look at, by whose they are; `turns` (epoch ms) is when one comes into force
    or goes out of it. Tier and pipeline always count."""

    turns: tuple[int, ...]
    at_stage: bool
    ticket: tuple[str, ...]
    company: tuple[str, ...]
    contact: tuple[str, ...]
    contract: tuple[str, ...]

    @classmethod
    def of(cls, looked_at: Iterable[Asks | Value], turns: tuple[int, ...]) -> Looks:
        """By everything that conditions ask and that targets and calendars go by. No calendar may go from hand to hand:
        what came before counts there."""
        names: dict[About, dict[str, None]] = {about: {} for about in About}
        for one in looked_at:
            names[one.about][one.name] = None
        of_record = (tuple(names[about]) for about in (About.TICKET, About.COMPANY, About.CONTACT, About.CONTRACT))
        return cls(turns, bool(names[About.STAGE]), *of_record)

    def at(self, subject: Subject) -> Look:
        """Everything that counts of a subject."""
        properties = subject.properties
        look: list[Hashable] = [subject.tier, subject.unranked, subject.pipeline]
        look += [properties.get(name) for name in self.ticket]
        if self.turns:
            look.append(bisect_right(self.turns, subject.at))
        if self.at_stage:
            look.append(subject.stage)
        if self.company:
            look.append(_of_each(subject.companies, self.company))
        if self.contact:
            look.append(_of_each(subject.contacts, self.contact))
        if self.contract:
            look.append(_of_each((subject.contract,), self.contract))
        return tuple(look)


def _of_each(several: Sequence[Values], names: Sequence[str]) -> Look:
    return tuple(tuple(values.get(name) for name in names) for values in several)
