"""Teams gets an adaptive card in the envelope of a Workflows webhook, within its 28 KB."""

from __future__ import annotations

import orjson
import pytest

from channels.notices import HOSTILE, TOLD, channel, digest, notice
from hubspot_sla.channels.outcome import Delivered
from hubspot_sla.channels.teams import CARD, LARGEST, Teams, escaped, payload
from hubspot_sla.channels.template import DEFAULT, Template

# What the published schema of adaptive cards asks for, of the elements that we use.
TEXT_BLOCK = {"type", "text", "wrap", "size", "weight", "spacing"}
SIZES = {"default", "small", "medium", "large", "extralarge"}
WEIGHTS = {"default", "lighter", "bolder"}
SPACINGS = {"default", "none", "small", "medium", "large", "extralarge", "padding"}


def card(sent: dict[str, object]) -> dict[str, object]:
    (attachment,) = sent["attachments"]
    assert sent["type"] == "message"
    assert attachment["contentType"] == CARD
    return attachment["content"]


def require_valid(found: dict[str, object]) -> None:
    assert found["type"] == "AdaptiveCard"
    assert found["version"] == "1.4"
    for element in found["body"]:
        if element["type"] == "FactSet":
            assert all(set(fact) == {"title", "value"} for fact in element["facts"])
            assert all(isinstance(text, str) for fact in element["facts"] for text in fact.values())
            continue
        assert element["type"] == "TextBlock"
        assert set(element) <= TEXT_BLOCK
        assert isinstance(element["text"], str)
        assert element["wrap"] is True
        assert element.get("size", "default").lower() in SIZES
        assert element.get("weight", "default").lower() in WEIGHTS
        assert element.get("spacing", "default").lower() in SPACINGS
    for action in found.get("actions", []):
        if action["type"] == "Action.ShowCard":
            assert set(action) == {"type", "title", "card"}
            require_valid(action["card"])
            continue
        assert set(action) == {"type", "title", "url"}
        assert action["type"] == "Action.OpenUrl"
        assert action["url"].startswith("https://")


@pytest.mark.parametrize("sent", [notice(), notice(url="", rung=""), notice(**TOLD), digest(3), digest(5_000)])
def test_every_card_is_a_valid_one_and_fits(sent) -> None:
    body = payload(sent, DEFAULT)
    require_valid(card(body))
    assert len(orjson.dumps(body)) <= LARGEST < 28 * 1024


def test_a_message_opens_its_ticket_and_says_why() -> None:
    found = card(payload(notice(), DEFAULT))
    title, body, facts = found["body"]
    assert title["text"] == "SLA breached: Resolution - Printer 1 on fire"
    assert "Six hours ran" in body["text"]
    assert {"title": "Ticket", "value": "28100001"} in facts["facts"]
    assert found["actions"][0]["url"].endswith("/0-5/28100001")


def test_what_a_stranger_wrote_is_no_markdown() -> None:
    title = card(payload(notice(subject=HOSTILE), DEFAULT))["body"][0]["text"]
    assert r"\<\!channel\> \*Fire\* \[x\]\(http://evil\)" in title


def test_a_value_is_no_list_item_either() -> None:
    assert escaped("- one\n2. two") == "\\- one\n\\2. two"


def test_the_markup_of_the_template_stays_markup() -> None:
    sent = payload(notice(), Template("{metric}", "**Tier** {tier}"))
    assert card(sent)["body"][1]["text"] == "**Tier** gold"


def test_a_storm_fills_a_card_and_counts_the_rest() -> None:
    title, *lines = [element["text"] for element in card(payload(digest(5_000), DEFAULT))["body"]]
    assert title == "5000 SLA escalations"
    assert len(lines) > 80
    assert lines[0].startswith("[SLA breached: Resolution - Printer 1 on fire](https://")
    assert lines[-1].startswith(f"and {5_000 - len(lines) + 1} more")


def test_it_arrives_as_json_and_202_is_a_yes(receiver) -> None:
    from channels.receivers import Answer

    receiver.answers("/workflows/abc", Answer(202, body=b""))
    teams = Teams(channel("teams", f"{receiver.url}/workflows/abc"))
    assert teams.send(digest(2)) == Delivered()
    teams.close()
    require_valid(card(receiver.received[0].json))


def test_what_most_need_not_know_stands_behind_a_button() -> None:
    found = card(payload(notice(**TOLD), Template(language="de")))
    assert [action["title"] for action in found["actions"]] == ["Ticket öffnen", "Details"]
    assert found["actions"][1]["card"]["body"][0]["text"] == "Kundenstufe: silver"
    assert found["body"][1]["text"] == "Lösung: überfällig seit gestern\n\nErste Antwort: rechtzeitig"
    assert found["body"][2]["facts"][0] == {"title": "Kunde", "value": "Acme \\*GmbH\\*"}


def test_a_message_about_a_contract_leads_to_its_company() -> None:
    found = card(payload(notice(ticket_id="", url="https://app.hubspot.com/contacts/1/record/0-2/5004"), DEFAULT))
    assert found["actions"][0]["title"] == "Open the company"
