"""How every contract in force stands, and what that comes to for each company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.local_time import begins_at, local_date
from hubspot_sla.contract.money import round_half_up
from hubspot_sla.contract.states import ContractState, ObjectiveState, states, worst
from hubspot_sla.contract.terms import Side
from hubspot_sla.flows.reporting.contracts.statement import drawn_windows
from hubspot_sla.ledger import report_rows
from hubspot_sla.ledger.report_rows import Selection
from hubspot_sla.measure.attainment import Counts, counts_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.contract.statement import Statement
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.policy.mappings import Mappings

DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class ContractStanding:
    """One contract: its objectives and rights, the worst of them, and the statement of the window that runs. `notes`
    say which feed is down, or has lost rows."""

    terms: Contract
    found: Sequence[ObjectiveState]
    running: Statement
    notes: tuple[str, ...] = ()

    @property
    def state(self) -> ContractState:
        return worst(self.found)

    def rows(self) -> list[list[object]]:
        """The whole contract first, then what is in another state than `ok`."""
        window = self.running.window.name
        odd = [each for each in self.found if each.state is not ContractState.OK]
        found: list[list[object]] = [[self.terms.id, window, "", _words(self.state)]]
        return found + [[self.terms.id, window, _of(each), _words(each.state)] for each in odd]

    def as_json(self) -> dict[str, object]:
        return {
            "contract": self.terms.id,
            "window": self.running.window.name,
            "state": self.state.value,
            "of": [{"objective": each.objective, "key": each.key, "state": each.state.value} for each in self.found],
            "notes": list(self.notes),
        }


def _of(each: ObjectiveState) -> str:
    return each.objective if each.key is None else f"{each.objective}, {each.key}"


def _words(state: ContractState) -> str:
    return state.value.replace("_", " ")


def contract_standings(
    db: sqlite3.Connection, mappings: Mappings, reader: FeedReader, now: int
) -> Iterator[ContractStanding]:
    """Of those that are in force at `now` (epoch ms), in the order of the file."""
    for contract in mappings.contracts.ids:
        windows = drawn_windows(db, mappings, contract, reader, now)
        if not windows or windows[-1].settled.statement.window.end_at <= now:
            continue
        running = windows[-1].settled
        ended = [each.settled.statement for each in windows[:-1]]
        today = local_date(now, running.terms.zone)
        if running.terms.valid_from <= today and (running.terms.valid_to is None or today < running.terms.valid_to):
            found = states(running.terms, ended, running.statement)
            yield ContractStanding(running.terms, found, running.statement, windows[-1].notes)


def company_values(
    db: sqlite3.Connection, standings: Iterable[ContractStanding], now: int
) -> dict[str, dict[str, str]]:
    """The value of each property by its key, by company id. A company with several contracts has the ids of all, and
    speaks of the worst: the first of the file among equals."""
    by_company: dict[str, list[ContractStanding]] = {}
    for standing in standings:
        if standing.terms.party.side is Side.CUSTOMER:
            by_company.setdefault(standing.terms.party.key, []).append(standing)
    return {company: _values(db, company, of_company, now) for company, of_company in by_company.items()}


def _values(db: sqlite3.Connection, company: str, own: Sequence[ContractStanding], now: int) -> dict[str, str]:
    order = tuple(ContractState)
    speaks = max(own, key=lambda each: order.index(each.state))
    zone, window = speaks.terms.zone, speaks.running.window
    since = begins_at(local_date(now, zone) - timedelta(days=DAYS), 0, zone)
    of_days, of_window = _counts(db, company, since, now), _counts(db, company, window.start_at, now)
    credit = speaks.running.payable
    return {
        "contract": "; ".join(each.terms.id for each in own),
        "contract_state": speaks.state.value,
        "attainment_30d": _percent(of_days),
        "attainment_period": _percent(of_window),
        "breaches_30d": str(of_days.missed + of_days.late),
        "credit_period": f"{speaks.terms.currency.code} {credit}",
    }


def _counts(db: sqlite3.Connection, company: str, start_at: int, end_at: int) -> Counts:
    """Of all that the company was promised."""
    own = Selection("o.company_id = ? and o.kind = 'sla'", (company,))
    found = report_rows.numbers_of(db, own, start_at, end_at, ["o.kind"])
    return sum((counts_of(numbers) for numbers in found.values()), Counts())


def _percent(counts: Counts) -> str:
    """One decimal, halves up; "" where nothing was judged."""
    attained = counts.attainment
    if attained is None:
        return ""
    tenths = int(round_half_up(attained * 100, 1) * 10)
    return f"{tenths // 10}.{tenths % 10}"
