"""Which tier a customer has, as of when, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.policy.customers import CompanyView, ContactView
from hubspot_sla.policy.loader import load
from policy.mapping_texts import TIERS, texts
from proof import examples

if TYPE_CHECKING:
    from hubspot_sla.policy.tiers import Tiers


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


CREATED, NOW = at("2026-03-01T00:00Z"), at("2026-09-01T00:00Z")


def tiers(extra: str = "") -> Tiers:
    return load(texts(tiers=TIERS + extra)).tiers


def company(number: str, *history: tuple[str, str | None], primary: bool = True) -> CompanyView:
    entries = tuple((at(f"{day}T00:00Z"), value) for day, value in history)
    return CompanyView(number, primary, {"customer_tier": entries})


def test_a_company_property_gives_the_value_in_force_at_creation() -> None:
    verdict = tiers().of([company("9", ("2026-01-01", "silver"), ("2026-04-01", "gold"))], CREATED, NOW)
    assert (verdict.tier, verdict.source) == ("silver", "company property customer_tier")
    assert verdict.why == "customer_tier of company 9 was silver at the ticket's creation"


def test_as_of_now_gives_the_value_of_today() -> None:
    both = [company("9", ("2026-01-01", "silver"), ("2026-04-01", "gold"))]
    assert tiers("as_of: now\n").of(both, CREATED, NOW).tier == "gold"


def test_a_history_that_begins_after_creation_gives_its_earliest_value_and_says_so() -> None:
    verdict = tiers().of([company("9", ("2026-04-01", "gold"), ("2026-05-01", "silver"))], CREATED, NOW)
    assert verdict.tier == "gold"
    assert "earliest known moment, after the ticket's creation" in verdict.why


def test_the_sources_are_asked_in_their_order() -> None:
    assert tiers().of([company("1", ("2026-01-01", "silver"))], CREATED, NOW).tier == "silver"
    from_csv = tiers().of([company("1")], CREATED, NOW)
    assert (from_csv.tier, from_csv.source) == ("gold", "csv tiers.csv")
    assert from_csv.why == (
        "customer_tier of company 1 is empty; tiers.csv gives company 1 gold from 2026-01-01 until 2026-06-01"
    )


def test_a_value_emptied_before_creation_is_empty_and_a_word_that_is_no_tier_is_not_ranked() -> None:
    emptied = company("1", ("2025-01-01", "silver"), ("2026-01-01", None))
    assert tiers().of([emptied], CREATED, NOW).tier == "gold"
    odd = tiers().of([company("9", ("2026-01-01", "vip"))], CREATED, NOW)
    assert (odd.tier, odd.unranked) == (None, "vip")
    assert odd.why == "not ranked: vip (customer_tier of company 9 is 'vip', which is no tier)"


def test_the_day_a_term_ends_belongs_to_the_next() -> None:
    change = at("2026-06-01T00:00Z")
    assert tiers().of([company("1")], change - 1, NOW).tier == "gold"
    assert tiers().of([company("1")], change, NOW).tier == "silver"
    assert tiers().of([company("1")], at("2026-01-01T00:00Z") - 1, NOW).tier is None


def test_the_primary_company_decides_even_when_another_ranks_higher() -> None:
    primary, other = company("9", ("2026-01-01", "silver")), company("8", ("2026-01-01", "gold"), primary=False)
    assert tiers().of([other, primary], CREATED, NOW).tier == "silver"
    assert tiers("several_companies: highest\n").of([other, primary], CREATED, NOW).tier == "gold"


def test_without_a_primary_company_the_highest_rank_decides() -> None:
    companies = [
        company("9", ("2026-01-01", "silver"), primary=False),
        company("8", ("2026-01-01", "gold"), primary=False),
    ]
    verdict = tiers().of(companies, CREATED, NOW)
    assert verdict.tier == "gold"
    assert verdict.why.endswith("(the highest of 2 companies)")


def test_no_company_and_no_tier_are_visible_and_the_default_says_it_is_one() -> None:
    assert tiers().of([], CREATED, NOW).why == "the ticket has no company"
    verdict = tiers("default: silver\n").of([], CREATED, NOW)
    assert (verdict.tier, verdict.source) == ("silver", "default")
    assert verdict.why == "the ticket has no company; the default is silver"


def test_a_csv_may_name_its_columns_and_use_instants_quotes_and_blank_lines() -> None:
    renamed = TIERS.replace("- csv: tiers.csv", "- {csv: tiers.csv, company_id: id, tier: level, valid_from: since}")
    rows = 'name,id,level,since\n\n"Miller, Sons\nand Co",7,gold,2026-02-01T00:00:00+01:00\n8,8,silver,\n'
    loaded = load(texts(tiers=renamed, csv=rows)).tiers
    verdict = loaded.of([company("7")], CREATED, NOW)
    assert verdict.tier == "gold"
    assert "gives company 7 gold" in verdict.why
    assert loaded.of([company("7")], at("2026-01-31T22:59Z"), NOW).tier is None
    assert loaded.of([company("8")], 0, NOW).tier == "silver"


def contact(number: str, *history: tuple[str, str | None]) -> ContactView:
    return ContactView(number, {"vip": tuple((at(f"{day}T00:00Z"), value) for day, value in history)})


BY_CONTACT = TIERS.replace("  - csv: tiers.csv\n", "  - contact_property: vip\n")


def by_contact(*contacts: ContactView, companies: list[CompanyView] | None = None) -> tuple[str | None, str]:
    verdict = load(texts(tiers=BY_CONTACT)).tiers.of(companies or [], CREATED, NOW, contacts)
    return verdict.tier, verdict.why


def test_a_contact_property_gives_the_best_tier_of_the_contacts() -> None:
    both = contact("1", ("2026-01-01", "silver")), contact("2", ("2026-01-01", "gold"))
    assert by_contact(*both) == (
        "gold",
        "the ticket has no company; vip of contact 2 was gold at the ticket's creation",
    )


def test_a_contact_is_asked_only_where_the_sources_above_know_nothing() -> None:
    known, unknown = company("9", ("2026-01-01", "silver")), company("9")
    assert by_contact(contact("1", ("2026-01-01", "gold")), companies=[known])[0] == "silver"
    assert by_contact(contact("1", ("2026-01-01", "gold")), companies=[unknown])[0] == "gold"


def test_no_contact_and_no_tier_of_a_contact_are_visible() -> None:
    assert by_contact() == (None, "the ticket has no company; the ticket has no contact")
    assert by_contact(contact("1", ("2026-01-01", "vip")))[1].endswith("vip of contact 1 is 'vip', which is no tier)")


def test_a_tier_as_of_now_turns_when_a_term_or_a_value_does() -> None:
    of_now = tiers("as_of: now\n")
    changed = company("1", ("2026-02-01", None), ("2026-08-01", "gold"))
    assert of_now.turns([changed]) == tuple(
        at(f"{day}T00:00Z") for day in ("2026-01-01", "2026-02-01", "2026-06-01", "2026-08-01")
    )
    assert tiers().turns([changed]) == ()


def test_conditions_see_the_values_of_the_company_that_decides_the_tier() -> None:
    primary, other = company("9", ("2026-01-01", "silver")), company("8", ("2026-01-01", "gold"), primary=False)
    assert tiers().valued([other, primary], CREATED, NOW) == [{"customer_tier": "silver"}]
    assert len(tiers("several_companies: highest\n").valued([other, primary], CREATED, NOW)) == 2
    later = company("9", ("2026-01-01", "silver"), ("2026-04-01", "gold"))
    assert tiers().valued([later], CREATED, NOW) == [{"customer_tier": "silver"}]
    assert tiers("as_of: now\n").valued([later], CREATED, NOW) == [{"customer_tier": "gold"}]


TABLES = """ranks: [gold, silver]
sources: [{csv: tiers.csv}]
"""


@examples(40)
@given(st.data())
def test_customers_of_tables_are_remembered_by_companies_and_instant(data: st.DataObject) -> None:
    remembering = load(
        texts(tiers=TABLES + data.draw(st.sampled_from(["", "as_of: now\n", "several_companies: highest\n"])))
    ).tiers
    for _ in range(6):
        ids = data.draw(st.lists(st.sampled_from(["1", "2", "3", "77"]), max_size=3, unique=True))
        companies = [company(id_, primary=data.draw(st.booleans())) for id_ in ids]
        instant = data.draw(st.sampled_from([*INSTANTS, *(at - 1 for at in INSTANTS)]))
        fresh = replace(remembering)
        assert not fresh._known
        assert remembering.of(companies, instant, instant) == fresh.of(companies, instant, instant)


INSTANTS = [at(f"2026-{month:02}-01T00:00Z") for month in range(1, 13)]
