"""Subscriptions of portal.yaml: what they mean, and what `sla check` says where one is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.installation.starter_set import starter_root
from hubspot_sla.flows.reporting.where import parsed_where
from hubspot_sla.policy.loader import load, read_texts
from hubspot_sla.policy.subscriptions import Role, Subscription
from hubspot_sla.policy.yaml_reader import read
from hubspot_sla.policy.yaml_writer import flow

TEXTS = read_texts(starter_root() / "mappings")
CHANNELS = "\nchannels: {mail: {email: {to: [anna@acme.example]}}}\n\nladders:\n"


def subscribed(text: str, unsubscribe: str = "") -> tuple[Subscription, ...]:
    more = f", unsubscribe: {unsubscribe}" if unsubscribe else ""
    portal = f"{TEXTS['portal.yaml']}\nreport: {{subscriptions: {{{text}}}{more}}}\n"
    escalations = TEXTS["escalations.yaml"].replace("\nladders:\n", CHANNELS)
    return load({**TEXTS, "portal.yaml": portal, "escalations.yaml": escalations}).portal.subscriptions


def test_a_subscription_says_its_role_its_channel_its_conditions_and_its_files() -> None:
    (found,) = subscribed("leads: {role: lead, channel: mail, when: {tier: [gold, silver], priority: HIGH}}")
    assert (found.name, found.role, found.channel, found.files) == ("leads", Role.LEAD, "mail", ("html",))
    assert found.when_text == "tier: [gold, silver], priority: HIGH"
    assert parsed_where(found.when_text) == found.when


def test_without_conditions_it_is_about_everything_and_without_a_channel_it_is_a_file() -> None:
    (found,) = subscribed("archive: {role: executive, files: [json, xlsx, json]}")
    assert (found.channel, found.when_text, found.files) == ("", "", ("json", "xlsx"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("leads: {role: leader, channel: mail}", "leader"),
        ("leads: {channel: mail}", "role"),
        ("leads: {role: lead, channel: mial}", "escalations.yaml names no channel 'mial' (did you mean 'mail'?"),
        ("leads: {role: lead, files: []}", "a report without channel and files goes nowhere"),
        ("leads: {role: lead, files: [pdf]}", "pdf"),
        ("leads: {role: lead, when: {tier: golden}}", "there is no tier 'golden'"),
        ("leads: {role: lead, when: {metric: resolutoin}}", "there is no metric 'resolutoin'"),
        ("leads: {role: lead, when: {property: {region: north}}}", "report.dimensions names no property 'region'"),
        ("Leads!: {role: lead}", "Leads!"),
        ("leads: {role: lead, to: [anna@acme.example]}", "to"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(MappingInvalid) as refused:
        subscribed(text)
    assert any("portal.yaml" in problem.file and message in str(problem) for problem in refused.value.problems), str(
        refused.value
    )


@pytest.mark.parametrize("address", ["javascript:alert(1)", "'mailto:a@b.example>, <https://evil.example'", "http://a"])
def test_an_address_to_unsubscribe_by_is_a_mail_or_a_safe_page(address: str) -> None:
    with pytest.raises(MappingInvalid):
        subscribed("leads: {role: lead}", address)


TREES = st.recursive(
    st.text(min_size=1, max_size=8) | st.sampled_from(["HIGH", "Acme Corp.", "yes", "12", "a, b", "{x}", "שלום"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_ ", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=4), TREES, min_size=1, max_size=3))
def test_conditions_in_one_line_are_read_as_what_was_written(value: dict[str, object]) -> None:
    document, problems = read("line", flow(value))
    if document is None:  # what no file can hold, no line can
        assert problems
        return
    assert document.content == value
