"""Merges: which records went into which, so that clocks go on with the survivor and no task is made twice. Pure.

HubSpot shows it on the survivor only, may give that a new id, and leaves the merged records out of every answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.hubspot.objects.profile import MERGED_FROM
from hubspot_sla.plan.ladder import Outcome
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.plan.ladder import Reached

Lineages = dict[str, tuple[str, ...]]
"""Record id to the ids of the records that were merged into it."""


def merged_ids(inputs: Mapping[str, str | None]) -> tuple[str, ...]:
    """The ids that HubSpot's own property names."""
    ids = inputs.get(MERGED_FROM)
    return tuple(dict.fromkeys(id_.strip() for id_ in ids.split(";") if id_.strip())) if ids else ()


def lineages_of(inputs: Mapping[str, Mapping[str, str | None]]) -> Lineages:
    """Each survivor among these records with all that went into it, also by way of others, as far as they are here.

    HubSpot is not known to repeat on a survivor what its predecessors had absorbed. A record that names itself, as a
    survivor that kept its id may, has not absorbed itself.
    """
    direct = {id_: merged for id_, values in inputs.items() if (merged := merged_ids(values))}
    absorbed = {id_: tuple(other for other in _reached_from(id_, direct) if other != id_) for id_ in direct}
    return {id_: others for id_, others in absorbed.items() if others}


def _reached_from(survivor: str, direct: Mapping[str, Sequence[str]]) -> dict[str, None]:
    reached: dict[str, None] = {}
    following = list(direct[survivor])
    while following:
        id_ = following.pop(0)
        if id_ not in reached:
            reached[id_] = None
            following += direct.get(id_, ())
    return reached


def joined(
    own: Mapping[str, RecordFacts], lineages: Mapping[str, Sequence[str]], known_merges: Mapping[str, str] | None = None
) -> dict[str, RecordFacts]:
    """The same records, each survivor with those it absorbed, each absorbed one with its survivor. What went into
    another record stands for nothing any more: what it had absorbed itself counts for the survivor. `known_merges` says
    into which record one is known to have gone whose survivor is not among these."""
    merged_into = dict(known_merges or {})
    survivors = [survivor for survivor in lineages if survivor in own]
    inner = {id_ for survivor in survivors for id_ in lineages[survivor]}
    for survivor in sorted(survivors, key=lambda id_: id_ not in inner):  # the last survivor of a chain comes last
        merged_into.update((id_, survivor) for id_ in lineages[survivor] if id_ in own)
    record_by_id = dict(own)
    for id_, survivor in merged_into.items():
        record_by_id[id_] = replace(own[id_], merged_into=survivor)
    for survivor in survivors:
        if survivor not in merged_into:
            absorbed = (own[id_] for id_ in lineages[survivor] if id_ in own)
            record_by_id[survivor] = replace(own[survivor], absorbed=tuple(absorbed))
    return record_by_id


def tasks_of(
    object_type: str, keys: Mapping[str, set[str]], lineages: Mapping[str, Sequence[str]]
) -> dict[str, set[str]]:
    """The tasks ever asked for, by record; those of an absorbed record count as the survivor's."""
    keys_by_record = dict(keys)
    for survivor, absorbed in lineages.items():
        inherited = {
            _moved("task", key, object_type, absorbed_id, survivor)
            for absorbed_id in absorbed
            for key in keys.get(absorbed_id, ())
        }
        if inherited:
            keys_by_record[survivor] = {*keys_by_record.get(survivor, ()), *inherited}
    return keys_by_record


def _moved(kind: str, key: str, object_type: str, absorbed: str, survivor: str) -> str:
    """The key that the same deed of the survivor has."""
    before, after = (f"{kind}:{RecordRef(object_type, id_).key}:" for id_ in (absorbed, survivor))
    return f"{after}{key.removeprefix(before)}"


Rungs = dict[str, dict[str, "Reached"]]


def rungs_of(reached: Mapping[str, Mapping[str, Reached]], lineages: Mapping[str, Sequence[str]]) -> Rungs:
    """The rungs ever reached, by record and key; those of an absorbed record count as the survivor's too. Where both
    reached one, the one that fired counts."""
    rungs_by_record = {id_: dict(of_record) for id_, of_record in reached.items()}
    for survivor, absorbed in lineages.items():
        own = rungs_by_record.setdefault(survivor, {})
        for absorbed_id in absorbed:
            for rung in reached.get(absorbed_id, {}).values():
                object_type = rung.record.object_type
                moved = replace(
                    rung,
                    record=RecordRef(object_type, survivor),
                    key=_moved("rung", rung.key, object_type, absorbed_id, survivor),
                )
                known = own.get(moved.key)
                if known is None or (moved.fired and known.outcome is Outcome.SKIPPED):
                    own[moved.key] = moved
    return rungs_by_record


def unfinished_of(
    tasks: Mapping[str, Mapping[str, str]], lineages: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, str]]:
    """The tasks to complete once a ticket is closed, key to id; HubSpot hangs those of an absorbed record on the
    survivor."""
    tasks_by_record = {id_: dict(of_record) for id_, of_record in tasks.items()}
    for survivor, absorbed in lineages.items():
        for absorbed_id in absorbed:
            if absorbed_id in tasks:
                tasks_by_record.setdefault(survivor, {}).update(tasks[absorbed_id])
    return tasks_by_record
