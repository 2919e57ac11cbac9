"""`sla compare` on a portal in which every cause is planted, alone and in pairs, beside tickets on which both agree.

A sample in the suite: every cause, some pairs. With `make prove` 2,000 tickets: every cause and every pair 27 times.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from flows.world import world
from hubspot_sandbox.instants import to_ms
from hubspot_sla.flows.inspection.native.compare import compared
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.measure.comparison.cause import Cause, in_words
from proof import SCALE
from proofs.native_causes import (
    CALENDARS,
    EVERY_PLANT,
    FIRST_MONDAY,
    POLICIES,
    PORTAL_YAML,
    expected,
    planted_portal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.inspection.native.compare import Comparison

TICKETS = 2000
AT_LENGTH = SCALE > 1
PAIRS = EVERY_PLANT[len(Cause) :]
SAMPLE = [*EVERY_PLANT[: len(Cause)], *((Cause.RETROACTIVE,) for _ in range(3)), *PAIRS[3::5]]
PLANTS = list(EVERY_PLANT) * 27 if AT_LENGTH else SAMPLE
AGREEING = TICKETS - len(PLANTS) if AT_LENGTH else 45


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Comparison, dict[str, tuple[Cause, ...]]]]:
    planted = planted_portal(PLANTS, agreeing=AGREEING)
    folder = tmp_path_factory.mktemp("compared")
    desk = world(planted.portal, folder, POLICIES)
    for name, text in {"portal.yaml": PORTAL_YAML, "calendars.yaml": CALENDARS}.items():
        (folder / "mappings" / name).write_text(text, encoding="utf-8")
    desk.set_up()
    for meanwhile in (planted.merge, lambda: None):
        with desk.impatient() as context:
            syncing.sync(context, backfill=True)
        meanwhile()
    with desk.impatient() as context:
        comparison = compared(context, to_ms(FIRST_MONDAY) - 1)
    yield comparison, planted.plants
    desk.close()


def test_nearly_every_cause_is_named_and_none_falsely(found: Any) -> None:
    comparison, plants = found
    named: Counter[str] = Counter()
    false: Counter[tuple[str, str, str]] = Counter()
    for goal in comparison.goals:
        wanted = expected(plants[goal.ticket], of_first_response=goal.metric == "first_response")
        if goal.causes == wanted:
            named["right"] += 1
        elif goal.causes == (Cause.UNKNOWN,):
            named["unknown"] += 1
        else:
            false[goal.metric, in_words(wanted), in_words(goal.causes)] += 1
    figures = f"{comparison.tickets} tickets, {comparison.calls} calls: {dict(named)}, falsely {dict(false)}"
    print(figures)  # noqa: T201 - the figures of a long run
    assert comparison.tickets == len(plants)
    assert len(comparison.goals) == 2 * len(plants)
    assert false == {}
    assert named["right"] >= 0.95 * len(comparison.goals)


def test_every_kind_of_plant_is_among_them(found: Any) -> None:
    comparison, _ = found
    single = {goal.causes for goal in comparison.goals if len(goal.causes) == 1}
    assert single == {(cause,) for cause in Cause}
    assert any(not goal.causes for goal in comparison.goals)
    assert any(len(goal.causes) == 2 for goal in comparison.goals)


def test_everything_is_read_in_batches(found: Any) -> None:
    """The account, the property definitions and the pipelines; a search for 200 tickets, a read for 50."""
    comparison, _ = found
    tickets = comparison.tickets
    assert comparison.calls <= 3 + -(-tickets // 200) + 1 + -(-tickets // 50)
