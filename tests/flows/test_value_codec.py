"""Compiled mappings written down and read back are the same mappings; nothing else is ever made out of a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.context.value_codec import Unkeepable, Unreadable, decoded, encoded
from hubspot_sla.policy.calendar_data import INSTALLED, ResolvedData
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.grammars import FIRST
from hubspot_sla.policy.loader import read_texts
from hubspot_sla.policy.written_contracts import NO_CONTRACTS
from policy.mapping_texts import texts
from proof import examples

if TYPE_CHECKING:
    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.policy.mappings import Mappings

ROOT = Path(__file__).parents[2]
FIRST_GRAMMAR = ROOT / "tests/policy/grammars/first/whole"


def stored(mappings: Mappings) -> Any:
    shown = replace(mappings, objectives=(), contracts=NO_CONTRACTS)
    return orjson.loads(orjson.dumps(encoded(shown)))


def loaded(name: str) -> Mappings:
    if name == "starter":
        return load_mappings(read_texts(ROOT / "mappings"), data=ResolvedData())
    if name == "first grammar":
        return load_mappings(read_texts(FIRST_GRAMMAR), FIRST, later_rules=False, data=ResolvedData())
    more = {"escalations": RUNGS_OF_CONTRACTS} if name == "rungs of contracts" else {}
    return load_mappings(texts(**more), data=ResolvedData())


EXAMPLES = ("starter", "first grammar", "small", "rungs of contracts")
RUNGS_OF_CONTRACTS = """\
contracts:
  - side: vendor
    rungs:
      - {at: below, do: [{task: "7"}]}
      - {at: date, before: {business_days: 5, calendar: office}, do: [{task: "7"}]}
"""


def told(promise: Promise) -> tuple[object, ...]:
    """Calendars are other objects after reading: their meaning stands for them."""
    bare = replace(promise, calendar=None, due_rule=None)  # type: ignore[arg-type]
    start = 1_790_000_000_000
    return bare, promise.calendar.digest, promise.due_without_pauses(start)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_read_back_is_written_the_same_way(name: str) -> None:
    table = stored(loaded(name))
    assert orjson.loads(orjson.dumps(encoded(decoded(table, ResolvedData())))) == table


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_calendars_are_the_same_and_one_calendar_is_one_object(name: str) -> None:
    mappings, data = loaded(name), ResolvedData()
    again = decoded(stored(mappings), data)
    for policy in again.policy_set.policies:
        assert policy.calendar is again.calendars[policy.calendar.name]
    for calendar_name, calendar in mappings.calendars.items():
        read = again.calendars[calendar_name]
        assert read.digest == calendar.digest
        assert read.holidays(2026) == calendar.holidays(2026)
        assert read.due(1_790_000_000_000, 36_000_000) == calendar.due(1_790_000_000_000, 36_000_000)
    assert set(data.used) <= {f"zone {calendar.zone}" for calendar in mappings.calendars.values()} | {
        name for name in data.used if name.startswith("holidays ")
    }


_WORDS = st.sampled_from(
    ["HIGH", "URGENT", "LOW", "gold", "platinum", "EMAIL", "Support Pipeline", "Billing", None, ""]
)


@given(st.sampled_from(EXAMPLES), st.integers(1_700_000_000_000, 1_900_000_000_000), _WORDS, _WORDS, st.lists(_WORDS))
@examples(30)
def test_the_same_is_promised_to_everybody(
    name: str, at: int, tier: str | None, pipeline: str | None, values: list[str | None]
) -> None:
    mappings = _LOADED.setdefault(name, loaded(name))
    again = _READ.setdefault(name, decoded(stored(mappings), ResolvedData()))
    asked = mappings.policy_set.ticket_properties
    assert again.policy_set.ticket_properties == asked
    subject = Subject(at, tier, pipeline or "", properties=dict(zip(asked, values, strict=False)))
    for policy, read in zip(mappings.policy_set.policies, again.policy_set.policies, strict=True):
        assert read.reason_against(subject) == policy.reason_against(subject)
        assert [*map(told, read.promised(subject))] == [*map(told, policy.promised(subject))]


_LOADED: dict[str, Mappings] = {}
_READ: dict[str, Mappings] = {}


@pytest.mark.parametrize(
    "table",
    [
        None,
        [],
        {},
        [[]],
        [5],
        [["os.system", "true"]],
        [["policy.loader._Loading"]],
        [["policy.durations.Duration", 1]],
        [["policy.durations.Duration", "1h", "x", 0, 0, 0, 0]],
        [["tuple", [0]]],
        [["tuple", [7]]],
        [["tuple", [-1]]],
        [["tuple", ["x"]]],
        [["clock.metrics.Metric", "no metric"]],
        [["clock.metrics.Metric"]],
        [["date", "no date"]],
        [["date", 5]],
        [["zone", "Nowhere/Land"]],
        [["zone", "../../etc/passwd"]],
        [["document", 5]],
        [["dict", "key without a value"]],
        [["dict", [0]]],
        [["Decimal", "x"]],
        [[["tuple"]]],
    ],
)
def test_a_table_that_nobody_wrote_is_refused_in_one_way(table: object) -> None:
    with pytest.raises(Unreadable):
        decoded(table, INSTALLED)


def test_a_field_of_the_wrong_type_is_refused() -> None:
    table = stored(loaded("small"))
    place = next(number for number, entry in enumerate(table) if entry[0] == "policy.mappings.Mappings")
    for number in range(1, len(table[place])):
        wrong = [list(entry) for entry in table]
        wrong[place][number] = 5.5
        with pytest.raises(Unreadable):
            _used(decoded(wrong, ResolvedData()))


def _used(mappings: Mappings) -> None:
    """What only a class could say may be wrong still; whoever uses it asks anew without it."""
    if not hasattr(mappings.portal, "stages") or not hasattr(mappings.policy_set, "policies"):
        raise Unreadable("no portal, or no policies")
    if not hasattr(mappings.tiers, "ranks") or not hasattr(mappings.contracts, "written"):
        raise Unreadable("no tiers, or no contracts")


@pytest.mark.parametrize("value", [object(), print, {"a": {1: lambda: 5}}, date, b"bytes"])
def test_a_value_of_another_kind_is_not_kept(value: object) -> None:
    with pytest.raises(Unkeepable):
        encoded((value,))
