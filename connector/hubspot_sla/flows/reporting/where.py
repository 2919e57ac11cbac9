"""Conditions on outcomes, from their words to SQL: what a word accepts is asked of every value that there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.reporting.dimensions import Dimension, dimension_of
from hubspot_sla.ledger import names, report_rows
from hubspot_sla.ledger.report_rows import Selection
from hubspot_sla.policy.document_problems import validated
from hubspot_sla.policy.report_documents import OutcomeWhen
from hubspot_sla.policy.value_errors import nearest
from hubspot_sla.policy.yaml_reader import read

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hubspot_sla.policy.condition_values import Wanted

OPTION = "--where"


def parsed_where(text: str) -> OutcomeWhen:
    """`tier: gold`, `{tier: gold, priority: [HIGH, URGENT]}`. Raises MappingInvalid."""
    text = text.strip()
    if not text:
        return OutcomeWhen()
    document, problems = read(OPTION, _in_braces(text))
    parsed = None
    if document is not None:
        parsed, problems = validated(document, OutcomeWhen)
    if parsed is None:
        raise MappingInvalid(problems, {OPTION: text})
    return parsed


def all_of(*texts: str) -> str:
    """Conditions as a person writes them, which hold where those of all `texts` do; an empty text asks for nothing."""
    asked = [text.strip() for text in texts if text.strip()]
    return asked[0] if len(asked) == 1 else f"all: [{', '.join(map(_in_braces, asked))}]" if asked else ""


def _in_braces(text: str) -> str:
    return text if text.startswith("{") else f"{{{text}}}"


@dataclass
class Conditions:
    """Turns conditions into SQL on one ledger. `notes` collects words that no outcome has, for people to read.

    `properties` are those that `report.dimensions` names; `pipelines` and `stages` are the names of portal.yaml, by the
    ids that outcomes carry.
    """

    db: sqlite3.Connection
    properties: Sequence[str] = ()
    called: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def selection(self, when: OutcomeWhen) -> Selection:
        """Raises UsageProblem for a property that outcomes do not carry."""
        parts = [self._asked(word, wanted) for word, wanted in when.wishes().items()]
        parts += [self._asked(name, wanted) for name, wanted in (when.property or {}).items()]
        parts += [self.selection(inner) for inner in when.all_]
        if when.any_:
            parts.append(_joined([self.selection(inner) for inner in when.any_], " or "))
        if when.not_ is not None:
            inner = self.selection(when.not_)
            parts.append(Selection(f"not ({inner.sql})", inner.values))
        return _joined(parts, " and ") if parts else Selection()

    def _asked(self, word: str, wanted: Wanted) -> Selection:
        dimension = dimension_of(word, self.properties)
        values = self._values(dimension.column)
        named = self._names(dimension)
        accepted = [value for value in values if any(wanted.accepts(text) for text in named(value))]
        known = {text for value in values for text in named(value) if text}
        for text in wanted.one_of:
            if values and text not in known:
                near = nearest(text, known)
                self.notes.append(f"no outcome has the {word} {text!r}" + (f": {near}" if near else ""))
        return report_rows.is_one_of(dimension.column, accepted)

    def _values(self, column: str) -> list[str | None]:
        return report_rows.distinct(self.db, column)

    def _names(self, dimension: Dimension) -> Callable[[str | None], Sequence[str | None]]:
        """Every text by which a person may mean a value: the id, each name it ever had, and that of portal.yaml."""
        if dimension.named is None:
            return lambda value: (value,)
        ever = names.ever(self.db, dimension.named)
        portal = self.called.get(dimension.word, {})

        @cache
        def texts(value: str | None) -> Sequence[str | None]:
            if value is None:
                return (None,)
            own = portal.get(value)
            short = value.rpartition(":")[2]  # the id of a stage, without its pipeline
            return (value, short, *ever.get(value, ()), *([own] if own else []))

        return texts


def _joined(parts: Sequence[Selection], word: str) -> Selection:
    return Selection(word.join(f"({part.sql})" for part in parts), tuple(_flat(parts)))


def _flat(parts: Sequence[Selection]) -> Iterator[object]:
    for part in parts:
        yield from part.values
