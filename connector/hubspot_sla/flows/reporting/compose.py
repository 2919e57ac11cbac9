"""From figures to the document that every form of a report shows, in the order in which it is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting import lists
from hubspot_sla.flows.reporting.parts import (
    breach_map,
    coverage,
    holders,
    hours,
    kept,
    objectives,
    outside,
    pauses,
    people,
    trend,
)
from hubspot_sla.language import forms, numbers
from hubspot_sla.render.report.cells import percent
from hubspot_sla.render.report.document import Document, Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.flows.reporting.figures import Figures
    from hubspot_sla.flows.reporting.query import ReportQuery
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.periods import Period


@dataclass(frozen=True, slots=True)
class Terms:
    """What is said beside the figures. `links` are addresses of records up to their ids, by object type."""

    texts: Texts
    links: Mapping[str, str]


def composed(figures: Figures, terms: Terms) -> Document:
    texts, query = terms.texts, figures.query
    zone = query.period.zone
    sections = [
        kept.section(figures, texts),
        trend.section(figures, texts),
        breach_map.section(figures, texts),
        holders.section(figures, texts),
        people.section(figures, texts),
        objectives.section(figures, texts),
        outside.section(figures, texts),
        coverage.section(figures, texts, terms.links),
        pauses.section(figures, texts),
        hours.section(figures, texts),
        lists.late(figures, terms.texts, terms.links),
        lists.behind(figures, terms.texts, terms.links),
    ]
    return Document(
        title=texts.text("Service levels, {period}", period=period_name(query.period, texts)),
        sentence=sentence(figures, texts),
        facts=[*facts_of(query, texts), *trend.facts(figures, texts), *outside.facts(figures, texts)],
        sections=[section for section in sections if isinstance(section, Section)],
        zone=zone,
        language=texts.language,
        as_of=query.as_of,
        notes=figures.notes,
    )


def statement_of(figures: Figures, terms: Terms, customer: str) -> Document:
    """What a customer is sent: the promises to them, kept and broken; nobody of ours by name, and nothing that counts
    customers."""
    whole = composed(figures, terms)
    texts, wanted = terms.texts, ("attainment", "trend", "objectives", "outside", "late")
    title = texts.text(
        "Statement for {customer}, {period}",
        customer=customer,
        period=period_name(figures.query.period, texts),
    )
    sections = [_without_owners(section) for section in whole.sections if section.key in wanted]
    said = sentence(replace(figures, objectives=()), texts)
    facts = [*whole.facts[:2], *trend.facts(figures, texts), *outside.facts(figures, texts)]
    return replace(whole, title=title, sentence=said, facts=facts, sections=sections)


def _without_owners(section: Section) -> Section:
    inner = ("waivers", "below")
    return replace(
        section, tables=[lists.without(table, "owner") for table in section.tables if table.key not in inner]
    )


def facts_of(query: ReportQuery, texts: Texts) -> list[tuple[str, str]]:
    """What a report is about."""
    zone = query.period.zone
    as_of = texts.text("no sync yet") if query.as_of is None else forms.instant(query.as_of, zone, texts)
    about = [
        (texts.text("As of"), as_of),
        (
            texts.text("Period"),
            texts.text("{period}, midnight in {zone}", period=period_name(query.period, texts), zone=str(zone)),
        ),
    ]
    return [*about, (texts.text("Only"), query.where_text)] if query.where_text else about


def sentence(figures: Figures, texts: Texts) -> str:
    """What matters first: `October 2026: 94.1% of 1,204 promises kept; 3 customers below their objective.`"""
    period = period_name(figures.query.period, texts)
    total = figures.total
    if not total.judged:
        return texts.text("{period}: no promise came due.", period=period)
    kept = percent(total.attainment, texts)
    number = numbers.whole(total.judged, texts)
    if total.judged == 1:
        word = texts.text("kept") if total.met else texts.text("broken")
        return texts.text("{period}: one promise came due, and was {kept}.", period=period, kept=word)
    below = len({reached.customer_id for reached in figures.below})
    if not figures.objectives:
        return texts.text("{period}: {share} of {number} promises kept.", period=period, share=kept, number=number)
    customers = texts.plural(
        "{count} customer below an objective",
        "{count} customers below an objective",
        below,
        count=numbers.whole(below, texts),
    )
    return texts.text(
        "{period}: {share} of {number} promises kept; {customers}.",
        period=period,
        share=kept,
        number=number,
        customers=customers,
    )


def period_name(period: Period, texts: Texts) -> str:
    """`October 2026`, `2026-Q4`, `Oct 5, 2026 – Oct 11, 2026`."""
    last = period.end - timedelta(days=1)
    if len(period.name) == len("2026-10"):
        return period.name if "Q" in period.name else numbers.month(period.start, texts)
    if ".." not in period.name:
        return period.name
    if period.start == last:
        return numbers.whole_day(last, texts)
    return f"{numbers.whole_day(period.start, texts)} – {numbers.whole_day(last, texts)}"
