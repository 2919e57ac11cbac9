"""What tasks and messages say of a contract: what matters first, names instead of ids."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.states import ContractState
from hubspot_sla.contract.terms import Side
from hubspot_sla.flows.reporting.compose import period_name
from hubspot_sla.flows.reporting.contracts import figure_words
from hubspot_sla.language import numbers
from hubspot_sla.language.texts import marked
from hubspot_sla.plan.contract_rungs import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.contract.chronic import Standing
    from hubspot_sla.contract.rights import Right
    from hubspot_sla.contract.statement import Line, Statement
    from hubspot_sla.contract.states import HeldRight, ObjectiveState
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.flows.reporting.contracts.claims import Claim
    from hubspot_sla.language.texts import Texts

_RIGHTS: Final = {
    "terminate": marked("The contract may be ended"),
    "renegotiate": marked("Chronic failure: the contract may be renegotiated"),
    "damages": marked("Chronic failure: damages may be claimed"),
    "step_in": marked("Chronic failure: the other party may step in"),
}
REMARKS: Final = (
    marked("The contract has no owner."),
    marked("The contract has no owner, so this is for the lead."),
)
"""What `plan.contract_rung_actions` says where a task is for somebody else than was asked for."""
Said = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A headline, what follows it, and how to look it up."""


def of_state(each: ObjectiveState, line: Line, terms: Contract, texts: Texts) -> Said:
    """An objective that is missed, or one broken promise away from it."""
    objective = terms.objective(each.objective)
    name = (objective.name or objective.id) if each.key is None else f"{objective.name or objective.id}, {each.key}"
    if each.state is ContractState.AT_RISK:
        headline = texts.text("One broken promise from missing its objective: {objective}", objective=name)
    else:
        headline = texts.text("Objective missed so far: {objective}", objective=name)
    measured = "" if line.compared is None else figure_words.figure(line.compared, objective, texts)
    period = period_name(line.window, texts)
    first = texts.text("{period}: {measured} measured", period=period, measured=measured)
    if objective.promised is not None:
        promised = figure_words.ends(objective.promised, objective, texts)
        first = texts.text(
            "{period}: {measured} measured, {promised} promised", period=period, measured=measured, promised=promised
        )
    return headline, (f"{first}.", *_credit(line, terms, texts)), _statement(terms, line.window.name)


def _credit(line: Line, terms: Contract, texts: Texts) -> Iterator[str]:
    if line.missing:
        yield texts.text("The credit is not known: {reason}.", reason=line.missing)
    elif line.money:
        money = numbers.money(line.money, terms.currency.code, texts)
        yield texts.text("Credit so far: {amount}.", amount=money)


def _statement(terms: Contract, window: str) -> tuple[str, ...]:
    return (f"sla contract statement {terms.id} --period {window}",)


def of_right(held: HeldRight, newest: Statement, terms: Contract, texts: Texts) -> Said:
    """A right after chronic failure."""
    right = held.standing.right
    headline = texts.text(_RIGHTS[right.action])
    if right.name:
        headline = f"{headline} ({right.name})"
    since = texts.text("So it is since the end of {period}.", period=period_name(held.since.window, texts))
    lines = (_reason(held.standing, terms, texts), since, *_first(right, texts))
    return headline, lines, _statement(terms, newest.window.name)


def _first(right: Right, texts: Texts) -> Iterator[str]:
    """What must be given before the right is used."""
    if right.notice is not None:
        yield texts.text("Notice: {length}.", length=figure_words.deadline(right.notice, texts))
    if right.cure is not None:
        yield texts.text("Time to mend it: {length}.", length=figure_words.deadline(right.cure, texts))


def _reason(standing: Standing, terms: Contract, texts: Texts) -> str:
    right = standing.right
    if right.credits_over is not None:
        reached, needed = (
            numbers.money(terms.currency.rounded(value), terms.currency.code, texts)
            for value in (standing.reached, standing.needed or standing.reached)
        )
        return texts.text(
            "Credits within {months} months: {reached}. The right begins above {needed}.",
            months=str(right.months),
            reached=reached,
            needed=needed,
        )
    if right.points is not None:
        return texts.text(
            "Points within {months} months: {reached}. The right begins with {needed}.",
            months=str(right.months),
            reached=figure_words.number(standing.reached, texts),
            needed=figure_words.number(right.points, texts),
        )
    counted = {"missed": str(standing.reached), "of": str(right.of), "needed": str(right.misses)}
    if not right.objective:
        return texts.text(
            "Of the last {of} periods {missed} missed an objective; the right begins with {needed}.", **counted
        )
    objective = terms.objective(right.objective)
    return texts.text(
        "Of the last {of} periods {missed} missed {objective}; the right begins with {needed}.",
        objective=objective.name or objective.id,
        **counted,
    )


def of_claim(place: Place, claim: Claim, day: date, terms: Contract, texts: Texts) -> Said:
    """A claim that lapses, or an answer or a payment that is due."""
    names = {each.id: each.name or each.id for each in terms.objectives}
    named = {"objective": names.get(claim.objective, claim.objective), "period": _named(claim.period, texts)}
    on = numbers.whole_day(day, texts)
    money = numbers.money(Decimal(claim.amount), claim.currency, texts)
    show = (f"sla contract statement {claim.contract} --period {claim.period}",)
    if place is Place.ANSWER_DUE:
        headline = texts.text("Answer to the claim due by {day}: {objective}, {period}", day=on, **named)
        return headline, (texts.text("Claimed: {amount}.", amount=money),), show
    if place is Place.PAYMENT_DUE:
        headline = texts.text("Payment of the claim due by {day}: {objective}, {period}", day=on, **named)
        return headline, (texts.text("To be paid: {amount}.", amount=money),), show
    headline = texts.text("Claim closes on {day}: {objective}, {period}", day=on, **named)
    record = f"sla contract claim {claim.contract} --period {claim.period} --objective {claim.objective} --state filed"
    return headline, tuple(_claim_lines(claim, money, texts)), (*show, record)


def _named(period: str, texts: Texts) -> str:
    """`November 2026` for `2026-11`; any other name of a period as it is."""
    is_month = len(period) == len("2026-11") and "Q" not in period
    return numbers.month(date.fromisoformat(f"{period}-01"), texts) if is_month else period


def _claim_lines(claim: Claim, money: str, texts: Texts) -> Iterator[str]:
    yield texts.text("To be claimed: {amount}.", amount=money)
    if claim.payable is not None:
        payable = numbers.money(Decimal(claim.payable), claim.currency, texts)
        yield texts.text("Of all credits of the period {amount} is payable.", amount=payable)
    if claim.days_left is not None and claim.in_business_days:
        yield texts.plural(
            "{count} business day is left, today included.",
            "{count} business days are left, today included.",
            claim.days_left,
        )
    elif claim.days_left is not None:
        yield texts.plural("{count} day is left.", "{count} days are left.", claim.days_left)
    if claim.evidence:
        yield texts.text("Evidence that is asked for: {evidence}.", evidence=claim.evidence)
    if claim.entry is None:
        yield texts.text("The figures are provisional: close the period before you claim.")


def of_date(place: Place, what: str, day: date, on: date, why: str, texts: Texts) -> Said:
    """A date of a contract `on`, or the last `day` of notice before it; `why` is what sets it off."""
    shown, last = numbers.whole_day(on, texts), numbers.whole_day(day, texts)
    reason = (texts.text("Reason: {reason}.", reason=why),) if why else ()
    if place is Place.NOTICE_ENDS:
        headline = texts.text("Last day of notice is {day}: {what}", day=last, what=what)
        return headline, (texts.text("{what} is on {day}.", what=what, day=shown), *reason), ()
    return texts.text("{what} on {day}", what=what, day=shown), reason, ()


def of_end(version: int, day: date, texts: Texts) -> Said:
    last = numbers.whole_day(day, texts)
    headline = texts.text("The contract ends on {day}", day=last)
    return headline, (texts.text("Last day of version {version}.", version=str(version)),), ()


def about(terms: Contract, party: str, texts: Texts) -> list[str]:
    """Whose contract it is."""
    if terms.party.side is Side.CUSTOMER:
        return [texts.text("Customer: {company}", company=party)]
    return [texts.text("Vendor: {vendor}", vendor=party)]
