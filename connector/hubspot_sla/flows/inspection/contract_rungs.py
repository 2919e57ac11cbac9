"""What becomes of the rungs of contracts: those that fired, and those to come with their day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.contract.states import ContractState
from hubspot_sla.ledger import rungs, state
from hubspot_sla.plan.contract_rungs import Place, ladder_for, rung_key_of
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.ladder import Outcome

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import date

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.contract.states import ObjectiveState
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.flows.reporting.contracts.standing import ContractStanding
    from hubspot_sla.plan.ladder import Reached
    from hubspot_sla.policy.mappings import Mappings


@dataclass(frozen=True, slots=True)
class Spot:
    """Where rungs may hang: a state or a day of a contract, by what stands in their keys. `calendar` is the one that a
    claim names."""

    place: Place
    subject: str
    window: str
    day: date | None = None
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class ShownRung:
    """One rung: `reached` where it was, else the first day (`on`) on which it fires, None for the next look."""

    name: str
    reached: Reached | None
    on: date | None = None

    def __str__(self) -> str:
        if self.reached is None:
            return f"{self.name} {'at the next look' if self.on is None else f'from {self.on}'}"
        day, why = wire(self.reached.at)[:10], f" ({self.reached.reason})" if self.reached.reason else ""
        word = "passed by" if self.reached.outcome is Outcome.SKIPPED else self.reached.outcome.value
        return f"{self.name} {word} {day}{why}"

    def as_json(self) -> dict[str, object]:
        reached = self.reached
        return {
            "rung": self.name,
            "state": "to_come" if reached is None else reached.outcome.value,
            "on": self.on.isoformat() if self.on is not None else None,
            "at": None if reached is None else wire(reached.at),
            "reason": reached.reason if reached is not None and reached.reason else None,
        }


def rungs_at(db: sqlite3.Connection, mappings: Mappings, terms: Contract, spot: Spot) -> list[ShownRung]:
    """Those that hang there, in the order of the ladder."""
    ladder = ladder_for(mappings.policy_set.escalations.contracts, terms.id, str(terms.party.side))
    own = [rung for rung in ladder.rungs if rung.place is spot.place] if ladder is not None else []
    keys = [rung_key_of(terms.id, spot.subject, spot.window, rung.name) for rung in own]
    done = rungs.by_keys(db, keys)
    shown = []
    for rung, key in zip(own, keys, strict=True):
        on = None if spot.day is None else rung.before.first_day(spot.day, spot.calendar)
        shown.append(ShownRung(rung.name, done.get(key), on))
    return shown


@dataclass(frozen=True, slots=True)
class StandingWithRungs:
    """How a contract stands, with the rungs of each objective and right, in their order."""

    standing: ContractStanding
    rungs: Sequence[Sequence[ShownRung]]

    def rows(self) -> list[list[object]]:
        """As those of the standing, with what becomes of the rungs."""
        whole, *odd = self.standing.rows()
        found = zip(self.standing.found, self.rungs, strict=True)
        texts = ["; ".join(map(str, own)) for each, own in found if each.state is not ContractState.OK]
        return [[*whole, ""], *([*row, text] for row, text in zip(odd, texts, strict=True))]

    def as_json(self) -> dict[str, object]:
        pairs = zip(self.standing.found, self.rungs, strict=True)
        of = [
            {"objective": each.objective, "key": each.key, "state": each.state.value, "rungs": _all_json(own)}
            for each, own in pairs
        ]
        return {**self.standing.as_json(), "of": of}


def _all_json(own: Iterable[ShownRung]) -> list[dict[str, object]]:
    return [rung.as_json() for rung in own]


def with_rungs(db: sqlite3.Connection, mappings: Mappings, standing: ContractStanding) -> StandingWithRungs:
    """As of the last look at rights, which says since when each of them holds."""
    held = orjson.loads(state.read(db, state.CONTRACT_RIGHTS) or "{}").get(standing.terms.id, {})
    found = [_of_state(db, mappings, standing, each, held) for each in standing.found]
    return StandingWithRungs(standing, found)


def _of_state(
    db: sqlite3.Connection,
    mappings: Mappings,
    standing: ContractStanding,
    each: ObjectiveState,
    held: dict[str, str],
) -> list[ShownRung]:
    if each.state is ContractState.OK:
        return []
    subject = each.objective if each.key is None else f"{each.objective}/{each.key}"
    is_right = each.state in (ContractState.CHRONIC, ContractState.TERMINABLE)
    window = held.get(f"{subject}:{each.state.value}", "") if is_right else standing.running.window.name
    return rungs_at(db, mappings, standing.terms, Spot(Place(each.state.value), subject, window))
