"""Slack gets blocks within Slack's limits, with nothing in them that pings or links by a stranger's will."""

from __future__ import annotations

import re

import orjson
import pytest

from channels.notices import HOSTILE, TOLD, channel, digest, notice
from hubspot_sla.channels.line_limit import cut
from hubspot_sla.channels.outcome import Delivered
from hubspot_sla.channels.slack import BLOCKS, SECTION, Slack, payload
from hubspot_sla.channels.template import DEFAULT, Template


def texts(body: dict[str, object]) -> list[str]:
    blocks = body["blocks"]
    assert isinstance(blocks, list)
    inner = [block.get("text") or block["elements"][0] for block in blocks]
    return [one["text"] for one in inner]


def test_a_message_links_to_its_ticket_and_says_why() -> None:
    sent = payload(notice(), DEFAULT)
    title, body, footer = texts(sent)
    url = "https://app.hubspot.com/contacts/145/record/0-5/28100001"
    assert title == f"*<{url}|SLA breached: Resolution - Printer 1 on fire>*"
    assert "Six hours ran" in body
    assert footer == "Ticket: 28100001"
    assert sent["text"] == "SLA breached: Resolution - Printer 1 on fire"


def test_what_a_stranger_wrote_mentions_nobody_and_breaks_no_link() -> None:
    sent = payload(notice(subject=HOSTILE + " a|b>c", reason="<@U1> & co"), DEFAULT)
    everything = orjson.dumps(sent).decode()
    assert "<!channel>" not in everything
    assert "<@U1>" not in everything
    assert "&lt;!channel&gt;" in everything
    title = texts(sent)[0]
    assert title.count("<") == title.count(">") == title.count("|") == 1


def test_the_markup_of_the_template_stays_markup() -> None:
    sent = payload(notice(subject="<b>"), Template("{subject}", "*Tier* <https://wiki|handbook> {subject}"))
    assert texts(sent)[1] == "*Tier* <https://wiki|handbook> &lt;b&gt;"


def test_nothing_is_parsed_into_mentions_or_links() -> None:
    for body in (payload(notice(), DEFAULT), payload(digest(3), DEFAULT)):
        inner = [block.get("text") or block["elements"][0] for block in body["blocks"]]
        assert all(one["verbatim"] is True for one in inner)


@pytest.mark.parametrize("facts", [{"subject": "&" * 5_000}, {"reason": "<" * 9_000}, {"rung": ">" * 9_000}])
def test_a_long_value_is_cut_within_the_limits_and_between_entities(facts: dict[str, str]) -> None:
    for text in texts(payload(notice(**facts), DEFAULT)):
        assert len(text) <= SECTION
        assert re.search(r"&(?!(amp|lt|gt);)", text) is None


def test_a_digest_names_every_ticket_while_there_is_room() -> None:
    lines = "\n".join(texts(payload(digest(120), DEFAULT)))
    assert lines.startswith("*120 SLA escalations*")
    assert all(f"|SLA breached: Resolution - Printer {number} on fire>" in lines for number in range(1, 121))


def test_a_storm_fills_slack_to_its_limits_and_counts_the_rest() -> None:
    sections = texts(payload(digest(10_000), DEFAULT))
    told = "\n".join(sections)
    assert len(sections) == BLOCKS
    assert max(map(len, sections)) <= SECTION
    named = told.count("<https://")
    assert named > 800
    assert f"and {10_000 - named} more" in sections[-1]


def test_it_arrives_as_json(receiver) -> None:
    slack = Slack(channel("slack", f"{receiver.url}/services/T1/B2/secret"))
    assert slack.send(notice()) == Delivered()
    slack.close()
    (got,) = receiver.received
    assert got.headers["Content-Type"] == "application/json"
    assert got.json == orjson.loads(orjson.dumps(payload(notice(), DEFAULT)))


def test_a_cut_text_ends_with_a_mark_and_no_half_entity() -> None:
    assert cut("short", 5) == "short"
    assert cut("abc&amp;def", 8) == "abc…"
    assert cut("abcdefgh", 4) == "abc…"


def test_a_message_says_what_is_late_first_and_the_rest_in_small_print() -> None:
    title, body, who, details = texts(payload(notice(**TOLD), Template(language="de")))
    assert title.endswith("|SLA verletzt: Lösung - Printer 1 on fire>*")
    assert body == TOLD["summary"]
    assert who == "Kunde: Acme *GmbH* · Zuständig: Mara Lindqvist · Ticket: 28100001"
    assert details == "*Details*\nKundenstufe: silver"


def test_a_template_of_the_admins_own_says_all_there_is_to_say() -> None:
    sent = texts(payload(notice(**TOLD), Template("{headline}", "{company}: {lateness}", "de")))
    assert (len(sent), sent[1]) == (3, "Acme *GmbH*: 4 Stunden")
