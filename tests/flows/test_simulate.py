"""Simulations over a ledger: the mappings in force flip nothing, others what they would, and nothing is written."""

from __future__ import annotations

import signal
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from flows.test_sweep import merge
from hubspot_sla.errors import ComeBackLater, MappingInvalid, UsageProblem
from hubspot_sla.flows.simulation import ledger_source, processes, simulate
from hubspot_sla.flows.simulation.document import document
from hubspot_sla.flows.simulation.ledger_source import last_known
from hubspot_sla.flows.simulation.request import Request
from hubspot_sla.flows.simulation.simulate import simulated
from hubspot_sla.flows.simulation.tally import Tally
from hubspot_sla.ledger import database
from hubspot_sla.policy.loader import read_texts
from hubspot_sla.render.report.as_json import as_json
from proofs import checks

if TYPE_CHECKING:
    from pathlib import Path

    from flows.world import World


def request(world: World, **more: Any) -> Request:
    ledger = world.folder / "ledger.db"
    new = read_texts(world.folder / "mappings")
    return replace(Request(new=new, base=None, now=last_known(ledger), ledger=ledger), **more)


def told(asked: Request, jobs: int = 1) -> Any:
    return as_json(document(simulated(asked, jobs=jobs)))


def edited(world: World, old: str, new: str, name: str = "policies.yaml") -> dict[str, str]:
    texts = read_texts(world.folder / "mappings")
    assert old in texts[name]
    return texts | {name: texts[name].replace(old, new)}


def content(folder: Path) -> bytes:
    return (folder / "ledger.db").read_bytes()


def test_the_mappings_in_force_flip_nothing_and_say_what_the_ledger_holds(seeded: World) -> None:
    seeded.sync(backfill=True)
    with database.open_for_reading(seeded.folder / "ledger.db") as ledger:
        assert list(checks.simulated(ledger)) == []
    total = told(request(seeded))["tables"]["total"][0]
    met, judged = seeded.rows(
        "select sum(status = 'met'), sum(status in ('met', 'missed', 'breached')) from outcomes"
        " where clock not like 'ola:%' and clock not like 'uc:%'"
    )[0]
    assert (total["met_before"], total["judged_before"]) == (met, judged)
    assert (total["met_after"], total["broken"], total["kept"]) == (met, 0, 0)


def test_other_mappings_flip_what_they_would_though_the_ticket_is_closed(live: World) -> None:
    done = live.ticket(subject="Quick")
    live.advance(hours=2)
    live.change(done, hs_pipeline_stage="4")
    live.sync()
    before = content(live.folder)
    (flip,) = told(request(live, new=edited(live, "default: 24h", "default: 1h")))["tables"]["flips"]
    assert (flip["record"], flip["reason"]) == (done, "target 1h instead of 24h")
    assert content(live.folder) == before


def test_a_ledger_in_use_can_be_simulated_and_stays_as_it_is(live: World) -> None:
    with database.open_for_writing(live.folder / "ledger.db") as writer, writer.transaction():
        assert told(request(live))["tables"]["flips"] == []


def test_merged_tickets_come_out_the_same_however_the_ids_are_parted(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = live.ticket(), live.ticket()
    live.sync()
    live.advance(hours=1)
    merge(live, first, second)
    live.sync()
    asked = request(live, new=edited(live, "default: 24h", "default: 30m"))
    whole = told(asked)
    monkeypatch.setattr(ledger_source, "AT_A_TIME", 1)
    assert told(asked) == whole


def test_a_property_that_was_never_recorded_is_named(live: World) -> None:
    new = edited(live, "{pipeline: Onboarding}", "{pipeline: Onboarding, property: {severity: '1'}}")
    with pytest.raises(UsageProblem, match="never recorded ticket property severity") as refused:
        told(request(live, new=new))
    assert "report.dimensions" in refused.value.remedy


def test_messages_that_were_never_read_are_named(live: World) -> None:
    texts = read_texts(live.folder / "mappings")
    portal = texts["portal.yaml"]
    messages = texts | {"portal.yaml": f"{portal}\nmessages: {{sources: [threads, notes]}}\n"}
    with pytest.raises(UsageProblem, match="messages of notes, messages of threads"):
        told(request(live, new=messages))


def test_records_of_before_a_day_are_left_out(live: World) -> None:
    for hours in (0, 5):
        live.advance(hours=hours)
        live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    since = int(live.now.timestamp() * 1000)
    assert [simulated(request(live, since=at), jobs=1).tally.records for at in (None, since, since + 1)] == [2, 1, 0]


def test_names_that_the_mappings_in_force_do_not_have_are_looked_up_among_those_of_the_portal(live: World) -> None:
    by_id = edited(live, "Waiting on us: open", "'3': open", "portal.yaml")
    assert told(request(live, new=by_id))["tables"]["flips"] == []
    with pytest.raises(MappingInvalid, match="no stage 'Waiting on nobody'"):
        told(request(live, new=edited(live, "Waiting on us", "Waiting on nobody", "portal.yaml")))


def test_before_the_first_sync_there_is_nothing_to_simulate(empty: World) -> None:
    empty.set_up()
    with pytest.raises(UsageProblem, match="judged nothing yet"):
        last_known(empty.folder / "ledger.db")


@dataclass(frozen=True)
class Signalled:
    """A part that sends a signal to the process that is given it, before it is counted."""

    part: object
    number: signal.Signals

    def __reduce__(self) -> Any:
        """Of built-in functions alone: no test can be imported over there."""
        kill = f"__import__('os').kill(__import__('os').getpid(), {self.number.value})"
        return eval, (f"({kill}, part)[1]", {"part": self.part})


def test_several_processes_count_as_one_does_and_a_killed_one_is_an_error(live: World) -> None:
    """Ctrl-C they leave to the one that began them."""
    for number in range(3):
        live.ticket(hs_ticket_priority="HIGH" if number else "LOW")
    live.sync()
    asked = request(live, new=edited(live, "HIGH: 8h", "HIGH: 1h"))
    with processes.opened(asked) as source:
        parts, wanted = list(source.parts()), source.wanted()
        alone = [source.counted(part, wanted) for part in parts]
    assert sum(tally.records for tally in alone) == 3
    interrupted = [Signalled(part, signal.SIGINT) for part in parts]
    by_others = processes._by_several(asked, [*interrupted, Signalled(None, signal.SIGKILL)], 1)
    assert [next(by_others)[1] for _ in parts] == alone
    with pytest.raises(ComeBackLater, match="was killed"):
        next(by_others)


def test_processes_that_may_have_opened_different_states_of_the_ledger_are_no_result(live: World) -> None:
    asked = request(live, new=edited(live, "HIGH: 8h", "HIGH: 1h"))
    before, after = Tally(records=1), Tally(records=2)
    with processes.opened(asked) as source:
        coming = processes.of_one_state([(1, before), (1, after), (2, before)], source.is_changed)
        assert next(coming) is before
        live.ticket()
        live.sync()
        assert next(coming) is after  # of a process that had opened it by then
        with pytest.raises(processes.StatesDiffer):
            next(coming)


def test_where_somebody_keeps_writing_one_process_does_it_all(live: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request(live, new=edited(live, "HIGH: 8h", "HIGH: 1h"))
    tried: list[int | None] = []

    def tallied(source: Any, wanted: Any, jobs: int | None, tell: Any) -> Tally:
        tried.append(jobs)
        if jobs != 1:
            raise processes.StatesDiffer
        return processes.tallied(source, wanted, jobs, tell)

    monkeypatch.setattr(simulate, "tallied", tallied)
    assert simulate.simulated(asked, jobs=4).tally.records == 0
    assert tried == [4, 4, 1]
