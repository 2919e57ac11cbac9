"""Templates name fields and nothing else; what fills them is shown as it is, whatever a stranger wrote."""

from __future__ import annotations

import pytest

from channels.notices import message
from hubspot_sla.channels.message import FIELDS, Message
from hubspot_sla.channels.template import DEFAULT, NOTHING, Template
from hubspot_sla.errors import UsageProblem
from hubspot_sla.plan import rung_context


def test_a_template_is_filled_with_the_facts() -> None:
    template = Template("{metric}: {subject}", "Due {due_at}, {{braces}} stay.")
    assert template.title_of(message(), str) == "Resolution: Printer 1 on fire"
    assert template.body_of(message(), str) == "Due 2026-11-23T09:00:00Z, {braces} stay."


def test_the_default_template_tells_what_when_and_why() -> None:
    assert DEFAULT.title_of(message(), str) == "SLA breached: Resolution - Printer 1 on fire"
    body = "Due 2026-11-23T09:00:00Z by policy gold, tier gold. Six hours ran without a pause."
    assert DEFAULT.body_of(message(), str) == body


def test_an_unknown_field_is_named_with_the_nearest_right_one() -> None:
    with pytest.raises(UsageProblem) as refused:
        Template("{subjct}")
    assert "{subjct}" in refused.value.message
    assert "did you mean {subject}?" in refused.value.remedy
    assert all(name in refused.value.remedy for name in FIELDS)


@pytest.mark.parametrize("text", ["{subject", "subject}", "{}", "{0}", "{subject.__class__}", "{subject[0]}"])
def test_what_is_no_field_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem):
        Template("fine", text)


@pytest.mark.parametrize("text", ["{subject!r}", "{subject:>9}", "{due_at:{subject}}"])
def test_formatting_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem, match="cannot format"):
        Template(text)


def test_the_key_is_no_field() -> None:
    with pytest.raises(UsageProblem):
        Template("{key}")


def test_an_empty_value_is_shown_as_such() -> None:
    assert Template("Tier {tier}").title_of(message(tier=""), str) == f"Tier {NOTHING}"


def test_a_value_with_braces_is_no_placeholder() -> None:
    assert Template("{subject}").title_of(message(subject="{tier} {nope"), str) == "{tier} {nope"


def test_a_title_is_one_line() -> None:
    assert Template("{subject}").title_of(message(subject="two\r\nlines"), str) == "two lines"


def test_a_message_is_read_from_a_parcel_whatever_is_missing_or_null_in_it() -> None:
    body = {"ticket_id": "1", "subject": "Hello", "tier": None, "level": 2, "rung_key": "not ours"}
    read = Message.from_body("k", body)
    assert (read.key, read.ticket_id, read.subject, read.tier, read.level, read.url) == ("k", "1", "Hello", "", "2", "")


def test_a_message_survives_the_outbox() -> None:
    assert Message.from_body(message().key, message().as_body()) == message()


def test_the_mappings_are_checked_for_the_same_fields() -> None:
    assert rung_context.FIELDS == FIELDS
