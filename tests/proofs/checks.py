"""What must hold of a portal and its ledger; each check names all that does not.

`settled` ones hold once the worker has caught up: its lanes ran to the end with no fault in force and the clock
standing still. The others hold at any instant.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.flows.inspection import audit_replay
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.flows.inspection.explain_at import explain_at
from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.receipts.make import make
from hubspot_sla.flows.receipts.receipt import unpacked
from hubspot_sla.flows.receipts.verify import verify
from hubspot_sla.flows.runs import rebuild_outcomes
from hubspot_sla.flows.simulation.ledger_source import last_known, opened_ledger
from hubspot_sla.flows.simulation.processes import tallied
from hubspot_sla.flows.simulation.request import Request
from hubspot_sla.ledger import (
    audit,
    audit_head,
    audit_verification,
    database,
    outbox,
    outcomes,
    records,
    state,
    verdicts,
    versions,
)
from hubspot_sla.measure.simulation import Turn
from hubspot_sla.plan.records import RecordRef
from proof import SCALE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from flows.world import World
    from hubspot_sla.flows.simulation.side import JudgedSide
    from hubspot_sla.ledger.database import Ledger
    from proofs.truth import Truth

Problems = list[str]


def at_any_instant(world: World) -> Problems:
    """Nothing twice, outcomes that follow from the facts, and nothing that flips by the mappings in force."""
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return [*nothing_twice(world), *_outcomes(ledger), *flipped(ledger)]


def flipped(ledger: Ledger) -> Iterator[str]:
    """A simulation with the mappings in force turns no cycle, either way."""
    texts = versions.every(ledger.db)[-1].texts
    asked = Request(texts, None, last_known(ledger.path), where="kind: {known: true}", ledger=ledger.path)
    with opened_ledger(ledger.path, asked) as source:
        tally = tallied(source, source.wanted(), 1, lambda _: None)
    turns = {turn: number for turn, number in tally.total.turns.items() if turn is not Turn.SAME}
    if turns or tally.unjudged or tally.total.before != tally.total.after:
        yield f"the mappings in force, simulated: {turns} {tally.examples} {tally.total}"


def nothing_twice(world: World) -> Problems:
    """No task and no note twice, the chain whole, nothing sent that was not first recorded. Costs less than judging
    every record again."""
    keys = Counter([*world.task_keys(), *world.note_keys()])
    found = [f"{count} are there of {key}" for key, count in keys.items() if count > 1]
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        seen = audit_verification.verify(ledger.db)
        if not seen.whole:
            found.append(f"the chain is broken at {seen.broken_at}: {seen.problem}")
        found += _without_intent(world, ledger.db)
    return found


def _outcomes(ledger: Ledger) -> Problems:
    """Outcomes are what the facts give, as of the judgement that wrote them, and every verdict has them."""
    again = rebuild_outcomes.compare(ledger)
    without = outcomes.count_missing(ledger.db)
    found = [f"{without} records have verdicts and no outcomes"] if without else []
    return [*found, again.summary()] if again.differing or again.not_reproduced else found


def settled(world: World, true: Mapping[str, Truth], ever_due: set[str]) -> Problems:
    """The ledger equals the portal, the portal says what was judged, and every task is there that should be.

    `ever_due` are the keys of the tasks that were due at any time a lane ran: no other task may be there."""
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return [
            *_as_in_the_portal(ledger.db, true),
            *_flagged(true),
            *_tasks(world, true, ever_due),
            *_confirmed(world, ledger.db),
            *_nothing_left(ledger.db),
            *explained(ledger.db, world.portal.clock.now_ms()),
            *replayed(ledger),
            *receipted(ledger),
        ]


def receipted(ledger: Ledger) -> Iterator[str]:
    """A receipt of the newest decision verifies; at length, one of every record."""
    newest = "select object_type, record_id from audit where kind in ('verdict', 'plan') order by seq desc limit 1"
    query = newest if SCALE == 1 else "select distinct object_type, record_id from verdicts"
    head = audit_head.of(ledger.db)
    for object_type, record_id in ledger.db.execute(query).fetchall():
        found = verify(unpacked(make(ledger.db, RecordRef(object_type, record_id))), [head])
        if found.exit_code:
            yield f"the receipt of {record_id}: {found.conclusion}: {found.differences}"


def explained(db: sqlite3.Connection, now: int) -> Iterator[str]:
    """What `sla explain` computes of a record, from the ledger alone, is what was recorded: of each that was ever seen,
    whether it is there, archived or merged into another."""
    for object_type, record_id in db.execute("select object_type, record_id from records").fetchall():
        explanation = explain(db, RecordRef(object_type, record_id), now)
        computed = {metric.verdict.clock.key: verdict_json.of_verdict(metric.verdict) for metric in explanation.metrics}
        recorded = verdicts.load(db, object_type, [record_id])[record_id]
        for clock in sorted(computed.keys() | recorded.keys()):
            yield from _differences(
                f"ticket {record_id}: explained {clock}", recorded.get(clock, {}), computed.get(clock, {})
            )


def simulated(ledger: Ledger) -> Iterator[str]:
    """A simulation by the mappings in force says the same of every cycle on both sides; and where they have always been
    in force, what the ledger holds."""
    stored = versions.every(ledger.db)
    now = last_known(ledger.path)
    with opened_ledger(ledger.path, Request(stored[-1].texts, None, now, ledger=ledger.path)) as source:
        for part in source.parts():
            for facts, _ in source.facts(part):
                before, after = source.before.judge(facts, now), source.after.judge(facts, now)
                key = facts.ref.key
                if _seen(before) != _seen(after):
                    yield f"record {key}: {_seen(before)} in force, {_seen(after)} simulated"
                if len(stored) == 1:
                    explanation = explain(ledger.db, facts.ref, now)
                    held = {
                        (metric.verdict.clock.key, cycle.number): cycle._replace(promise=None)
                        for metric in explanation.metrics
                        for cycle in metric.verdict.cycles
                    }
                    if held != {cycle_key: one.cycle._replace(promise=None) for cycle_key, one in after.cycles.items()}:
                        yield f"record {key}: simulated otherwise than explained"


def _seen(side: JudgedSide) -> object:
    outcomes = {key: one.outcome for key, one in side.cycles.items()}
    return outcomes, [(rung.clock, rung.cycle, rung.rung.name, rung.at) for rung in side.rungs]


def replayed(ledger: Ledger) -> list[str]:
    """Every verdict that was ever recorded comes out again of what was known then."""
    done = audit_replay.replay(ledger)
    return [f"{what} comes out otherwise" for what in done.examples]


def known_then(db: sqlite3.Connection, step: int = 1) -> Iterator[str]:
    """At the instant of every entry that decided about a record, or of one in so many, `explain --at` gives the
    verdicts that stood then. What was written by a clock that had run ahead is of no instant."""
    decided = [entry for entry in audit.log(db, last=10**9) if entry.record and entry.kind in audit.DECIDED]
    earliest_later: dict[RecordRef | None, int] = {}
    for place, entry in enumerate(reversed(decided)):
        is_ahead = entry.at > earliest_later.get(entry.record, entry.at)
        earliest_later[entry.record] = min(entry.at, earliest_later.get(entry.record, entry.at))
        if entry.record is not None and not is_ahead and place % step == 0:
            known = explain_at(db, entry.record, entry.at, entry.at)
            if known.unrecorded:
                yield f"{entry.record.key} {known.unrecorded} at entry {entry.seq}: {known.why_not}"


def _as_in_the_portal(db: sqlite3.Connection, true: Mapping[str, Truth]) -> Iterator[str]:
    known, kept = records.load(db, "tickets", true), verdicts.load(db, "tickets", true)
    for id_, there in true.items():
        if id_ not in known:
            yield f"ticket {id_} is not in the ledger"
            continue
        for what, ours, theirs in (
            ("input", known[id_].inputs, there.inputs),
            ("property", known[id_].written, there.held),
            ("verdict", kept[id_], there.verdicts),
        ):
            yield from _differences(f"ticket {id_}: {what}", ours, theirs)
    yield from _ghosts(db, true)


def _ghosts(db: sqlite3.Connection, true: Mapping[str, Truth]) -> Iterator[str]:
    for row in db.execute("select record_id, open, gone, next_at from records"):
        if row["record_id"] in true and row["gone"]:
            yield f"ticket {row['record_id']} is there, but the ledger calls it {row['gone']}"
        if row["record_id"] not in true and not row["gone"]:
            yield f"ticket {row['record_id']} is gone, and the ledger does not know"
        if row["record_id"] not in true and (row["open"] or row["next_at"] is not None):
            yield f"ticket {row['record_id']} is gone, and the ledger still waits for it"


def _differences(what: str, ours: Mapping[str, object], theirs: Mapping[str, object]) -> Iterator[str]:
    for name in sorted({*ours, *theirs}):
        if (ours.get(name) or None) != (theirs.get(name) or None):
            yield f"{what} {name} is {theirs.get(name)!r}; the ledger has {ours.get(name)!r}"


def _flagged(true: Mapping[str, Truth]) -> Iterator[str]:
    """A closed ticket keeps the tier it was last told: the mappings may have been edited since."""
    for id_, there in true.items():
        for name, value in there.wanted.items():
            shown = there.held.get(name) or ""
            if shown != value and not (name.endswith("_tier") and not there.decision.open):
                yield f"ticket {id_} should have {name} {value!r} and has {shown!r}"


def _tasks(world: World, true: Mapping[str, Truth], ever_due: set[str]) -> Iterator[str]:
    made = set(world.task_keys())
    for id_, there in true.items():
        names = [id_, *(one.ref.record_id for one in there.decision.record.absorbed)]
        for key in sorted(there.task_keys):
            what = key.removeprefix(f"task:{id_}:")
            if not any(f"task:{name}:{what}" in made for name in names):
                yield f"task {key} is missing"
    yield from (f"task {key} was never due" for key in sorted(made - ever_due))


@dataclass(frozen=True, slots=True)
class _Said:
    """What the audit log says was meant, and what it says was done."""

    meant: set[tuple[str, bytes]]
    tasks_meant: set[str]
    done: Counter[tuple[str, bytes]]
    tasks_done: Counter[str]


def _said(db: sqlite3.Connection) -> _Said:
    said = _Said(set(), set(), Counter(), Counter())
    asked: dict[int, bytes] = {}
    for entry in audit.log(db, last=10_000_000):
        record_id, body = entry.record.record_id if entry.record else "", entry.body
        if entry.kind == "write":
            said.done[record_id, asked[body["entry"]]] += 1
        elif entry.kind == "task":
            said.tasks_done[body["key"]] += 1
        for action in body.get("plan", ()):
            if "changes" in action and action["key"].startswith("properties:"):
                asked[entry.seq] = _packed(action["changes"])
            if "changes" in action:
                said.meant.add((record_id, _packed(action["changes"])))
            elif "subject" in action:
                said.tasks_meant.add(action["key"])
    return said


def _packed(changes: Mapping[str, str]) -> bytes:
    """HubSpot keeps an emptied property as none."""
    return orjson.dumps({name: value or "" for name, value in changes.items()}, option=orjson.OPT_SORT_KEYS)


def _written(world: World) -> Iterator[tuple[str, bytes]]:
    for write in world.running.log.writes("tickets"):
        if write.action == "update":
            yield str(write.record_id), _packed(write.properties)


def _without_intent(world: World, db: sqlite3.Connection) -> Problems:
    """Nothing is sent that was not first recorded together with the verdict that asks for it."""
    said = _said(db)
    found = [
        f"ticket {id_} was written {sent!r} without an entry"
        for id_, sent in _written(world)
        if (id_, sent) not in said.meant
    ]
    found += [f"task {key} was made without an entry" for key in world.task_keys() if key not in said.tasks_meant]
    done = said.done - Counter(_written(world))
    return found + [f"the log says that {sent!r} was written to {id_}, and it was not" for id_, sent in done]


def _confirmed(world: World, db: sqlite3.Connection) -> Iterator[str]:
    """Every write has its entry that says so; one that was sent again, because its answer was lost, has one for all.

    Whether a lost answer was a yes cannot be found out once the ticket is gone."""
    said = _said(db)
    there = set(world.portal.ids("tickets"))
    for id_, sent in dict(_written(world)).items():
        if id_ in there and not said.done[id_, sent]:
            yield f"no entry says that {sent!r} was written to {id_}"
    for key in world.task_keys():
        if key.split(":")[1] in there and said.tasks_done[key] != 1:
            yield f"{said.tasks_done[key]} entries say that task {key} was made"


def _nothing_left(db: sqlite3.Connection) -> Iterator[str]:
    for parcel in outbox.unsettled(db):
        yield f"{parcel.key} is still in the outbox"


def cursor(world: World) -> int | None:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return state.read_instant(ledger.db, state.CURSOR)
