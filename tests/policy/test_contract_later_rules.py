"""Checks of contracts that came later: what is in force goes on, what is edited is refused."""

from __future__ import annotations

import pytest

from contract.written_contracts import WITH_A_VENDOR
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.loader import load
from hubspot_sla.policy.review import warnings_about
from policy.mapping_texts import texts

SOUND = """\
contracts:
  - id: acme
    customer: "1"
    currency: EUR
    valid_from: 2026-01-01
    fees: {support: 1000}
    objectives:
      - id: kept
        measure: {attainment: resolution}
        promised: 95%
        credit: {linear: {step: 1%, pays: 2 points}}
    points: {bands: [{at_least: 4, pays: 5%}]}
"""
SINCE = [
    ("promised: 95%", "promised: 195%", "contracts.yaml:10:19: '195%' is more than all"),
    ("currency: EUR", "currency: DEM", "contracts.yaml:4:15: there is no currency 'DEM' since before 2026-01-01"),
    ("step: 1%", "step: 0%", "contracts.yaml:11:33: a step of nothing is none"),
    ("pays: 5%", "pays: 5 points", "contracts.yaml:12:42: points are worth a share or money"),
    ("pays: 5%", "pays: 5 days", "contracts.yaml:12:42: points are worth a share or money"),
]


@pytest.mark.parametrize(("old", "new", "said"), SINCE, ids=[case[1] for case in SINCE])
def test_contracts_in_force_go_on_with_what_is_refused_since(old: str, new: str, said: str) -> None:
    every = texts(contracts=SOUND.replace(old, new, 1), portal=WITH_A_VENDOR)
    with pytest.raises(MappingInvalid) as refused:
        load(every)
    (problem,) = refused.value.problems
    assert str(problem).startswith(said)
    in_force = load(every, later_rules=False)
    assert in_force.contracts.ids == ("acme",)
    assert in_force.refused_by_now == (problem,)
    assert problem not in warnings_about(in_force, every, 0)


def test_a_currency_that_never_was_is_refused_in_contracts_in_force_too() -> None:
    every = texts(contracts=SOUND.replace("EUR", "EURO"), portal=WITH_A_VENDOR)
    with pytest.raises(MappingInvalid, match="there is no currency 'EURO'"):
        load(every, later_rules=False)


def test_of_sound_contracts_nothing_is_refused_by_now() -> None:
    assert load(texts(contracts=SOUND, portal=WITH_A_VENDOR)).refused_by_now == ()
