"""From a settled window to the document that every form shows: what was promised, measured, owed, and what is not
paid."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.chronic import standings
from hubspot_sla.contract.claims import claim_window
from hubspot_sla.contract.measuring import SHARES, Kind
from hubspot_sla.contract.remedies import Bands
from hubspot_sla.contract.statement import State, Why
from hubspot_sla.flows.reporting.compose import period_name
from hubspot_sla.flows.reporting.contracts import figure_words
from hubspot_sla.flows.reporting.contracts.note_texts import told
from hubspot_sla.flows.reporting.contracts.statement_records import MOST_KEPT, behind, key_of
from hubspot_sla.language import forms, numbers
from hubspot_sla.language.texts import marked
from hubspot_sla.ledger.contract_closings import BY_JOB
from hubspot_sla.render.report.cells import DASH
from hubspot_sla.render.report.document import Column, Count, Document, Instant, Money, Section, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.contract.chronic import Standing
    from hubspot_sla.contract.money import Currency
    from hubspot_sla.contract.statement import Credit, Line
    from hubspot_sla.contract.terms import Objective
    from hubspot_sla.flows.reporting.contracts.evidence import Evidence
    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.ledger.contract_closings import ContractClosing
    from hubspot_sla.render.report.document import Cell

STATES: Final = {
    State.KEPT: marked("kept"),
    State.MISSED: marked("missed"),
    State.NOT_MEASURED: marked("not measured"),
    State.TOO_FEW: marked("too few to count"),
}
WHYS: Final = {
    Why.NOT_TAKEN: marked("another credit is owed instead"),
    Why.CAP: marked("beyond the cap"),
    Why.CAP_UNKNOWN: marked("a fee that the cap rests on is missing"),
    Why.SMALLEST: marked("below the smallest amount that is paid"),
    Why.UNPAID: marked("the party is behind with its payments"),
}


@dataclass(frozen=True, slots=True)
class About:
    """What is said beside the figures: who the party is, until when they were observed (epoch ms), what is missing, and
    the seal that they are drawn from; None: they are provisional. `every`: all records behind the figures."""

    party: str
    now: int
    notes: tuple[str, ...] = ()
    closing: ContractClosing | None = None
    every: bool = False


def composed(settled: Settled, evidence: Evidence, about: About, texts: Texts) -> Document:
    """Every part of a statement; what a contract does not have is left out."""
    statement, terms = settled.statement, settled.terms
    sections = [
        _lines(settled, texts),
        _sums(settled, texts),
        _claims(settled, texts),
        _rights(settled, texts),
        behind(settled, evidence, texts, None if about.every else MOST_KEPT),
    ]
    name = terms.name or terms.id
    period = period_name(statement.window, texts)
    version = texts.text("{contract}, version {version}", contract=terms.id, version=str(terms.version))
    facts = [
        (texts.text("Contract"), version),
        (texts.text("Party"), about.party),
        (texts.text("Period"), texts.text("{period}, midnight in {zone}", period=period, zone=str(terms.zone))),
        (texts.text("As of"), forms.instant(about.now, terms.zone, texts)),
        (texts.text("Standing"), _standing(about.closing, texts)),
    ]
    if about.closing is not None and about.closing.reason:
        facts.append((texts.text("Why another edition"), about.closing.reason))
    return Document(
        title=texts.text("Statement of {contract}, {period}", contract=name, period=period),
        sentence=_sentence(settled, period, texts),
        facts=facts,
        sections=[section for section in sections if section.tables],
        zone=terms.zone,
        language=texts.language,
        as_of=about.now,
        notes=tuple(told(note, texts, terms.zone) for note in (*about.notes, *statement.missing)),
    )


def _standing(closing: ContractClosing | None, texts: Texts) -> str:
    if closing is None:
        return texts.text("provisional: nothing of it is sealed")
    if closing.closed_by == BY_JOB:
        return texts.text(
            "final: edition {edition}, closed by itself, sealed as entry {entry} of the audit log",
            edition=str(closing.edition),
            entry=str(closing.entry),
        )
    return texts.text(
        "final: edition {edition}, closed by {by}, sealed as entry {entry} of the audit log",
        edition=str(closing.edition),
        by=closing.closed_by,
        entry=str(closing.entry),
    )


def _sentence(settled: Settled, period: str, texts: Texts) -> str:
    statement, code = settled.statement, settled.terms.currency.code
    if not any(line.state.is_measured for line in statement.lines):
        return texts.text("{period}: nothing was measured.", period=period)
    missed = sum(line.state is State.MISSED for line in statement.lines)
    if not missed and not statement.owed:
        return texts.text("{period}: every objective was kept, and nothing is owed.", period=period)
    counted = texts.plural("{count} objective missed", "{count} objectives missed", missed)
    owed, payable = (numbers.money(money, code, texts) for money in (statement.owed, statement.payable))
    return texts.text(
        "{period}: {missed}; {payable} payable of {owed} owed.",
        period=period,
        missed=counted,
        payable=payable,
        owed=owed,
    )


def _lines(settled: Settled, texts: Texts) -> Section:
    columns = [
        Column("objective", texts.text("Objective")),
        Column("of", texts.text("Of")),
        Column("promised", texts.text("Promised")),
        Column("measured", texts.text("Measured")),
        Column("exact", texts.text("Exactly")),
        Column("unexcluded", texts.text("Without exclusions")),
        Column("observed", texts.text("Observed")),
        Column("excluded", texts.text("Excluded")),
        Column("state", texts.text("Result")),
        Column("reached", texts.text("Reached")),
        Column("rate", texts.text("Rate")),
        Column("base", texts.text("Base")),
        Column("credit", texts.text("Credit")),
    ]
    rows = [_line(settled, line, texts) for line in settled.statement.lines]
    title = texts.text("Objectives")
    table = Table("objectives", title, columns, rows, empty=texts.text("None."), heading=False)
    return Section("objectives", title, [table])


def _line(settled: Settled, line: Line, texts: Texts) -> list[Cell]:
    terms = settled.terms
    objective = terms.objective(line.objective)
    credit = max(line.credits, key=lambda each: each.money, default=None)
    return [
        Text(objective.name or objective.id),
        Text(line.key or ""),
        Text(figure_words.ends(objective.promised, objective, texts)),
        Text(DASH if line.compared is None else figure_words.figure(line.compared, objective, texts)),
        Text(_exact(line.measured, objective)),
        Text(DASH if line.unexcluded is None else figure_words.figure(line.unexcluded, objective, texts)),
        Count(line.sample.number or len(line.sample.down), f"#{key_of(objective)}"),
        Text(", ".join(_left_out(reason, number, objective, texts) for reason, number in line.sample.excluded)),
        Text(texts.text(STATES[line.state])),
        Text(_reached(credit, objective, texts)),
        Text(_rate(credit, line, terms.currency, texts)),
        _base(credit, terms.currency),
        Money(None if line.missing else line.money, terms.currency.code),
    ]


def _exact(measured: Fraction | None, objective: Objective) -> str:
    """A share as a fraction, anything else in the unit it is shown in."""
    if measured is None:
        return DASH
    exact = measured if objective.measure.kind in SHARES else measured / objective.measure.unit
    return f"{exact.numerator}/{exact.denominator}"


def _left_out(reason: str, number: int, objective: Objective, texts: Texts) -> str:
    by_time = objective.measure.kind in (Kind.UPTIME, Kind.DOWNTIME, Kind.OUTAGES)
    if not by_time:
        return f"{reason} {numbers.whole(number, texts)}"
    return f"{reason} {figure_words.number(Fraction(number, 60_000), texts)} min"


def _base(credit: Credit | None, currency: Currency) -> Cell:
    """To the smallest coin; nothing where none was needed."""
    if credit is None or credit.base is None:
        return Text("")
    return Money(currency.rounded(credit.base), currency.code)


def _reached(credit: Credit | None, objective: Objective, texts: Texts) -> str:
    if credit is None or credit.due.band is None:
        return ""
    for remedy in objective.remedies:
        if isinstance(remedy, Bands):
            band = remedy.bands[credit.due.band]
            return band.name or figure_words.ends(band.span, objective, texts)
    return ""


def _rate(credit: Credit | None, line: Line, currency: Currency, texts: Texts) -> str:
    if credit is None:
        return ""
    if credit.rate is None:
        return texts.text("not stated")
    text = figure_words.pay(credit.rate, credit.due.pay.unit, currency, texts)
    repeated = texts.text("a repeat: times {times}", times=figure_words.number(line.times, texts))
    return f"{text} ({repeated})" if line.times != 1 else text


def _sums(settled: Settled, texts: Texts) -> Section:
    statement, code = settled.statement, settled.terms.currency.code
    rows: list[list[Cell]] = [[Text(texts.text("Owed")), Text(""), Money(statement.owed, code)]]
    if statement.points:
        rows.append([Text(texts.text("Points")), Text(figure_words.number(statement.points, texts)), _money(settled)])
    if statement.days:
        days = figure_words.number(statement.days, texts)
        rows.append([Text(texts.text("Days of extension")), Text(days), Money(None, code)])
    for part in statement.withheld:
        why = texts.text(WHYS[part.why])
        if part.cap is not None:
            why = figure_words.beyond(part.limit, numbers.money(part.cap, code, texts), texts)
        whose = f": {_name(settled.terms.objective(part.objective), part.key)}" if part.objective else ""
        rows.append([Text(texts.text("Not payable") + whose), Text(why), Money(part.money, code)])
    rows.append([Text(texts.text("Payable")), Text(""), Money(statement.payable, code)])
    columns = [
        Column("what", texts.text("What")),
        Column("why", texts.text("Why")),
        Column("amount", texts.text("Amount")),
    ]
    title = texts.text("What is owed")
    return Section("owed", title, [Table("owed", title, columns, rows, heading=False)])


def _name(objective: Objective, key: str | None) -> str:
    name = objective.name or objective.id
    return f"{name} ({key})" if key else name


def _money(settled: Settled) -> Money:
    worth = settled.terms.points is not None
    return Money(settled.statement.points_money if worth else None, settled.terms.currency.code)


def _claims(settled: Settled, texts: Texts) -> Section:
    terms, window = settled.terms, settled.statement.window
    rows: list[list[Cell]] = []
    for line in settled.statement.lines:
        objective = terms.objective(line.objective)
        claim = terms.claim_of(objective)
        own = None if claim is None or line.state is not State.MISSED else claim_window(claim, window)
        if claim is None or own is None:
            continue
        last = texts.text("counts from the review") if own.waits_for_review else DASH
        rows.append(
            [
                Text(objective.name or objective.id),
                Instant(own.opens_at, dated=True),
                Text(last if own.last_day is None else numbers.whole_day(own.last_day, texts)),
                Text(claim.evidence),
            ]
        )
    columns = [
        Column("objective", texts.text("Objective")),
        Column("opens", texts.text("Opens")),
        Column("last_day", texts.text("Last day")),
        Column("evidence", texts.text("Evidence")),
    ]
    title = texts.text("To be claimed")
    return Section("claims", title, _unless_empty(Table("claims", title, columns, rows, heading=False)))


def _rights(settled: Settled, texts: Texts) -> Section:
    rows: list[list[Cell]] = []
    for standing in standings(settled.terms, [*settled.past, settled.statement]):
        right = standing.right
        action = texts.text(figure_words.ACTIONS[right.action])
        reached, needed = _how_far(standing, settled.terms.currency, texts)
        rows.append(
            [
                Text(right.name or action),
                Text(action),
                Text(reached),
                Text(needed),
                Text(figure_words.deadline(right.notice, texts)),
                Text(figure_words.deadline(right.cure, texts)),
                Text(texts.text("yes") if standing.holds else texts.text("no")),
            ]
        )
    columns = [
        Column("right", texts.text("Right")),
        Column("action", texts.text("Action")),
        Column("reached", texts.text("Reached")),
        Column("needed", texts.text("Needed")),
        Column("notice", texts.text("Notice")),
        Column("cure", texts.text("Time to mend it")),
        Column("holds", texts.text("Holds")),
    ]
    title = texts.text("Rights after chronic failure")
    return Section("rights", title, _unless_empty(Table("rights", title, columns, rows, heading=False)))


def _how_far(standing: Standing, currency: Currency, texts: Texts) -> tuple[str, str]:
    """What is reached and what is needed: money, points, or windows."""
    right = standing.right
    if right.credits_over is not None:
        money = (
            DASH if each is None else numbers.money(currency.rounded(each), currency.code, texts)
            for each in (standing.reached, standing.needed)
        )
        reached, needed = money
        return reached, f"> {needed}"
    plain = figure_words.number(standing.needed or standing.reached, texts)
    if right.points is None:
        plain = texts.text("{needed} of {of}", needed=plain, of=str(right.of))
    return figure_words.number(standing.reached, texts), plain


def _unless_empty(table: Table) -> Sequence[Table]:
    return [table] if table.rows else []
