"""`sla evaluate` says the same by kept mappings, by compiled ones, and where what was kept is of no use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from cli.test_evaluate import CALENDARS, NOW, POLICIES, PORTAL, TIERS, ticket
from hubspot_sla.flows.context import kept_mappings
from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.context.start_cache import StartCache
from hubspot_sla.flows.inspection.evaluate import Evaluated, Evaluator, offline_portal_ids
from hubspot_sla.flows.inspection.instants import parse_instant
from hubspot_sla.flows.records.ticket_file import Row, row_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hubspot_sla.policy.mappings import Mappings

TEXTS = {"portal.yaml": PORTAL, "calendars.yaml": CALENDARS, "tiers.yaml": TIERS, "policies.yaml": POLICIES}
BERLIN = CALENDARS.replace("Etc/UTC", "Europe/Berlin\n    holidays: {country: DE, subdivision: BE}")


def evaluator(mappings: Mappings, otherwise: Callable[[], Evaluator] | None = None) -> Evaluator:
    ids = offline_portal_ids(mappings, None)
    return Evaluator(mappings, ids, parse_instant("--now", NOW), {}, {}, otherwise=otherwise)


def said(by: Evaluator) -> dict[str, object]:
    row = row_of(1, orjson.dumps(ticket(hs_ticket_priority="HIGH")))
    assert isinstance(row, Row)
    judged = by.of(row)
    assert isinstance(judged, Evaluated), judged
    return judged.as_json()


@pytest.fixture
def cache(tmp_path: Path) -> StartCache:
    return StartCache(tmp_path / "kept")


@pytest.mark.parametrize("calendars", [CALENDARS, BERLIN])
def test_the_second_time_nothing_is_compiled_and_the_same_is_said(
    cache: StartCache, monkeypatch: pytest.MonkeyPatch, calendars: str
) -> None:
    texts = {**TEXTS, "calendars.yaml": calendars}
    first = said(kept_mappings.judging_by(texts, cache, evaluator))
    monkeypatch.setattr(kept_mappings, "load_mappings", None)
    assert said(kept_mappings.judging_by(texts, cache, evaluator)) == first
    assert first["status"] == "missed"


def test_where_what_was_kept_is_of_no_use_it_is_compiled_and_kept_anew(
    cache: StartCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = said(kept_mappings.judging_by(TEXTS, cache, evaluator))
    broken: Any = None
    with monkeypatch.context() as patched:
        recalled = kept_mappings.recalled
        patched.setattr(kept_mappings, "recalled", lambda kept, data: replace(recalled(kept, data), policy_set=broken))
        assert said(kept_mappings.judging_by(TEXTS, cache, evaluator)) == first
    monkeypatch.setattr(kept_mappings, "load_mappings", None)
    assert said(kept_mappings.judging_by(TEXTS, cache, evaluator)) == first


def test_a_row_that_cannot_be_judged_by_what_was_kept_is_judged_by_what_is_compiled() -> None:
    by_compiled = evaluator(load_mappings(TEXTS))
    broken: Any = None
    kept = evaluator(by_compiled.version.mappings, lambda: by_compiled)
    kept._versions = broken
    assert said(kept) == said(by_compiled)
