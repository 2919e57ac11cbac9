"""Every rung of a log replayed past the worker must have fired by the rules, and what it asks for is done once."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
import pytest

from proof import SCALE
from proofs.logs import part_of
from proofs.rung_oracle import CLOSED, Hit, Ticket, expected, stays
from proofs.rung_promises import Promises
from proofs.rung_year import OURS, Kept, Year, to_ms
from proofs.test_replay import BEGIN, END, INCIDENTS, WALKTHROUGH, needs_the_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from flows.world import World

Problems = list[str]


@needs_the_log
def test_spring_of_a_real_incident_log_climbs_the_ladders_as_counted_by_hand(tmp_path: Path) -> None:
    """The night of 27 March changes the clocks within business time."""

    def wanted(number: int, created: str, modified: str) -> bool:
        return number % 40 == 0 and "2016-03-21" < created < "2016-04-01" and modified < "2016-05"

    log = part_of(INCIDENTS, tmp_path / "log", wanted)
    check(log, tmp_path, datetime(2016, 3, 21, tzinfo=UTC), datetime(2016, 4, 5, tzinfo=UTC))


@needs_the_log
@pytest.mark.skipif(SCALE == 1, reason="the whole year takes long: make replay")
def test_a_year_of_ladders(tmp_path: Path) -> None:
    log = part_of(INCIDENTS, tmp_path / "log", lambda number, _created, _modified: number % (2000 // SCALE) == 0)
    check(log, tmp_path, BEGIN, END)


def check(log: Path, folder: Path, begin: datetime, end: datetime) -> None:
    lay_out(folder)
    with Year(log, folder, begin) as year:
        kept = year.run(end)
        tickets = list(tickets_of(year, log))
        hits = {key: hit for one in tickets for key, hit in expected(one, looks_at(kept, one), Promises()).items()}
        fired = [hit for hit in hits.values() if not hit.why]
        print(summary(tickets, hits.values(), kept, year))  # noqa: T201 - the figures of a long run
        assert year.world.rows("select record_id, step, reason from quarantine") == []
        assert differences(year.world, hits) == []
        undone = withdrawn(year.world, {one.id: one for one in tickets})
        assert deeds_in_hubspot(year.world, fired, undone) == []
        assert fields_written(year.world, fired, undone) == []
        assert told(year, fired, undone) == []
        assert open_tasks_of_closed(year.world, tickets) == []
        assert len(fired) > len(tickets) > 20
        year.world.require_whole_chain()


def lay_out(folder: Path) -> None:
    (folder / "mappings").mkdir()
    for name in ("portal.yaml", "tiers.yaml"):
        shutil.copyfile(WALKTHROUGH / name, folder / "mappings" / name)
    shutil.copyfile(INCIDENTS / "tiers.csv", folder / "mappings" / "tiers.csv")


def tickets_of(year: Year, log: Path) -> Iterator[Ticket]:
    pipelines = orjson.loads((log / "pipelines.json").read_bytes())["results"]
    labels = {stage["id"]: stage["label"] for pipeline in pipelines for stage in pipeline["stages"]}
    with (INCIDENTS / "tiers.csv").open(encoding="utf-8") as lines:
        terms = list(csv.DictReader(lines))
    companies = companies_of(log)
    for id_ in year.world.portal.ids("tickets"):
        created = to_ms(year.world.portal.read("tickets", id_)["createdate"])
        yield year.ticket(id_, labels, tier_of(terms, companies.get(id_), created))


def companies_of(log: Path) -> dict[str, str]:
    rows = [orjson.loads(line) for path in log.glob("*.jsonl") for line in path.read_bytes().splitlines()]
    linked = {row["id"]: row.get("associations", {}).get("companies", {}).get("results", []) for row in rows}
    return {id_: companies[0]["id"] for id_, companies in linked.items() if companies}


def tier_of(terms: Iterable[dict[str, str]], company: str | None, at: int) -> str | None:
    for term in terms:
        begin, end = term["valid_from"], term["valid_to"]
        holds = to_ms(f"{begin}T00:00Z") <= at and (not end or at < to_ms(f"{end}T00:00Z"))
        if term["company_id"] == company and holds:
            return term["tier"]
    return None


def looks_at(kept: Kept, ticket: Ticket) -> list[int]:
    """When it was judged; and at every sync of a calm time it might have been, had there been anything new."""
    return sorted({*kept.looks[ticket.id], *kept.calm})


def differences(world: World, hits: dict[str, Hit]) -> Problems:
    """The table of rungs beside what must stand in it: which, reached when, fired or passed by."""
    found = {str(row[0]): row[1:] for row in world.rows("select key, state, due_at, reason, at from rungs")}
    return [
        f"{key}: {found.get(key)} is not {hits.get(key)}"
        for key in sorted({*found, *hits})
        if not (key in found and key in hits and alike(found[key], hits[key]))
    ]


def alike(row: tuple[object, ...], hit: Hit) -> bool:
    state, due_at, _, _ = row
    return due_at == hit.at and (state == "skipped") is bool(hit.why) and state in ("fired", "skipped")


def withdrawn(world: World, tickets: dict[str, Ticket]) -> set[str]:
    """What was not sent before its ticket was closed; it must have been closed."""
    rows = world.rows("select key, record_id from outbox where state = 'withdrawn'")
    assert [key for key, id_ in rows if not stays(tickets[str(id_)], CLOSED)] == []
    return {str(key) for key, _ in rows}


def wanted_of(fired: Iterable[Hit], kinds: tuple[str, ...], undone: set[str]) -> dict[str, str]:
    asked = {key: what for hit in fired for key, what in hit.deeds}
    return {key: what for key, what in asked.items() if key.startswith(kinds) and key not in undone}


def deeds_in_hubspot(world: World, fired: list[Hit], undone: set[str]) -> Problems:
    """Tasks and notes by their markers, each once; a task with whom it is for."""
    found = []
    for kind, marker in (("tasks", "sla_task_key"), ("notes", "sla_note_key")):
        there = [world.portal.read(kind, id_) for id_ in world.portal.ids(kind)]
        made = Counter(one[marker] for one in there)
        wanted = wanted_of(fired, ("task:",) if kind == "tasks" else ("note:",), undone)
        found += [f"{key} is there {made[key]} times" for key in {*made, *wanted} if made[key] != (key in wanted)]
        if kind == "tasks":
            owners = {one[marker]: one.get("hubspot_owner_id", "") for one in there}
            found += [f"{key} is for {owners.get(key)}, not {who}" for key, who in wanted.items() if owners[key] != who]
    return found


def fields_written(world: World, fired: list[Hit], undone: set[str]) -> Problems:
    """What rungs set, against the histories of the tickets: each value once, and no other."""
    names = {"set": "hs_ticket_priority", "owner": "hubspot_owner_id"}
    wanted: Counter[tuple[str, str, str]] = Counter()
    for key, what in wanted_of(fired, ("fields:",), undone).items():
        wanted[key.split(":")[1], names[key.rpartition(":")[2]], what] += 1
    written = Counter(
        (id_, name, one.value)
        for id_ in world.portal.ids("tickets")
        for name in names.values()
        for one in world.portal.history("tickets", id_, name)
        if one.source == OURS
    )
    confirmed = Counter(state for (state,) in world.rows("select state from outbox where kind = 'fields'"))
    found = [f"{what} was written {written[what]} times for {wanted[what]}" for what in written if not wanted[what]]
    found += [f"{what} was written {written[what]} times for {wanted[what]}" for what in written - wanted]
    asked = len(wanted_of(fired, ("fields:",), set()))
    return found + ([f"{dict(confirmed)} of {asked} fields"] if confirmed.total() != asked else [])


def told(year: Year, fired: list[Hit], undone: set[str]) -> Problems:
    """What the receiver got, by id: each notice under one id, and every one that was to be told."""
    ids: dict[str, set[str]] = {}
    for got in year.receiver.received:
        for message in got.json["messages"]:
            ids.setdefault(message["key"], set()).add(got.headers["webhook-id"])
    wanted = wanted_of(fired, ("notification:",), undone)
    late = {key for key in ids if key in undone}
    found = [f"{key} was told under {ids.get(key)}" for key in wanted if len(ids.get(key, ())) != 1]
    return found + [f"{key} was told for nothing" for key in ids.keys() - wanted.keys() - late]


def open_tasks_of_closed(world: World, tickets: list[Ticket]) -> Problems:
    shut = {one.id for one in tickets if one.stages and (spans := stays(one, CLOSED)) and spans[-1][1] is None}
    return [
        f"{task['sla_task_key']} is still open"
        for id_ in shut
        for task in world.portal.tasks_of(id_)
        if task["hs_task_status"] != "COMPLETED"
    ]


def summary(tickets: list[Ticket], hits: Iterable[Hit], kept: Kept, year: Year) -> str:
    states = Counter(hit.why or "fired" for hit in hits)
    deeds = Counter(key.partition(":")[0] for hit in hits for key, _ in hit.deeds)
    return (
        f"{len(tickets)} tickets, {states.total()} rungs {dict(states)}, deeds {dict(deeds)},"
        f" {sum(map(len, kept.looks.values()))} looks, {kept.starts} starts, {kept.deaths} deaths, {kept.bad_hours} bad"
        f" times, {kept.failed_runs} failed runs, {len(year.receiver.received)} requests of notifications"
    )
