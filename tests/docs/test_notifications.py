"""docs/how-to/notifications.md: its example compiles, its snippet verifies, its body is the one that is sent."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from hubspot_sla.channels.message import FIELDS, Message, Notice
from hubspot_sla.channels.template import Template
from hubspot_sla.channels.webhook import headers, payload
from hubspot_sla.flows.context.mapping_texts import texts_offline
from hubspot_sla.flows.context.settings import Settings
from hubspot_sla.flows.installation.starter_set import copy_starter
from hubspot_sla.flows.sending.channel_settings import UnusableChannel, UsableChannel, declared_in, resolve
from hubspot_sla.policy.loader import load

DOCUMENT = (Path(__file__).parents[2] / "docs/how-to/notifications.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_compiles_and_tells_which_variables_it_needs(tmp_path: Path) -> None:
    copy_starter(tmp_path)
    (tmp_path / "mappings/escalations.yaml").write_text(block("yaml"), encoding="utf-8")
    policies = tmp_path / "mappings/policies.yaml"
    kept = re.sub(r"^( +ladder:).*$", r"\1 standard", policies.read_text(encoding="utf-8"), flags=re.MULTILINE)
    policies.write_text(kept, encoding="utf-8")
    settings = Settings(None, mappings=tmp_path / "mappings", ledger=tmp_path / "ledger.db")
    declared = declared_in(load(texts_offline(settings)).policy_set)
    unset = resolve(declared, {})
    assert all(isinstance(channel, UnusableChannel) for channel in unset.values())
    given = dict.fromkeys(("SLACK_ONCALL_URL", "TEAMS_DESK_URL", "PAGER_URL"), "https://example.com/x")
    mail = {"SLA_SMTP_URL": "smtps://u:p@mail.example.com", "SLA_SMTP_FROM": "sla@example.com"}
    found = resolve(declared, given | mail | {"PAGER_SECRET": "whsec_c2VjcmV0"})
    assert set(found) == {"oncall", "desk", "pager", "leads"}
    assert all(isinstance(channel, UsableChannel) for channel in found.values())


def test_it_names_every_field_and_no_other() -> None:
    begins = DOCUMENT.index("| field | holds |")
    table = DOCUMENT[begins : DOCUMENT.index("\n\n", begins)]
    names = re.findall(r"`\{(\w+)\}`", table)
    assert sorted(names) == sorted(FIELDS)


def told_body() -> dict[str, object]:
    body = json.loads(block("json"))
    assert isinstance(body, dict)
    return body


def test_the_body_it_shows_is_the_one_that_is_sent() -> None:
    shown = told_body()
    (told,) = shown["messages"]
    message = Message.from_body(told["key"], told)
    template = Template("{tier} {metric} {status}: {subject}", "Due {due_at}, reached {rung} of its ladder. {reason}")
    sent = payload(Notice(message.key, (message,)), template)
    assert {**sent, "id": shown["id"]} == shown
    assert list(sent) == list(shown)
    assert re.fullmatch(r"sla_[0-9a-f]{32}", str(sent["id"]))
    assert re.fullmatch(r"sla_[0-9a-f]{32}", str(shown["id"]))


@pytest.mark.parametrize("secret", ["whsec_YSBzZWNyZXQ=", "a secret"])
def test_its_snippet_verifies_what_is_sent_and_nothing_else(secret: str) -> None:
    snippet: dict[str, object] = {}
    exec(block("python"), snippet)  # noqa: S102 - the snippet of our own document
    is_ours = snippet["is_ours"]
    assert callable(is_ours)
    body, now = b'{"version":1}', int(time.time())
    sent = headers("sla_1", now, body, b"a secret")
    assert is_ours(secret, sent, body)
    assert not is_ours(secret, sent, body + b" ")
    assert not is_ours("whsec_YW5vdGhlcg==", sent, body)
    assert not is_ours(secret, headers("sla_1", now - 600, body, b"a secret"), body)
