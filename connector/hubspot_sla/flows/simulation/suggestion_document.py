"""Suggested targets as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.time_text import length
from hubspot_sla.flows.simulation.credits_document import WHOSE
from hubspot_sla.flows.simulation.suggestion_yaml import DISPLACED, NONE_BEGUN, NOT_HELD, beside_others, percent, title
from hubspot_sla.language.texts import ENGLISH
from hubspot_sla.plain_text import counted
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.render.report.document import Column, Count, Document, Length, Money, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from fractions import Fraction

    from hubspot_sla.flows.simulation.prices import TargetPrice
    from hubspot_sla.flows.simulation.request import Request
    from hubspot_sla.flows.simulation.suggest import Suggested, Suggestions
    from hubspot_sla.render.report.document import Cell


MOST_NOTES: Final = 5


def document(suggestions: Suggestions) -> Document:
    rows = [_row(one) for one in suggestions.rows]
    words = list(suggestions.rows[0].labels) if suggestions.rows else []
    columns = [
        *(Column(word, word.replace("_", " ").capitalize()) for word in words),
        Column("attain", "To attain"),
        Column("target", "Target"),
        Column("target_s", "As length"),
        Column("attained", "Attained"),
        Column("together_s", "Beside the others"),
        Column("together_attained", "attains"),
        Column("n", "n"),
        Column("low_s", "95% interval from"),
        Column("high_s", "to"),
        Column("why_not", "Why not"),
    ]
    found = sum(one.found is not None for one in suggestions.rows)
    table = Table("suggestions", "Targets", columns, rows, empty=NONE_BEGUN)
    targets = counted(len(rows), "target")
    return Document(
        title="Targets that would have been kept",
        sentence=f"{found} of {targets} can be suggested, from {counted(suggestions.records, 'record')}.",
        facts=_facts(suggestions.request),
        sections=[Section("suggestions", "Targets", [table]), *_prices(suggestions.rows, words)],
        zone=suggestions.zone,
        language=ENGLISH,
        as_of=suggestions.request.now,
        notes=list(_notes(suggestions)),
    )


def _facts(request: Request) -> list[tuple[str, str]]:
    facts = [("As of", wire(request.now))]
    if request.since is not None:
        facts.append(("Created since", wire(request.since)))
    return [*facts, ("Only", request.where)] if request.where.strip() else facts


def _notes(suggestions: Suggestions) -> Iterator[str]:
    if suggestions.unsayable:
        yield NOT_HELD.format(", ".join(suggestions.unsayable))
    yield from _briefly(
        f"{title(one)}: not held against the simulation: {one.unheld}"
        for one in suggestions.rows
        if one.found is not None and one.unheld
    )
    yield from _briefly(
        f"{title(one)}, {percent(one.share)}: {DISPLACED}" for one in suggestions.rows if one.is_displaced
    )
    yield from _briefly(
        f"{title(one)}, {percent(one.share)}: {beside}"
        for one in suggestions.rows
        if one.found is not None and (beside := beside_others(one))
    )
    if suggestions.unjudged:
        examples = "; ".join(f"{one.where}: {one.reason}" for one in suggestions.examples[:5])
        yield f"records that could not be judged: {suggestions.unjudged}: {examples}"


def _briefly(notes: Iterable[str]) -> Iterator[str]:
    every = list(notes)
    yield from every[:MOST_NOTES]
    if len(every) > MOST_NOTES:
        yield f"and {len(every) - MOST_NOTES} more of these, which are comments in the YAML"


def _row(one: Suggested) -> list[Cell]:
    found = one.found
    return [
        *(Text(label or "–") for label in one.labels.values()),
        Share(one.share),
        Text(length(found.target_ms) if found else "–"),
        Length(found.target_ms if found else None),
        Share(found.attained if found else None),
        Length(one.joint.target_ms if one.joint else None),
        Share(_together(one)),
        Count(one.n),
        Length(found.low_ms if found else None),
        Length(found.high_ms if found else None),
        Text(one.why_not),
    ]


def _together(one: Suggested) -> Fraction | None:
    """What it attains where all targets of its share are pasted; None where it is not known."""
    if one.found is None or one.joint is None:
        return None
    return one.found.attained if one.together is None else one.together.attained


def _prices(suggested: Sequence[Suggested], words: Sequence[str]) -> list[Section]:
    """None where no contract counts any of these cycles."""
    rows = [_price(one, priced) for one in suggested for priced in one.prices]
    if not rows:
        return []
    columns = [
        *(Column(word, word.replace("_", " ").capitalize()) for word in words),
        Column("attain", "To attain"),
        Column("target", "Target"),
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("whose", "Whose"),
        Column("currency", "Currency"),
        Column("windows", "Windows"),
        Column("promises", "Promises"),
        Column("mean", "Mean a window"),
        Column("low", "95% interval from"),
        Column("high", "to"),
        Column("why_not", "Why not"),
    ]
    note = "What the target would have cost in credits for these cycles alone, in windows that are over."
    return [Section("prices", "What they would have cost", [Table("prices", "Prices", columns, rows, note=note)])]


def _price(one: Suggested, priced: TargetPrice) -> list[Cell]:
    found, currency = priced.found, priced.currency
    amounts = (None, None, None) if found is None else (found.mean, found.low, found.high)
    return [
        *(Text(label or "–") for label in one.labels.values()),
        Share(one.share),
        Text(length(one.found.target_ms) if one.found else "–"),
        Text(priced.contract),
        Text(priced.party),
        Text(WHOSE[priced.side]),
        Text(currency),
        Count(found.windows if found else 0),
        Count(priced.promises),
        *(Money(None if amount is None else priced.money(amount), currency) for amount in amounts),
        Text(priced.why_not),
    ]
