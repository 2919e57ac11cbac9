"""Suggested targets as a document, and as YAML to be pasted into policies.yaml."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.promise import STAGE_TOTAL
from hubspot_sla.clock.time_text import length
from hubspot_sla.flows.simulation.credits_document import WHOSE
from hubspot_sla.flows.simulation.suggest import ALWAYS_BY
from hubspot_sla.language.texts import ENGLISH
from hubspot_sla.plain_text import counted
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.render.report.document import Column, Count, Document, Length, Money, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from hubspot_sla.flows.simulation.prices import TargetPrice
    from hubspot_sla.flows.simulation.suggest import Suggested, Suggestions
    from hubspot_sla.measure.suggestion import Suggestion
    from hubspot_sla.render.report.document import Cell

ASKED_BY_POLICIES: Final = ("tier", "priority", "pipeline", "stage")
"""The words that `when` in policies.yaml has too."""
NOT_HELD: Final = (
    "only targets by policy are held against the simulation; these count the cycles as they fall today: paste and "
    "simulate before you promise"
)


def document(suggestions: Suggestions) -> Document:
    rows = [_row(one) for one in suggestions.rows]
    words = list(suggestions.rows[0].labels) if suggestions.rows else []
    columns = [
        *(Column(word, word.replace("_", " ").capitalize()) for word in words),
        Column("attain", "To attain"),
        Column("target", "Target"),
        Column("target_s", "As length"),
        Column("attained", "Attained"),
        Column("n", "n"),
        Column("low_s", "95% interval from"),
        Column("high_s", "to"),
        Column("why_not", "Why not"),
    ]
    found = sum(one.found is not None for one in suggestions.rows)
    table = Table("suggestions", "Targets", columns, rows, empty="No promise has begun, so nothing can be suggested.")
    targets = counted(len(rows), "target")
    return Document(
        title="Targets that would have been kept",
        sentence=f"{found} of {targets} can be suggested, from {counted(suggestions.records, 'record')}.",
        facts=[("As of", wire(suggestions.request.now))],
        sections=[Section("suggestions", "Targets", [table]), *_prices(suggestions.rows, words)],
        zone=suggestions.zone,
        language=ENGLISH,
        as_of=suggestions.request.now,
        notes=list(_notes(suggestions)),
    )


def _notes(suggestions: Suggestions) -> Iterator[str]:
    if not suggestions.held:
        yield NOT_HELD
    if suggestions.unjudged:
        examples = "; ".join(f"{one.where}: {one.reason}" for one in suggestions.examples[:5])
        yield f"records that could not be judged: {suggestions.unjudged}: {examples}"


def _row(one: Suggested) -> list[Cell]:
    found = one.found
    return [
        *(Text(label or "–") for label in one.labels.values()),
        Share(one.share),
        Text(length(found.target_ms) if found else "–"),
        Length(found.target_ms if found else None),
        Share(found.attained if found else None),
        Count(one.n),
        Length(found.low_ms if found else None),
        Length(found.high_ms if found else None),
        Text(one.why_not),
    ]


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


def as_yaml(suggestions: Suggestions) -> str:
    """Policies for each share, one for each group, with its metrics as targets. What cannot be suggested, and what no
    `when` of policies.yaml can say, is a comment."""
    by_share: dict[Fraction, list[Suggested]] = {}
    for one in suggestions.rows:
        by_share.setdefault(one.share, []).append(one)
    lines: list[str] = []
    for share, rows in by_share.items():
        lines += [f"# To attain {float(100 * share):g} %, from the records as of {wire(suggestions.request.now)}:"]
        lines += [] if suggestions.held else [f"# {NOT_HELD}"]
        lines += _policies(rows) or ["# nothing can be suggested"]
    return "\n".join(lines) + "\n"


def _policies(rows: Sequence[Suggested]) -> list[str]:
    lines: list[str] = []
    for group, of_group in groupby(sorted(rows, key=_group), key=_group):
        several = list(of_group)
        conditions, policy, calendar, others = _terms(several[0])
        targets = [*_targets([one for one in several if not one.labels["place"]]), *_stages(several)]
        if not any(one.found for one in several):
            lines += [f"  # {_title(group)}: nothing: {several[0].why_not}"]
            continue
        if others:
            lines += [f"  # {', '.join(others)}: `when` of policies.yaml cannot say it by these words"]
        name = policy or "-".join(("suggested", *filter(None, conditions.values())))
        when = ", ".join(f"{word}: {json.dumps(value)}" for word, value in conditions.items())
        lines += [
            f"  - id: {json.dumps(name)}",
            *([f"    when: {{{when}}}"] if when else []),
            f"    calendar: {json.dumps(calendar)}",
            "    targets:",
            *targets,
        ]
    return lines


def _group(one: Suggested) -> tuple[str, ...]:
    return tuple(label for word, label in one.labels.items() if word not in ("metric", "place"))


def _title(group: Sequence[str]) -> str:
    return ", ".join(filter(None, group)) or "all"


def _terms(one: Suggested) -> tuple[dict[str, str], str, str, list[str]]:
    """The conditions, the policy that has the targets already, the calendar, and what no condition can say."""
    asked = {word: label for word, label in one.labels.items() if word not in ALWAYS_BY and word != "policy"}
    conditions = {word: label for word, label in asked.items() if word in ASKED_BY_POLICIES and label}
    others = [f"{word} {label or 'none'}" for word, label in asked.items() if word not in conditions]
    return conditions, one.labels.get("policy", ""), one.labels["calendar"], others


def _targets(rows: Sequence[Suggested]) -> Iterator[str]:
    for one in rows:
        metric, found = one.labels["metric"], one.found
        if found is None:
            yield f"      # {metric}: {one.why_not}"
        else:
            yield f"      {metric}: {length(found.target_ms)}  # {_sure(found)}"


def _stages(rows: Sequence[Suggested]) -> Iterator[str]:
    """Each stage once: what is for each visit and what for all of them together stand under its name."""
    by_place: dict[str, dict[str, Suggestion]] = {}
    for one in rows:
        metric, place, found = one.labels["metric"], one.labels["place"], one.found
        if found is not None and place:
            by_place.setdefault(place, {})["total" if metric == STAGE_TOTAL else "each"] = found
        elif place:
            yield f"      # {metric} of {place}: {one.why_not}"
    if by_place:
        yield "      stage:"
    for place, founds in by_place.items():
        terms = ", ".join(f"{word}: {length(found.target_ms)}" for word, found in founds.items())
        yield f"        {json.dumps(place)}: {{{terms}}}  # {'; '.join(map(_sure, founds.values()))}"


def _sure(found: Suggestion) -> str:
    return f"n = {found.n}, {length(found.low_ms)} to {length(found.high_ms)}"
