"""Merges: which tickets went into which, so that clocks go on with the survivor and no task is made twice. Pure.

HubSpot tells it on the survivor only, may give that a new id, and leaves the merged tickets out of every answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.records.hubspot_facts import MERGED_FROM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.records.ticket_facts import TicketFacts
    from hubspot_sla.plan.ladder import Reached

Lineages = dict[str, tuple[str, ...]]
"""Ticket id to the ids of the tickets that were merged into it."""


def merged_ids(inputs: Mapping[str, str | None]) -> tuple[str, ...]:
    told = (inputs.get(MERGED_FROM) or "").split(";")
    return tuple(dict.fromkeys(id_.strip() for id_ in told if id_.strip()))


def linked(cases: Mapping[str, TicketFacts], lineages: Mapping[str, Sequence[str]]) -> dict[str, TicketFacts]:
    """The same cases, each survivor with those it absorbed, each absorbed one with its survivor.

    A ticket that names itself, as a survivor that kept its id may, has not absorbed itself.
    """
    found = dict(cases)
    for survivor, absorbed in lineages.items():
        known = [id_ for id_ in absorbed if id_ != survivor and id_ in cases]
        if known:
            found[survivor] = replace(found[survivor], absorbed=tuple(cases[id_] for id_ in known))
        for id_ in known:
            found[id_] = replace(found[id_], merged_into=survivor)
    return found


def tasks_of(keys: Mapping[str, set[str]], lineages: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """The tasks ever asked for, by ticket; those of an absorbed ticket count as the survivor's."""
    found = dict(keys)
    for survivor, absorbed in lineages.items():
        inherited = {
            f"task:{survivor}:{key.removeprefix(f'task:{id_}:')}" for id_ in absorbed for key in keys.get(id_, ())
        }
        if inherited:
            found[survivor] = {*found.get(survivor, ()), *inherited}
    return found


Rungs = dict[str, dict[str, "Reached"]]


def rungs_of(kept: Mapping[str, Mapping[str, Reached]], lineages: Mapping[str, Sequence[str]]) -> Rungs:
    """The rungs ever reached, by ticket and key; those of an absorbed ticket count as the survivor's too. Where both
    reached one, the one that fired counts."""
    found = {id_: dict(of_ticket) for id_, of_ticket in kept.items()}
    for survivor, absorbed in lineages.items():
        own = found.setdefault(survivor, {})
        for id_ in absorbed:
            for one in kept.get(id_, {}).values():
                moved = replace(one, ticket_id=survivor, key=one.key.replace(f"rung:{id_}:", f"rung:{survivor}:", 1))
                if moved.key not in own or (moved.fired and not own[moved.key].fired):
                    own[moved.key] = moved
    return found


def unfinished_of(
    tasks: Mapping[str, Mapping[str, str]], lineages: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, str]]:
    """The tasks to complete once a ticket is closed, key to id; HubSpot hangs those of an absorbed ticket on the
    survivor."""
    found = {id_: dict(of_ticket) for id_, of_ticket in tasks.items()}
    for survivor, absorbed in lineages.items():
        for id_ in absorbed:
            if id_ in tasks:
                found.setdefault(survivor, {}).update(tasks[id_])
    return found
