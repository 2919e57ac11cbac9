"""Clauses of contracts that do nothing, each named at its place, and chains that promise more than they hold."""

from __future__ import annotations

from datetime import date

import pytest

from contract.written_contracts import loaded
from hubspot_sla.contract.key_dates import Notice
from hubspot_sla.errors import MappingInvalid

HEAD = """\
contracts:
  - id: acme
    customer: "1"
    currency: EUR
    valid_from: 2026-01-01
    valid_to: 2027-01-01
    fees: {support: 1000}
"""
KEPT = "    objectives: [{id: r, measure: {attainment: resolution}, promised: 95%}]\n"


def codes(text: str) -> list[str]:
    return [str(message) for code, message in loaded(text).warnings if code == "SLA641"]


def objective(more: str) -> str:
    return HEAD + f"    objectives: [{{id: r, measure: {{attainment: resolution}}, promised: 95%, {more}}}]\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (objective("least: {outage: 5m}"), "`outage` of `least` says nothing of attainment"),
        (objective("repeat: 2"), "a repeat counts more often, and nothing is owed"),
        (objective("credit: {bands: [{below: 95%, pays: 2 points}]}"), "points are given, and nothing follows"),
        (HEAD + KEPT + "    rights: [{action: terminate, points: 5}]\n", "a right asks for points, and"),
        (HEAD + KEPT + "    exclusions: [{outage: maintenance}]\n", "outages of 'maintenance' are left out"),
        (HEAD + KEPT + "    eligible: {unpaid: [2026-02]}\n", "months are unpaid, and credits"),
        (HEAD + KEPT + "    claim: {since: review, closes: {days: 15}}\n", "claims count from a review"),
        (HEAD + KEPT + "    dates: [{what: review, on: 2027-03-01}]\n", "review is on 2027-03-01"),
        (
            HEAD + KEPT + "    dates: [{what: renewal, on: 2026-12-31, notice: {months: 13}}]\n",
            "notice of renewal is due by 2025-11-30, before the contract begins",
        ),
        (
            HEAD + KEPT + HEAD.split("\n", 1)[1].replace("2027", "2028").replace("2026", "2027") + KEPT,
            "an entry before is version 1 of 'acme' too",
        ),
    ],
)  # fmt: skip
def test_a_clause_that_does_nothing_is_named(text: str, says: str) -> None:
    (found,) = codes(text)
    assert found.startswith(says)


def test_an_objective_in_two_groups_is_named() -> None:
    each = ", ".join(f"{{id: {name}, measure: {{misses: resolution}}}}" for name in "abc")
    groups = "[{of: [a, b], take: worst}, {of: [b, c], take: worst}]"
    assert codes(HEAD + f"    objectives: [{each}]\n    groups: {groups}\n")[0].startswith("'b' is in 2 groups")


def test_what_has_an_effect_is_not_named() -> None:
    assert codes(HEAD + KEPT + "    dates: [{what: renewal, on: 2027-01-01, notice: {months: 12}}]\n") == []
    review = "    dates: [{what: review, on: 2025-12-01, every_months: 6, notice: {days: 30}}]\n"
    assert codes(HEAD + KEPT + review) == []
    pays = objective("credit: {bands: [{below: 95%, pays: 2 points}]}")
    assert codes(pays + "    rights: [{action: terminate, points: 5}]\n") == []


def test_more_than_all_is_refused() -> None:
    with pytest.raises(MappingInvalid, match="'195%' is more than all"):
        loaded(HEAD + KEPT.replace("95%", "195%"))


CHAIN = """\
contracts:
  - {{id: ours, customer: "1", currency: EUR, valid_from: 2026-01-01, objectives: [{{id: o, measure: {{{ours}}}}}]}}
  - {{id: them, vendor: Hoster, currency: EUR, valid_from: 2026-01-01, objectives: [{{id: o, measure: {{{theirs}}}}}]}}
feeds: {{web: {{csv: web.csv}}}}
"""


@pytest.mark.parametrize(
    ("ours", "theirs", "says"),
    [
        (
            "uptime: web}, promised: 99.9%",
            "uptime: web}, promised: 99.5%",
            "99.9% is promised, and Hoster promises 99.5%",
        ),
        (
            "downtime: web}, promised: 45m",
            "downtime: web}, promised: 60m",
            "45 min is promised, and Hoster promises 60 min",
        ),
        ("outages: web}, promised: 2", "outages: web}, promised: 3", "2 is promised, and Hoster promises 3"),
        ("downtime: web}, promised: 60m", "downtime: web}, promised: 45m", ""),
        ("uptime: web, hours: office}, promised: 99.9%", "uptime: web}, promised: 99.5%", ""),
    ],
)
def test_a_chain_that_promises_more_than_it_holds(ours: str, theirs: str, says: str) -> None:
    text = CHAIN.format(ours=ours, theirs=theirs).replace("}}]}", "}]}")
    found = [message for code, message in loaded(text).warnings if code == "SLA638"]
    assert [message.removesuffix(" of the same") for message in found] == ([says] if says else [])


def test_notice_may_be_so_many_business_days_or_billing_cycles_before() -> None:
    """The office is open on Mondays and Tuesdays: before 1 January 2027 they are 29, 28, 22, 21 and 15 December."""
    text = HEAD + KEPT + "    dates: [{what: end, on: 2027-01-01, notice: {business_days: 5, calendar: office}}]\n"
    (end,) = loaded(text).written.dates
    assert end.notice.before(end.on) == date(2026, 12, 15)
    assert Notice(billing_cycles=2).before(date(2026, 12, 31)) == date(2026, 10, 31)
    assert Notice(billing_cycles=2).before(date(2026, 12, 15)) == date(2026, 9, 30)
    assert Notice(billing_cycles=1).before(date(2028, 3, 31)) == date(2028, 2, 29)
