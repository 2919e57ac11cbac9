"""`sla report` over generated outcomes: seconds and peak memory, as processes of their own.

    uv run python benchmarks/report.py [--outcomes 1000000] [--ledger FILE] [--spread 24]

The outcomes are spread evenly over so many months, the report is of the last whole year and of one month.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from time import perf_counter
from typing import TYPE_CHECKING

from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.installation.starter_set import starter_root
from hubspot_sla.ledger import names, outcomes, runs, versions
from hubspot_sla.ledger import records as tickets
from hubspot_sla.ledger.database import open_for_writing
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.records import RecordRow
from hubspot_sla.ledger.versions import PolicyVersion
from hubspot_sla.measure.outcome import Attribution, Excluded, Outcome, PausedBy, Promised, When, Who
from hubspot_sla.measure.whose_time import Holder, HolderSpan, HolderTime
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.loader import load, read_texts
from hubspot_sla.policy.portal_ids import PortalIds

if TYPE_CHECKING:
    import sqlite3

HOUR, DAY = 3_600_000, 24 * 3_600_000
END = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1000)
CLOCKS = ("first_response", "next_response", "resolution", "assignment")
PAGE = 5_000
COPIES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--outcomes", type=int, default=1_000_000)
    parser.add_argument("--spread", type=int, default=24, metavar="MONTHS")
    parser.add_argument("--ledger", type=Path)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        ledger = asked.ledger or Path(folder) / "ledger.db"
        if not ledger.exists():
            # In a process of its own: one that is begun by a large one counts the memory of that as its own.
            begun = perf_counter()
            made = Process(target=generate, args=(ledger, asked.outcomes, asked.spread))
            made.start()
            made.join()
            print(f"{asked.outcomes} outcomes over {asked.spread} months written in {perf_counter() - begun:.0f} s")
        for words in (
            ["list", "--from", "2025-01-01", "--to", "2026-12-31", "--format", "csv"],
            ["list", "--from", "2025-01-01", "--to", "2026-12-31", "--json"],
            ["list", "--from", "2025-01-01", "--to", "2026-12-31"],
            ["--period", "2026-10"],
            ["--from", "2025-11-01", "--to", "2026-10-31"],
            ["--from", "2025-11-01", "--to", "2026-10-31", "--by", "customer,metric", "--format", "csv"],
            ["--period", "2026-10", "--format", "html"],
            ["--from", "2025-11-01", "--to", "2026-10-31", "--format", "html"],
            ["--from", "2025-11-01", "--to", "2026-10-31", "--by", "customer,metric", "--format", "html"],
            ["--from", "2025-11-01", "--to", "2026-10-31", "--by", "customer,metric", "--json"],
            ["--from", "2025-11-01", "--to", "2026-10-31", "--by", "customer,metric,priority", "--format", "html"],
            ["--period", "2026-10", "--format", "xlsx", "--out", "/dev/null"],
            ["late", "--format", "csv"],
        ):
            measure(ledger, words)


def measure(ledger: Path, words: list[str]) -> None:
    """One command in a process of its own."""
    begun = perf_counter()
    command = [str(Path(sys.executable).parent / "sla"), "report", *words, "--ledger", str(ledger)]
    with TemporaryFile() as printed:  # a list of everything is 300 MB
        process = subprocess.Popen(command, stdout=printed)
        _, status, used = os.wait4(process.pid, 0)
        size = f"{printed.seek(0, os.SEEK_END) / 1024:7.0f} KiB"
    seconds = perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    spent = f"{seconds:6.1f} s  {used.ru_utime + used.ru_stime:5.1f} s of CPU"
    print(f"{' '.join(words):85} {spent}  {size}  peak {used.ru_maxrss / 1024:4.0f} MiB", flush=True)


def generate(path: Path, number: int, months: int) -> None:
    """A ledger with so many outcomes, four a record; the same for the same numbers."""
    chance = random.Random(16)  # noqa: S311 - figures for a benchmark
    span = months * 30 * DAY
    with open_for_writing(path) as ledger:
        with ledger.transaction() as db:
            texts = read_texts(starter_root() / "mappings")
            stages = load(texts).portal.stages
            ids = PortalIds(
                {name: name for name in stages}, {name: {stage: stage for stage in stages[name]} for name in stages}
            )
            versions.add(db, PolicyVersion(load(texts).version, END - span, texts, ids.to_json()))
            names.remember(db, Named.OWNER, {str(700 + n): f"Agent {n}" for n in range(60)}, END - span)
            names.remember(db, Named.COMPANY, {str(n): f"Customer {n}" for n in range(800)}, END - span)
            runs.begin(db, "bench", "sync", END - HOUR)
            runs.end(db, "bench", END, {})
        records = number // len(CLOCKS) // COPIES
        for first in range(0, records, PAGE):
            page = {
                str(10_000_000 + record): [
                    one(chance, clock, END - span + span * record // records) for clock in CLOCKS
                ]
                for record in range(first, min(first + PAGE, records))
            }
            judged = dict.fromkeys(page, outcomes.Judged(END, 1, 1, 0))
            with ledger.transaction() as db:
                outcomes.save(db, "tickets", {id_: held(of_record) for id_, of_record in page.items()}, judged)
                tickets.save(db, [ticket(id_, of_record) for id_, of_record in page.items()])
        written = records * len(CLOCKS)
        for copy in range(1, COPIES):
            with ledger.transaction() as db:
                repeat(db, copy, written)


def repeat(db: sqlite3.Connection, copy: int, number: int) -> None:
    """The first `number` rows once more under other ids, a few minutes later."""
    columns = [row["name"] for row in db.execute("select name from pragma_table_info('outcomes')")]
    later = {"id": f"id + {copy * number}", "record_id": f"cast(record_id + {copy}0000000 as text)"}
    later |= {name: f"{name} + {copy * 60_000}" for name in ("due_at", "breached_at", "started_at", "stopped_at")}
    selected = ", ".join(later.get(name, name) for name in columns)
    db.execute(f"insert into outcomes ({', '.join(columns)}) select {selected} from outcomes where id <= ?", (number,))
    db.execute(
        f"insert into records select object_type, cast(record_id + {copy}0000000 as text), fingerprint, updated_at,"
        " companies, written, inputs, open, next_at, gone, merged_into from records"
        " where cast(record_id as integer) < 11000000"
    )
    db.execute(
        f"insert into outcome_time select outcome + {copy * number}, holder, name, late, ms from outcome_time"
        " where outcome <= ?",
        (number,),
    )


def ticket(record_id: str, of_record: list[Outcome]) -> RecordRow:
    created = of_record[0].when.started_at or END
    inputs: dict[str, str | None] = {"createdate": wire(created), "subject": f"Ticket {record_id}"}
    return RecordRow("tickets", record_id, "", created, (), {}, inputs, open=False, next_at=None)


def held(of_record: list[Outcome]) -> list[Outcome]:
    """The outcomes of a record of which a third were paused, and with whose time it was where several are late."""
    late = [one for one in of_record if one.when.breached_at is not None]
    cuts = sorted({at for one in late for at in (one.when.started_at, one.when.breached_at, one.when.stopped_at) if at})
    return [
        replace(one, attribution=attribution(one, cuts if len(late) > 1 and one in late else [])) for one in of_record
    ]


def attribution(one: Outcome, cuts: list[int]) -> Attribution:
    took = one.when.elapsed_ms
    pauses = (
        (PausedBy(f"CRM_UI userId:{took % 60}", took // 9, took // 3, met_only=took % 7 == 0),) if took % 3 == 0 else ()
    )
    start, broke = one.when.started_at or 0, one.when.breached_at or 0
    end = one.when.stopped_at or max([*cuts, 0])
    spans = tuple(
        HolderSpan(left, right, Holder.QUEUE, one.who.team_id or "", left >= broke, right - left)
        for left, right in pairwise(cuts)
        if start <= left and right <= end
    )
    return Attribution(pauses, any(pause.met_only for pause in pauses), "", spans)


def one(chance: random.Random, clock: str, created: int) -> Outcome:
    """One outcome of a ticket that was created then."""
    target = chance.choice((1, 4, 8, 24)) * HOUR
    took = int(chance.expovariate(1 / (0.6 * target)))
    due, stopped = created + target, created + took
    kind = chance.random()
    excluded, status = None, Status.MET if took <= target else Status.MISSED
    if kind < 0.03:
        excluded, status = Excluded.NOT_APPLICABLE, Status.NOT_APPLICABLE
    elif kind < 0.04:
        status = Status.BREACHED
    elif kind < 0.05:
        status = Status.RUNNING
    is_open = status in (Status.BREACHED, Status.RUNNING)
    late = max(0, took - target)
    when = When(
        started_at=created,
        due_at=None if excluded else due,
        stopped_at=None if is_open or excluded else stopped,
        ended_at=stopped if excluded else None,
        breached_at=due if status in (Status.MISSED, Status.BREACHED) else None,
        elapsed_ms=took,
        late_ms=late,
        late_wall_ms=late,
    )
    team = str(chance.randrange(6))
    held = [
        HolderTime(Holder.QUEUE, team, late=False, ms=min(took, target)),
        HolderTime(Holder.CUSTOMER, "", late=False, ms=1),
    ]
    if late:
        held.append(HolderTime(Holder.QUEUE, team, late=True, ms=late))
    return Outcome(
        clock,
        1,
        status,
        excluded,
        inferred=False,
        promised=Promised(
            f"policy-{chance.randrange(5)}", 1, chance.choice(("gold", "silver", None)), "berlin", target
        ),
        who=Who(
            at=due,
            company_id=str(chance.randrange(800)),
            owner_id=str(700 + chance.randrange(60)),
            team_id=team,
            pipeline_id="0",
            stage_id="1",
            stage_role="open",
            priority=chance.choice(("LOW", "MEDIUM", "HIGH", "URGENT")),
        ),
        when=when,
        whose_time=tuple(sorted(held, key=lambda time: (time.holder, time.name, time.late))),
    )


if __name__ == "__main__":
    main()
