"""What a walk through all tickets costs in calls, beside its floor, where ids are sparse and clustered, as HubSpot's.

    uv run python benchmarks/clustered_ids.py [10000 100000 ...]

The sandbox gives its default ids: in clusters, and not in the order of creation. The floor is one call for each full
page of the list; searches that look for where half of the tickets are count as calls, and so does everything else that
the walk asks for. With histories a page holds 50 tickets, without them 100. Time is not measured: no limits are
enforced.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import serve
from hubspot_sla.hubspot.batches import BATCH, BATCH_WITH_HISTORY
from hubspot_sla.hubspot.current_time import ClockMode
from hubspot_sla.hubspot.portal import Portal

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOKEN = "pat-eu1-00000000-1111-2222-3333-444455556666"  # noqa: S105 - of a sandbox
KINDS = {"plain": ((), BATCH), "with history": (("hs_pipeline_stage",), BATCH_WITH_HISTORY)}


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [10_000]
    print("| tickets | walk | ids from | to | calls | searches | floor | ratio |")
    print("| -: | -- | -: | -: | -: | -: | -: | -: |")
    for size in sizes:
        source = seeded_portal(NOW, tickets=size)
        with serve(source, token=TOKEN, enforce_limits=False) as running:
            ids = sorted(map(int, source.ids("tickets")))
            for kind, (history, page) in KINDS.items():
                calls, searches = walked(running.url, history, len(ids))
                floor = -(-len(ids) // page)
                row = (f"{len(ids):,}", kind, f"{ids[0]:,}", f"{ids[-1]:,}", f"{calls:,}", str(searches), f"{floor:,}")
                print("| " + " | ".join((*row, f"{calls / floor:.3f}")) + " |", flush=True)


def walked(url: str, history: tuple[str, ...], expected: int) -> tuple[int, int]:
    """All calls of one walk, and the searches among them. Raises SystemExit where a ticket is missing or came twice."""
    with Portal.connect(url, TOKEN, clock=ClockMode.HUBSPOT) as portal:
        came = [row.id for page, _ in portal.of("tickets").walk(("subject",), history) for row in page.rows]
        calls = portal.transport.calls
    if len(set(came)) != len(came) or len(came) != expected:
        raise SystemExit(f"{len(came)} rows, {len(set(came))} of them different, where {expected} were expected")
    return calls.total(), calls["search"]


if __name__ == "__main__":
    main()
