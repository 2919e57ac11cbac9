"""The contracts in force, as people read them: parties, windows, objectives, remedies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from hubspot_sla.contract.measuring import VALUES, Kind, Measure
from hubspot_sla.contract.remedies import (
    Bands,
    EachLate,
    EachMiss,
    EachNth,
    EachOutage,
    Linear,
    SlicesDown,
    Steps,
    TimeDown,
)
from hubspot_sla.flows.reporting.contracts.statement import party_name, versions_of
from hubspot_sla.flows.reporting.report import mappings_of
from hubspot_sla.ledger import contract_closings
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.contract_review import decimal_text, figure_text, pay_text, span_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.contract.fees import Base
    from hubspot_sla.contract.remedies import Pay, Remedy
    from hubspot_sla.contract.terms import Contract, Objective
    from hubspot_sla.contract.windows import WindowRule
    from hubspot_sla.ledger.contract_closings import ContractClosing
    from hubspot_sla.policy.written_contracts import Source, WrittenContract

_LENGTHS = {1: "month", 3: "quarter", 6: "half_year", 12: "year"}
_STEPS = {Steps.EXACT: "", Steps.FULL: "full ", Steps.STARTED: "begun "}
_NOW_MS = 2**53
"""Names of companies as they are now."""


@dataclass(frozen=True, slots=True)
class ShownContract:
    """One version, with the name of its party, and the closed windows that it settled, the oldest first."""

    written: WrittenContract
    party: str
    closings: Sequence[ContractClosing] = ()

    @property
    def terms(self) -> Contract:
        return self.written.terms

    @property
    def title(self) -> str:
        terms = self.terms
        called = f" ({terms.name})" if terms.name else ""
        return f"{terms.id}{called}, version {terms.version}: {terms.party.side} {self.party}"

    @property
    def valid(self) -> str:
        """`2026-01-01..` or `2026-01-01..2026-12-31`: the last day counts too."""
        end = self.terms.valid_to
        return f"{self.terms.valid_from}..{'' if end is None else end - timedelta(days=1)}"

    def row(self) -> list[object]:
        terms = self.terms
        window = window_text(terms.window)
        plain: list[object] = [terms.id, terms.version, self.party, window, terms.currency.code, self.valid]
        return [*plain, len(terms.objectives), self.closed]

    @property
    def closed(self) -> str:
        """`2026-08..2026-10`, with the number of the edition where it is a later one; "" for none."""
        newest = {each.period: each for each in self.closings}
        later = "".join(f", {each.period} edition {each.edition}" for each in newest.values() if each.edition > 1)
        names = list(newest)
        return f"{'..'.join(dict.fromkeys([names[0], names[-1]]))}{later}" if names else ""

    def facts(self) -> list[tuple[str, str]]:
        terms = self.terms
        fees = ", ".join(terms.fees) or "none"
        facts = [
            ("valid", self.valid),
            ("settled by the", f"{window_text(terms.window)}, midnight in {terms.zone}"),
            ("fees", f"{fees} ({terms.currency.code})"),
            ("credits", f"the {terms.take} of them" if terms.take != "either" else "either, not both"),
        ]
        return facts + ([("owner", terms.owner)] if terms.owner else [])

    def objectives(self) -> list[list[object]]:
        return [
            [
                objective.id,
                measure_text(objective, self.written.sources[objective.id]),
                span_text(objective.promised, objective),
                owes_text(objective),
                base_text(objective.base) if objective.remedies else "",
            ]
            for objective in self.terms.objectives
        ]

    def as_json(self) -> dict[str, object]:
        terms = self.terms
        return {
            "id": terms.id,
            "version": terms.version,
            "name": terms.name or None,
            "party": {"side": str(terms.party.side), "key": terms.party.key, "name": self.party},
            "window": window_text(terms.window),
            "timezone": str(terms.zone),
            "currency": terms.currency.code,
            "valid_from": terms.valid_from.isoformat(),
            "valid_to": None if terms.valid_to is None else terms.valid_to.isoformat(),
            "owner": terms.owner or None,
            "objectives": [
                dict(zip(("id", "measures", "promised", "owes", "base"), row, strict=True)) for row in self.objectives()
            ],
            "closed": [closing_as_json(closing) for closing in self.closings],
        }


def every(db: sqlite3.Connection) -> list[ShownContract]:
    """In the order of the file. Raises UsageProblem before `sla setup`."""
    return [_shown(db, each) for each in mappings_of(db).contracts.written]


def one(db: sqlite3.Connection, word: str) -> list[ShownContract]:
    """Every version of one. Raises UsageProblem."""
    contracts = mappings_of(db).contracts
    versions = versions_of(db, contracts, word, _NOW_MS)
    return [_shown(db, each) for each in versions]


def _shown(db: sqlite3.Connection, written: WrittenContract) -> ShownContract:
    closings = contract_closings.editions(db, written.terms.id)
    own = [closing for closing in closings if closing.version == written.terms.version]
    return ShownContract(written, party_name(db, written, _NOW_MS), own)


def closing_as_json(closing: ContractClosing) -> dict[str, object]:
    """`from` and `to` are days, the second exclusive."""
    return {
        "contract": closing.contract,
        "version": closing.version,
        "period": closing.period,
        "edition": closing.edition,
        "from": closing.start.isoformat(),
        "to": closing.end.isoformat(),
        "timezone": closing.zone,
        "owed": closing.owed,
        "payable": closing.payable,
        "closed_at": wire(closing.closed_at),
        "closed_by": closing.closed_by,
        "reason": closing.reason or None,
        "unknown": [record.key for record in closing.unknown],
        "notes": list(closing.notes),
        "entry": closing.entry,
    }


def window_text(rule: WindowRule) -> str:
    last = "last month" if rule.months == 1 else f"last {rule.months} months"
    return last if rule.rolling else _LENGTHS.get(rule.months, f"{rule.months} months")


def base_text(base: Base) -> str:
    """`support for the window`, `all fees for the year`."""
    which = ", ".join(base.fees) or "all fees"
    return f"{'the greatest of ' if base.greatest else ''}{which} for the {base.span.value.replace('_', ' ')}"


def measure_text(objective: Objective, source: Source) -> str:
    """`uptime in the hours of office, outages in whole 1 min`; the rest is in contracts.yaml."""
    hours = source.hours
    within = "" if hours is None else f" {'outside' if source.outside else 'in'} the hours of {hours.name}"
    whole = (
        "" if objective.whole is None else f", each outage in whole {decimal_text(_minutes(objective.whole[0]))} min"
    )
    of = _of_values(objective)
    return f"{objective.measure.kind}{of}{within}{whole}{', by the calendar' if source.on_the_wall else ''}"


def _of_values(objective: Objective) -> str:
    """Which percentile of them, which way they get better, within what; "" for what is not of values."""
    measure = objective.measure
    if measure.limit is not None:
        return f" {span_text(measure.limit, replace(objective, measure=measure.of_one_value))}"
    if measure.kind not in VALUES:
        return ""
    rank = f", percentile {measure.rank}" if measure.rank else ""
    return f"{rank}, {'higher' if measure.larger_is_better else 'lower'} is better"


def _minutes(ms: int) -> Fraction:
    return Fraction(ms, 60_000)


def owes_text(objective: Objective) -> str:
    """All its remedies, and how they go together: `the worst of: 10% at < 99%; 50 for each broken promise`."""
    each = [remedy_text(remedy, objective) for remedy in objective.remedies]
    together = "" if len(each) < 2 else f"the {objective.take} of: "
    repeat = ", ".join(decimal_text(times) for times in objective.repeat)
    repeated = f"; a repeat counts {repeat} times" if repeat not in ("", "1") else ""
    missed = "; only where the promise is missed" if objective.only_missed else ""
    if objective.from_misses:
        missed += f"; from the {objective.from_misses}. miss in {objective.of_windows} windows on"
    return f"{together}{'; '.join(each)}{repeated}{missed}" if each else "nothing"


def remedy_text(remedy: Remedy, objective: Objective) -> str:
    """`10% at ≥ 99%, < 99.9%`, `1% for each 1% below 98%`."""
    match remedy:
        case Bands():
            return ", ".join(f"{_pay(band.pay)} at {span_text(band.span, objective)}" for band in remedy.bands)
        case Linear():
            start, step = figure_text(remedy.start, objective), figure_text(remedy.step, objective)
            return f"{_pay(remedy.pay)} for each {_STEPS[remedy.steps]}{step} worse than {start}"
        case EachMiss():
            return f"{_pay(remedy.pay)} for each broken promise" + (f" after {remedy.free}" if remedy.free else "")
        case EachLate():
            return _by_length(remedy, objective)
        case EachNth():
            return f"{_pay(remedy.pay)} for every {remedy.n} broken promises"
        case TimeDown():
            return f"{decimal_text(remedy.factor)} times the fee of the time down beyond {_percent(remedy.allowed)}"
        case SlicesDown():
            slice_min, over_min = (decimal_text(Fraction(ms, 60_000)) for ms in (remedy.slice_ms, remedy.over_ms))
            times = "" if remedy.factor == 1 else f"{decimal_text(remedy.factor)} times "
            return f"{times}the fee of every {slice_min} min with more than {over_min} min down"
    return ""


def _by_length(remedy: EachLate, objective: Objective) -> str:
    what = "an outage lasted" if isinstance(remedy, EachOutage) else "a promise was late"
    free = remedy.free if isinstance(remedy, EachOutage) else 0
    most = "" if remedy.most is None else f", {pay_text(remedy.most, remedy.unit)} at most"
    most += f", after the first {free}" if free else ""
    if remedy.bands is not None:
        of_times = replace(objective, measure=Measure(Kind.DOWNTIME))
        each = (f"{_pay(band.pay)} at {span_text(band.span, of_times)}" for band in remedy.bands.bands)
        return f"by how long {what}: {', '.join(each)}{most}"
    step, after = (decimal_text(Fraction(ms, 60_000)) for ms in (remedy.step_ms, remedy.after_ms))
    beyond = f" beyond {after} min" if remedy.after_ms else ""
    return f"{_pay(remedy.pay)} for each {_STEPS[remedy.steps]}{step} min that {what}{beyond}{most}"


def _pay(pay: Pay) -> str:
    return "not stated" if pay.value is None else pay_text(pay.value, pay.unit)


def _percent(share: Fraction) -> str:
    return f"{decimal_text(share * 100)}%"
