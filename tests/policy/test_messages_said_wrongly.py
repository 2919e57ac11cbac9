"""What may be said wrongly of `messages` in portal.yaml, and of the policies that rest on it."""

from __future__ import annotations

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.loader import load
from policy.mapping_texts import PORTAL, texts

AT_HANDOVER = """\
policies:
  - {id: all, calendar: always, starts_in: handover, targets: {first_response: 1h}}
"""
AI = """\
policies:
  - {id: ai, agreement: ai, calendar: always, targets: {resolution: 1h}}
"""
BEGINS_LATE = """\
policies:
  - {id: ai, agreement: ai, calendar: always, starts_in: handover, targets: {first_response: 1h}}
"""
SOUND = "policies:\n  - {id: all, calendar: always, targets: {first_response: 1h}}\n"


def problem(messages: str, policies: str) -> str:
    portal = PORTAL + (f"messages: {{{messages}}}\n" if messages else "")
    with pytest.raises(MappingInvalid) as caught:
        load(texts(portal=portal, policies=policies))
    [only] = caught.value.problems
    return f"{only.where}: {only.message} ({only.remedy})"


@pytest.mark.parametrize(
    ("messages", "policies", "said"),
    [
        ("sources: [thread]", SOUND, "portal.yaml:6:22: 'sources' cannot be 'thread' (did you mean 'threads'?)"),
        (
            "sources: [calls], ai_agent: separate",
            SOUND,
            "portal.yaml:6:11: `ai_agent` looks at a source that is not read (add threads to `sources`)",
        ),
        (
            "meetings: answer",
            SOUND,
            "portal.yaml:6:11: `meetings` looks at a source that is not read (add meetings to `sources`)",
        ),
        (
            "auto_replies: {within: 1bd}",
            SOUND,
            "portal.yaml:6:35: '1bd' counts business days (write 30s or 2m)",
        ),
        (
            "auto_replies: {count: answer, within: 30s}",
            SOUND,
            "portal.yaml:6:26: automatic replies count as answers, so nothing need recognise them"
            " (write ignore, or leave out `within` and `markers`)",
        ),
        (
            "sources: [calls]",
            AT_HANDOVER,
            "policies.yaml:2:44: only threads tell when people take over from the AI agent, and none are read"
            " (add threads to `sources` under `messages` in portal.yaml)",
        ),
        (
            "",
            AT_HANDOVER,
            "policies.yaml:2:44: only threads tell when people take over from the AI agent, and none are read"
            " (write `messages: {sources: [threads]}` in portal.yaml)",
        ),
        (
            "ai_agent: separate",
            AI,
            "policies.yaml:2:57: the AI agent has no clock resolution: portal.yaml says `ai_agent: separate`, and the"
            " agreement `ai` is the AI agent's (it has first_response and next_response; call another agreement"
            " otherwise)",
        ),
        (
            "ai_agent: separate",
            BEGINS_LATE,
            "policies.yaml:2:58: the AI agent's own clocks end at the hand-over, so none can start there (leave it"
            " out)",
        ),
    ],
)
def test_each_mistake_is_named_at_its_place_with_a_remedy(messages: str, policies: str, said: str) -> None:
    assert problem(messages, policies) == said
