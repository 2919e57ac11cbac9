"""What is worked out once for the mappings says the same as if it were worked out for each record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.context.once import OnceForVersions
from hubspot_sla.flows.inspection.evaluate import offline_portal_ids
from hubspot_sla.flows.judging import terms
from hubspot_sla.flows.judging.terms import terms_of
from hubspot_sla.flows.records.asked import read_alike
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.loader import load
from proof import examples

if TYPE_CHECKING:
    import pytest

TEXTS = {
    "portal.yaml": """
pipelines:
  Support: {New: open, Waiting: waiting, Closed: closed}
  Sales: {New: open, Closed: closed}
""",
    "calendars.yaml": """
calendars:
  office: {timezone: Europe/Berlin, hours: {mon: "09:00-17:00", tue: "09:00-17:00"}}
""",
    "tiers.yaml": "ranks: [gold, silver]\n",
    "policies.yaml": """
policies:
  - id: dated
    when: {pipeline: Support, tier: gold}
    calendar: {by: region, EU: office, default: always}
    valid_from: 2026-03-01
    valid_to: 2026-04-01
    targets: {first_response: {URGENT: 1h, default: none}, resolution: {by: company.country, DE: 1h, default: 2h}}
  - id: staged
    when: {pipeline: Support, stage: Waiting, not: {company: {country: FR}}}
    calendar: always
    targets: {first_response: {property: hours, unit: h}}
  - id: rest
    when: {any: [{contact: {vip: "true"}}, {priority: [HIGH, LOW]}]}
    calendar: office
    targets: {resolution: {LOW: 20h, default: none}, first_response: 4h}
  - id: desk
    kind: ola
    when: {source: EMAIL}
    calendar: always
    targets: {assignment: 30m}
""",
}
MARCH, APRIL = 1_772_323_200_000, 1_775_001_600_000


def version(**changed: str) -> Version:
    mappings = load({**TEXTS, **{f"{name}.yaml": text for name, text in changed.items()}})
    return Version(mappings, offline_portal_ids(mappings, None), 0)


VERSION = version()
_values = st.sampled_from([None, "", "DE", "FR", "true", "EU", "7", "-1", "odd"])


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    properties = {
        "hs_ticket_priority": draw(st.sampled_from([None, "URGENT", "HIGH", "LOW", "NEW"])),
        "source_type": draw(st.sampled_from([None, "EMAIL", "PHONE"])),
        "region": draw(_values),
        "hours": draw(_values),
    }
    return Subject(
        draw(st.sampled_from([0, MARCH - 1, MARCH, APRIL - 1, APRIL])),
        draw(st.sampled_from([None, "gold", "silver"])),
        draw(st.sampled_from(["Support", "Sales", "9"])),
        draw(st.sampled_from(["New", "Waiting", "Closed", "9"])),
        properties,
        draw(st.lists(st.fixed_dictionaries({"country": _values}), max_size=2)),
        draw(st.lists(st.fixed_dictionaries({"vip": _values}), max_size=2)),
        unranked=draw(st.sampled_from(["", "bronze"])),
    )


@examples(60)
@given(st.lists(subjects(), min_size=2, max_size=8))
def test_subjects_that_look_alike_are_promised_the_same_for_the_same_reasons(several: list[Subject]) -> None:
    for subject in several:
        kept, fresh = terms_of(VERSION, subject, None), terms._terms(VERSION, subject, None)
        assert kept == fresh
        reasons = [one.why_not(clock, subject, VERSION.portal_ids) for one in (kept, fresh) for clock in fresh.clocks]
        assert reasons[: len(fresh.clocks)] == reasons[len(fresh.clocks) :]


def test_no_more_terms_are_kept_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "_KEPT", 3)
    own = version()
    for number in range(10):
        terms_of(own, Subject(0, None, f"pipeline {number}"), None)
    assert len(terms._known_terms([own])) <= 3


def test_versions_are_known_by_what_they_are_and_only_some_are_kept() -> None:
    asked: list[object] = []
    once = OnceForVersions[str, int](lambda versions: asked.append(versions) or len(asked))
    one, other = ["".join(["a", "b"])], ["".join(["a", "b"])]
    assert (once.of(one), once.of(other), once.of(one)) == (1, 2, 1)
    for number in range(20):
        once.of([str(number)])
    assert len(once._known) <= 8


def test_two_mappings_share_a_timeline_only_where_they_read_a_record_alike() -> None:
    other_targets = TEXTS["policies.yaml"].replace("4h", "5h")
    other_roles = TEXTS["portal.yaml"].replace("Waiting: waiting", "Waiting: open")
    other_replies = TEXTS["portal.yaml"] + "properties: {first_agent_reply: [replied]}\n"
    assert read_alike([VERSION], [version(policies=other_targets)])
    assert not read_alike([VERSION], [version(portal=other_roles)])
    assert not read_alike([VERSION], [version(portal=other_replies)])
    assert not read_alike([VERSION], [])
    assert not read_alike([VERSION], [VERSION, replace(VERSION, effective_at=5)])
