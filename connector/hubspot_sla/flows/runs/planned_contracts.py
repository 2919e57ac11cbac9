"""What a saved plan holds of contracts: the rungs that they reach, the tasks of earlier ones that are over, and what is
written to companies. As for records it is decided again before it is sent, and must come to the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.runs import company_writes, contract_rungs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.runs.contract_rungs import ContractLook, ContractNews
    from hubspot_sla.plan.actions import WriteProperties

Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class ContractPart:
    """`look` is what rungs come to, `writes` what companies are to show."""

    look: ContractLook
    writes: Sequence[WriteProperties]


def decide(context: Context, version: Version, as_of: int) -> ContractPart:
    """As of this instant (epoch ms), by what the ledger and the feeds say now; nothing is recorded. Raises what HubSpot
    raises; where the token may not read companies nothing is written to them."""
    reader = FeedReader(context.settings.mappings, context.settings.secret)
    look = contract_rungs.looked(context, version, reader, as_of)
    try:
        return ContractPart(look, company_writes.decide(context, version.mappings, reader, as_of).actions)
    except AccessDenied:
        return ContractPart(look, ())


def described(context: Context, part: ContractPart) -> tuple[Body, ...]:
    """As the file holds it: of each contract the rungs and the actions, then those on companies."""
    return tuple(cast("Body", context.settings.redactor.within(body)) for body in _bodies(part))


def _bodies(part: ContractPart) -> Iterator[Body]:
    for news in part.look.news:
        rungs = [verdict_json.of_rung(rung) for rung in news.rungs]
        yield {"contract": news.contract, "rungs": rungs, "actions": list(map(verdict_json.of_action, news.actions))}
    if part.writes:
        yield {"actions": list(map(verdict_json.of_action, part.writes))}


def differing(planned: Sequence[Body], found: Sequence[Body]) -> list[str]:
    """Why a plan is not what it was, by contract."""
    before, after = ({str(body.get("contract", "")): body for body in bodies} for bodies in (planned, found))
    names = dict.fromkeys((*before, *after))
    return [
        f"{f'contract {name}' if name else 'properties of companies'}: what is to be done is not what it was"
        for name in names
        if before.get(name) != after.get(name)
    ]


def later(context: Context, version: Version, part: ContractPart) -> list[str]:
    """Why it would be another one by now: a rung was reached since, or a company is to show something else."""
    now = decide(context, version, context.now())
    was_due, is_due = ({news.contract: _keys(news) for news in each.look.news} for each in (part, now))
    names = dict.fromkeys((*was_due, *is_due))
    said = [
        f"contract {name}: other rungs are reached by now" for name in names if was_due.get(name) != is_due.get(name)
    ]
    if list(part.writes) != list(now.writes):
        said.append("properties of companies: what is to be written is not what it was")
    return said


def _keys(news: ContractNews) -> list[str]:
    return [*(rung.key for rung in news.rungs), *(action.key for action in news.actions)]


def record(context: Context, part: ContractPart, run_id: str) -> None:
    """Put all of it into the outbox, as the job contract_states does."""
    contract_rungs.record(context, part.look, run_id)
    if part.writes:
        with context.ledger.transaction() as db:
            company_writes.record(db, part.writes, run_id=run_id, at=context.now())
