"""What pipelines and stages are called in the files: their label, or their id where the label would not do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from hubspot_sla.plain_text import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Labelled(Protocol):
    """A pipeline or a stage."""

    @property
    def id(self) -> str: ...

    @property
    def label(self) -> str: ...


def names_by_id(things: Sequence[Labelled]) -> Mapping[str, str]:
    """An id stands for a label that two of them have, that is another's id, or that cannot be written as it is."""
    labels = Counter(thing.label.casefold() for thing in things)
    ids = {thing.id for thing in things}
    return {thing.id: thing.label if _will_do(thing, labels, ids) else thing.id for thing in things}


def _will_do(thing: Labelled, labels: Mapping[str, int], ids: set[str]) -> bool:
    is_clean = thing.label == thing.label.strip() == escaped(thing.label) != ""
    return is_clean and labels[thing.label.casefold()] == 1 and (thing.label == thing.id or thing.label not in ids)
