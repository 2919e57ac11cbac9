"""One road from the ledger to the facts: what `sla explain` computes of a ticket is what the ledger holds, after merges
in both of HubSpot's ways, reopenings, archives, changes of tier and edits of the mappings, in any order. And what was
recorded at any time comes out again of what was known then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hubspot_sla.ledger import database
from proof import PARTS, SCALE, SUITE
from proofs import checks, people
from proofs.lanes import FAST
from proofs.machine import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

PICK = st.integers(0, 30)
Step = tuple[str, int, int]
STEPS: dict[str, Callable[[Desk, int, int], object]] = {
    "create": lambda desk, one, two: desk.create(one, people.PRIORITIES[two % 4], (0, 1, 30)[two % 3]),
    "prioritise": lambda desk, one, two: desk.prioritise(one, people.PRIORITIES[two % 4]),
    "move": lambda desk, one, two: desk.move(one, sorted(people.STAGES)[two % 2], two % 4),
    "close and reopen": lambda desk, one, _: desk.flip(one),
    "reply": lambda desk, one, _: desk.agent_replies(one),
    "write": lambda desk, one, _: desk.customer_writes(one),
    "merge": lambda desk, one, two: desk.merge(one, two),
    "archive": lambda desk, one, _: desk.archive(one),
    "restore": lambda desk, one, _: desk.restore(one) if desk.archived else None,
    "change the tier": lambda desk, one, two: desk.change_tier(one, people.TIERS[two % 4]),
    "edit the mappings": lambda desk, one, two: desk.edit_mappings(one % 3, people.AS_OF[two % 2]),
    "wait": lambda desk, one, _: desk.wait((7, 61, 400, 1500)[one % 4]),
    "sync": lambda desk, *_: desk.run(FAST),
    "sweep": lambda desk, *_: desk.run("sweep"),
}
SOME = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), PICK, PICK), max_size=12)
MERGE = st.tuples(st.just("merge"), PICK, PICK)


@pytest.mark.parametrize("part", PARTS)
@settings(
    max_examples=(4 if SCALE == 1 else 12 * SCALE) // len(PARTS),
    deadline=None,
    derandomize=SCALE == 1,
    phases=SUITE if SCALE == 1 else (*SUITE, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(keeps=st.booleans(), before=SOME, merges=st.lists(MERGE, min_size=1, max_size=3), after=SOME)
def test_what_explain_computes_of_any_ticket_is_what_the_ledger_holds(
    part: int, keeps: bool, before: list[Step], merges: list[Step], after: list[Step]
) -> None:
    desk = Desk()
    desk.world.portal.behaviour = replace(desk.world.portal.behaviour, merges_keep_the_primary_id=keeps)
    try:
        desk.go_live()
        for hours in (1, 30):  # a merge shows best where the tickets are of different ages
            desk.create(hours, "HIGH", hours)
        desk.run(FAST)
        for name, one, two in [*before, *merges, *after]:
            STEPS[name](desk, one, two)
        desk._run_all()
        with database.open_for_reading(desk.world.folder / "ledger.db") as ledger:
            problems = list(checks.explained(ledger.db, desk.world.portal.clock.now_ms()))
            problems += checks.replayed(ledger)
            problems += checks.simulated(ledger)
            problems += checks.known_then(ledger.db, step=7 if SCALE == 1 else 1)
    finally:
        desk._open.close()
    assert problems == []
