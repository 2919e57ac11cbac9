"""Rungs of contracts in escalations.yaml: what is compiled, and what is refused where it stands."""

from __future__ import annotations

from datetime import date

import pytest

from contract.written_contracts import WITH_A_VENDOR
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.plan.contract_rungs import Place
from hubspot_sla.policy.contract_owners import contract_owner_problems, contract_owners
from hubspot_sla.policy.loader import load
from policy.mapping_texts import texts

CONTRACTS = """\
contracts:
  - id: acme
    customer: "1"
    currency: EUR
    valid_from: 2026-01-01
    objectives: [{id: kept, measure: {attainment: resolution}, promised: 95%}]
    claim: {closes: {days: 30}}
  - id: hoster
    vendor: Hoster
    owner: ada@acme.com
    currency: EUR
    valid_from: 2026-01-01
    objectives: [{id: kept, measure: {attainment: resolution}, promised: 95%}]
"""
LADDERS = """\
channels: {desk: {slack: {url_env: DESK_URL}}}
contracts:
  - contract: acme
    rungs:
      - {at: below, do: [{task: owner}]}
      - {at: claim_closes, before: {business_days: 5, calendar: office}, do: [{notify: desk}]}
  - side: vendor
    rungs: [{at: contract_ends, before: {months: 3}, name: early, do: [{task: owner}]}]
"""


def every(escalations: str, contracts: str = CONTRACTS) -> dict[str, str]:
    return texts(contracts=contracts, portal=WITH_A_VENDOR, escalations=escalations)


def test_ladders_are_compiled_with_stable_names() -> None:
    first, second = load(every(LADDERS)).policy_set.escalations.contracts
    assert [(rung.name, rung.level, rung.place) for rung in first.rungs] == [
        ("below", 1, Place.BELOW),
        ("claim_closes-5bd", 2, Place.CLAIM_CLOSES),
    ]
    assert second.rungs[0].name == "early"
    assert second.rungs[0].before.first_day(date(2026, 12, 31), None) == date(2026, 9, 30)
    assert load(texts()).policy_set.escalations.contracts == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("at: below", "at: belo", 5, "'at' cannot be 'belo' (did you mean 'below'?)"),
        ("contract: acme", "contract: acne", 3, "there is no contract 'acne' (did you mean 'acme'?)"),
        ("side: vendor", "side: vendors", 7, "'side' cannot be 'vendors' (did you mean 'vendor'?)"),
        ("calendar: office", "calendar: offise", 6, "there is no calendar 'offise' (did you mean 'office'?)"),
        (", calendar: office", "", 6, "the claims of 'acme' name no calendar"),
        ("{months: 3}", "{business_days: 3}", 8, "business days go with a calendar"),
        ("{months: 3}", "{months: 3, days: 1}", 8, "so long before is one length"),
        ("at: below,", "at: below, before: {days: 3},", 5, "nobody knows before how long a contract is below"),
        ("[{task: owner}]}\n      -", "[{set: {a: b}}]}\n      -", 5, "a rung of a contract cannot set"),
        ("notify: desk", "notify: dask", 6, "there is no channel 'dask' (did you mean 'desk'?)"),
        ("[{task: owner}]}\n      -", "[{task: lead}]}\n      -", 5, "no lead is named"),
        ("at: below", "name: claim_closes-5bd, at: below", 6, "rung 1 is called 'claim_closes-5bd' already"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(old: str, new: str, line: int, said: str) -> None:
    assert old in LADDERS
    with pytest.raises(MappingInvalid) as refused:
        load(every(LADDERS.replace(old, new)))
    (problem,) = refused.value.problems
    assert (problem.file, problem.line) == ("escalations.yaml", line)
    assert said in str(problem)


def test_a_task_for_a_vendor_needs_somebody_to_do_it() -> None:
    ownerless = CONTRACTS.replace("    owner: ada@acme.com\n", "")
    with pytest.raises(MappingInvalid) as refused:
        load(every(LADDERS, ownerless))
    (problem,) = refused.value.problems
    assert (problem.line, "'hoster' has no `owner` and no company" in problem.message) == (8, True)
    assert load(every("leads: {default: boss@acme.com}\n" + LADDERS, ownerless))


def test_an_owner_whom_the_portal_does_not_know_is_named_in_the_contract() -> None:
    mappings = load(every(LADDERS))
    assert set(contract_owners(mappings)) == {"ada@acme.com"}
    (problem,) = contract_owner_problems(mappings, {})
    assert (problem.file, problem.line) == ("contracts.yaml", 10)
    assert list(contract_owner_problems(mappings, {"ada@acme.com": "1"})) == []
    assert contract_owners(load(every("ladders: {}"))) == {}


def test_rungs_of_contracts_need_contracts() -> None:
    with pytest.raises(MappingInvalid) as refused:
        load(texts(escalations=LADDERS, portal=WITH_A_VENDOR))
    (problem,) = refused.value.problems
    assert (problem.line, problem.message) == (3, "there is no contract 'acme'")
