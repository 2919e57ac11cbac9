"""The portal of `sync.py`, in a process of its own: real limits, real round trips, and somebody at work in it.

    python benchmarks/portal.py '{"seeded": 10000, "round_trip_ms": 300}'

Says where it is as a line of JSON, then does what each line of JSON on its standard input asks for and answers it with
another one, until that ends. It knows the sandbox and nothing else of this project.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from hubspot_sandbox.load import load_portal
from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import Running, serve

if TYPE_CHECKING:
    from hubspot_sandbox.portal import Portal

TOKEN = "pat-benchmark"  # noqa: S105 - of a portal that lives for a minute
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def main() -> None:
    options = json.loads(sys.argv[1])
    with serve(portal(options), token=TOKEN) as running:
        if options["round_trip_ms"]:
            running.faults.add("latency", ms=options["round_trip_ms"])
        tell({"url": running.url, "tickets": len(running.portal.ids("tickets"))})
        for line in sys.stdin:
            tell(do(running, json.loads(line)))


def portal(options: dict[str, object]) -> Portal:
    if "load" in options:
        return load_portal(Path(str(options["load"])))
    return seeded_portal(NOW, tickets=int(str(options.get("seeded", 0))))


def do(running: Running, work: dict[str, int]) -> dict[str, float]:
    """One piece of work: `advance_s`, `open`, `converse`, `change`, `edit_pipeline`; all of it now. `converse` has a
    customer write on so many tickets, the last ones, each in its one thread."""
    served = running.portal
    if "advance_s" in work:
        running.advance(timedelta(seconds=work["advance_s"]))
    now = served.clock.now()
    with served.current(), served.store.together():
        if "open" in work:
            for number in range(work["open"]):
                ticket = served.create(
                    "tickets", {"subject": f"Printer {number}", "hs_pipeline": "0", "hs_pipeline_stage": "1"}, at=now
                )
                served.associate("tickets", ticket, "companies", str(5001 + number % 40), primary=True)
        if "converse" in work:
            for id_ in served.ids("tickets")[-work["converse"] :]:
                threads = served.threads_of(id_) or [served.start_thread(id_)]
                served.write_message(threads[0], text="It is down.", at=now)
        if "change" in work:
            for id_ in served.ids("tickets")[-work["change"] :]:
                now += timedelta(milliseconds=1)
                urgent = served.read("tickets", id_).get("hs_ticket_priority") == "URGENT"
                served.update("tickets", id_, {"hs_ticket_priority": "HIGH" if urgent else "URGENT"}, at=now)
        if "edit_pipeline" in work:
            running.faults.add("edit_pipeline", pipeline=str(work["edit_pipeline"]))
        in_pipeline = sum(served.read("tickets", id_)["hs_pipeline"] == "0" for id_ in served.ids("tickets"))
    cpu_s = process_time()
    return {"in_pipeline": in_pipeline, "companies": len(served.ids("companies")), "cpu_s": cpu_s}


def tell(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
