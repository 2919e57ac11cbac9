"""What the window of a contract that runs is likely to come to, by the chances of the promises that are still open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.contract.chances import in_parts, shares_in_parts
from hubspot_sla.contract.expectation import OpenPromise, can_be_expected, expected
from hubspot_sla.contract.length_expectation import OpenLength, lengths_can_be_expected
from hubspot_sla.contract.measuring import Kind
from hubspot_sla.flows.inspection.chances_of_open import ChancesOfOpen
from hubspot_sla.flows.reporting.contracts.evidence import feed_of, observed, seen_in, span_of
from hubspot_sla.flows.reporting.contracts.ledger_evidence import LedgerEvidence

if TYPE_CHECKING:
    import sqlite3
    from decimal import Decimal

    from hubspot_sla.contract.expectation import Line
    from hubspot_sla.contract.statement import Observed
    from hubspot_sla.contract.terms import Objective
    from hubspot_sla.flows.inspection.chances_of_open import Chance
    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.flows.reporting.contracts.statement import Drawn
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.written_contracts import Source


@dataclass(frozen=True, slots=True)
class ExpectedCredit:
    """Of what is payable at the window's end: the `mean`, to the smallest coin, the least and the most that has any
    chance; None where it is not estimated. It rests on `open` promises that are still to come due, each by no fewer
    than `ended` that came to their end; `unlike` more stand still or are like nothing that ever ended: they stand
    outside. `carried` are the objectives on a feed, of which nothing further is taken to happen; `not_estimated` says
    why there is no figure."""

    mean: Decimal | None
    least: Decimal | None
    most: Decimal | None
    open: int
    ended: int | None
    unlike: int
    carried: tuple[str, ...] = ()
    not_estimated: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {
            "mean": _text(self.mean),
            "least": _text(self.least),
            "most": _text(self.most),
            "open": self.open,
            "ended": self.ended,
            "unlike": self.unlike,
            "carried": list(self.carried),
            "not_estimated": list(self.not_estimated),
        }

    @property
    def notes(self) -> list[str]:
        """What is to be said of the figure."""
        said = [f"not estimated: {reason}" for reason in self.not_estimated]
        if self.unlike:
            said.append(f"open promises left out, paused or like nothing that ever ended: {self.unlike}")
        if self.carried and self.mean is not None:
            said.append(f"nothing further is taken to happen until the window ends: {', '.join(self.carried)}")
        return said


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


@dataclass
class _ToCome:
    """What the rest of one window may bring."""

    seen: dict[Line, Observed]
    by_line: dict[Line, list[OpenPromise]] = field(default_factory=lambda: defaultdict(list))
    lengths: dict[Line, list[OpenLength]] = field(default_factory=lambda: defaultdict(list))
    chances: list[Chance] = field(default_factory=list)
    unlike: int = 0
    carried: list[str] = field(default_factory=list)
    not_estimated: list[str] = field(default_factory=list)


@dataclass
class ExpectedCredits:
    """The forecast of one ledger, worked out where a contract asks for it."""

    db: sqlite3.Connection
    mappings: Mappings

    def __post_init__(self) -> None:
        self._chances = ChancesOfOpen(self.db, self.mappings)

    def of(self, drawn: Drawn) -> ExpectedCredit | None:
        """None: the window was sealed."""
        settled, evidence = drawn.settled, drawn.evidence
        if not isinstance(evidence, LedgerEvidence):
            return None
        window, terms = settled.statement.window, settled.terms
        to_come = self._to_come(settled, evidence)
        ways: dict[Line, list[OpenPromise] | list[OpenLength]] = {**to_come.by_line, **to_come.lengths}
        found = None if to_come.not_estimated else expected(terms, window, to_come.seen, settled.past, ways)
        if found is None and not to_come.not_estimated:
            to_come.not_estimated.append("the window may end in too many ways")
        if found is not None and found.missing:
            to_come.not_estimated += found.missing
            found = None
        return ExpectedCredit(
            None if found is None else terms.currency.rounded(found.mean),
            None if found is None else found.least,
            None if found is None else found.most,
            len(to_come.chances),
            min((chance.ended for chance in to_come.chances), default=None),
            to_come.unlike,
            tuple(to_come.carried),
            tuple(to_come.not_estimated),
        )

    def _to_come(self, settled: Settled, evidence: LedgerEvidence) -> _ToCome:
        window = settled.statement.window
        to_come = _ToCome(observed(evidence, settled.written, settled.terms, window))
        for objective in settled.terms.objectives:
            span = span_of(settled.terms, objective, window)
            if span is None:
                continue
            source = settled.written.sources[objective.id]
            if source.feed is not None:
                self._carry(to_come, settled, evidence, objective, span)
            elif can_be_expected(objective) or _has_known_lengths(objective, source):
                self._open(to_come, settled, evidence, objective, span)
            elif objective.remedies:
                to_come.not_estimated.append(_why_not(objective, source))
        return to_come

    @staticmethod
    def _carry(
        to_come: _ToCome, settled: Settled, evidence: LedgerEvidence, objective: Objective, span: Period
    ) -> None:
        """What was down so far is held against the whole window: nothing further happens."""
        feed = feed_of(evidence, settled.written, objective)
        if feed is not None:
            to_come.seen |= seen_in(feed, settled.written, objective, span, span.end_at)
            to_come.carried.append(objective.id)
        elif objective.remedies:
            is_there = evidence.feed(settled.written.sources[objective.id].feed or "") is not None
            why = "is of another form" if is_there else "cannot be read"
            to_come.not_estimated.append(f"the feed of {objective.id} {why}")

    def _open(
        self, to_come: _ToCome, settled: Settled, evidence: LedgerEvidence, objective: Objective, span: Period
    ) -> None:
        """The open promises that come due in the window, each with its chance."""
        for one in evidence.to_come(settled.written, objective, span):
            chance = self._chances.of(one.cycle)
            if chance is None:
                to_come.unlike += 1
                continue
            to_come.chances.append(chance)
            line = objective.id, one.key
            if can_be_expected(objective):
                day = local_date(one.due_at, span.zone)
                to_come.by_line[line].append(OpenPromise(in_parts(chance.late), day))
            else:
                to_come.lengths[line].append(_length(chance, objective))


def _length(chance: Chance, objective: Objective) -> OpenLength:
    parts = shares_in_parts([share for _, share in chance.ends])
    beyond_ms = chance.target_ms if objective.measure.kind is Kind.MEAN_LATENESS else 0
    lengths = (max(ms - beyond_ms, 0) for ms, _ in chance.ends)
    return OpenLength(tuple((ms, some) for ms, some in zip(lengths, parts, strict=True) if some))


def _has_known_lengths(objective: Objective, source: Source) -> bool:
    """The chances are of business time."""
    return lengths_can_be_expected(objective) and not source.only_late and not source.on_the_wall


def _why_not(objective: Objective, source: Source) -> str:
    if source.on_the_wall:
        return f"what {objective.id} owes goes by the calendar, and chances by business time"
    what = {
        Kind.PERCENTILE: "does not go by bands of its percentile alone",
        Kind.MEAN: "goes by more than the mean of how long promises take",
        Kind.MEAN_LATENESS: "goes by the mean of what was late alone, or by more than that mean",
    }.get(objective.measure.kind, "goes by how late each promise is")
    return f"what {objective.id} owes {what}"
