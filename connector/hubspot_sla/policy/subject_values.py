"""Where the value that a reference names is found on a subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.value_references import MAPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubspot_sla.policy.conditions import Subject
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.value_references import Reference


@dataclass(frozen=True, slots=True)
class Value:
    """`word` is what the admin calls it; `about` whose it is; `name` the property, where it is one."""

    word: str
    about: About
    name: str

    def of(self, subject: Subject) -> Sequence[str | None]:
        """The value; one for each company or contact that counts. Never empty."""
        return subject.values(self.about, self.name)

    @property
    def with_article(self) -> str:
        """`a priority`, `an owner`; a property under its internal name has no article."""
        if self.word not in (*MAPPED, About.TIER, About.PIPELINE, About.STAGE):
            return self.word
        return f"an {self.word}" if self.word[0] in "aeiou" else f"a {self.word}"

    def chosen(self, subject: Subject, named: Iterable[str]) -> str | None:
        """The first of the named values that it has; of several contacts the first that any of them has."""
        values = self.of(subject)
        return next((value for value in named if value in values), None)


def value_of(reference: Reference, portal: PortalMap) -> Value:
    """A word for a ticket property is looked up in portal.yaml."""
    name = reference.name
    if reference.about is About.TICKET and reference.text in MAPPED:
        name = getattr(portal.properties, reference.text)
    return Value(reference.text, reference.about, name)
