"""The page: what a support team would see, the clock's buttons, and that it needs nothing from elsewhere."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import requests


class Links(HTMLParser):
    """Every address a page would load or lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.led: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.loaded += [value for name, value in attrs if name == "src" or (name == "href" and tag == "link")]
        self.led += [attributes["href"] or ""] if tag == "a" else []


@pytest.fixture
def ticket(portal, now) -> str:
    made = portal.create(
        "tickets",
        {"subject": "<b>Printer</b> & ink", "hs_pipeline": "0", "hs_pipeline_stage": "1", "hs_ticket_priority": "HIGH"},
        at=now - timedelta(hours=3),
    )
    portal.update("tickets", made, {"hubspot_owner_id": "3003", "hs_pipeline_stage": "3"}, at=now - timedelta(hours=2))
    portal.associate("tickets", made, "companies", portal.ids("companies")[0], primary=True)
    return made


@pytest.fixture
def path(portal, ticket) -> str:
    return f"/contacts/{portal.account.portal_id}/record/0-5/{ticket}"


def column(text: str, label: str) -> str:
    return re.search(rf'<section class="column[^>]*aria-label="{label}">(.*?)</section>', text, re.DOTALL)[1]


def test_a_pipeline_is_a_board_with_each_ticket_in_its_stage(http, ticket) -> None:
    text = http.get("/").text
    there = column(text, "Waiting on us")
    assert "&lt;b&gt;Printer&lt;/b&gt; &amp; ink" in there
    assert "Customer 01" in there
    assert 'title="Aylin Demir"' in there
    assert "3 h ago" in there
    assert f"/record/0-5/{ticket}" not in column(text, "New")


def test_a_column_counts_all_and_shows_some(http, portal) -> None:
    here = [ticket for ticket in portal.ids("tickets") if portal.read("tickets", ticket)["hs_pipeline_stage"] == "4"]
    shown = column(http.get("/", show=1).text, "Closed")
    assert f'<span class="count">{len(here)}</span>' in shown
    assert shown.count('class="card"') == 1
    assert f"{len(here) - 1} more" in shown


def test_another_pipeline_is_one_link_away(http, portal) -> None:
    link = next(address for address in Links(http.get("/").text).led if "204880101" in address)
    assert "In progress" in http.get(link).text


def test_a_search_keeps_only_what_matches(http, ticket) -> None:
    text = http.get("/", q="printer").text
    assert f"/record/0-5/{ticket}" in text
    assert text.count('class="card"') == 1


def test_a_record_is_found_where_its_url_says(http, ticket, path) -> None:
    url = http.get(f"/crm/v3/objects/tickets/{ticket}").json()["url"]
    assert url.endswith(path)
    text = http.get(path).text
    assert "Ticket created" in text
    assert "Moved to Waiting on us" in text
    assert "Mon 23 Nov 2026, 08:00:00" in text  # 07:00 UTC, in the account's zone


def test_a_record_shows_its_tasks_and_associations(http, portal, ticket, path) -> None:
    task = portal.create("tasks", {"hs_task_subject": "Call back", "hs_timestamp": "2026-11-23T12:00:00Z"})
    portal.associate("tickets", ticket, "tasks", task)
    text = http.get(path).text
    assert "Call back" in text
    assert "due 23 Nov, 13:00" in text
    assert "Customer 01" in text
    for link in Links(text).led:
        assert http.get(link).status_code == 200


@pytest.mark.parametrize("kind", ["companies", "contacts", "tasks"])
def test_every_type_of_record_has_a_page(http, portal, kind) -> None:
    if kind == "tasks":
        portal.create("tasks", {"hs_task_subject": "x", "hs_timestamp": "2026-11-23T12:00:00Z"})
    assert http.get(f"/contacts/1/record/{kind}/{portal.ids(kind)[0]}").status_code == 200


def test_an_archived_record_is_shown_as_such(http, portal, ticket, path) -> None:
    portal.archive("tickets", ticket)
    assert "archived" in http.get(path).text


@pytest.mark.parametrize("path", ["/contacts/1/record/0-5/1", "/contacts/1/record/0-5/x", "/contacts/1/record/9-9/1"])
def test_a_record_nobody_has_is_not_found(http, path) -> None:
    assert http.get(path).status_code == 404


def test_the_buttons_move_the_clock_and_lead_back(http, running, now) -> None:
    answer = http.send("POST", "/sandbox/page/clock", data={"advance_s": "3600", "back": "/?pipeline=0"})
    assert answer.url.endswith("/?pipeline=0")
    assert running.clock.now() == now + timedelta(hours=1)
    assert "Mon 23 Nov 2026, 11:00:00" in answer.text


def test_the_clock_is_set_in_the_accounts_time_zone(http, running) -> None:
    http.send("POST", "/sandbox/page/clock", data={"now": "2026-12-24T18:00"})
    assert running.clock.now().isoformat() == "2026-12-24T17:00:00+00:00"


def test_the_clock_can_be_let_run_and_stopped(http, running) -> None:
    assert "stands still" in http.get("/").text
    http.send("POST", "/sandbox/page/clock", data={"frozen": "false"})
    assert not running.clock.frozen
    http.send("POST", "/sandbox/page/clock", data={"frozen": "true"})
    assert running.clock.frozen


@pytest.mark.parametrize("form", [{"advance_s": "soon"}, {"now": "noon"}, {}, {"now": "9999-99-99T00:00"}])
def test_what_is_no_move_is_refused(http, running, now, form) -> None:
    assert http.send("POST", "/sandbox/page/clock", data=form).status_code == 400
    assert running.clock.now() == now


def test_another_site_cannot_move_the_clock_or_send_people_away(http, running, now) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    assert http.send("POST", "/sandbox/page/clock", data={"advance_s": "60"}, headers=headers).status_code == 403
    assert running.clock.now() == now
    away = {"advance_s": "60", "back": "//elsewhere.example"}
    answer = http.send("POST", "/sandbox/page/clock", data=away, allow_redirects=False)
    assert answer.headers["Location"] == "/"


def test_what_happens_to_a_ticket_can_be_played(http, running, portal, ticket, path) -> None:
    http.send("POST", path, data={"stage": "2"})
    http.send("POST", path, data={"message": "in"})
    running.advance(timedelta(minutes=1))
    http.send("POST", path, data={"message": "out"})
    values = portal.read("tickets", ticket)
    assert values["hs_pipeline_stage"] == "2"
    assert values["hs_last_message_received_at"] == "2026-11-23T09:00:00Z"
    assert values["hs_last_message_sent_at"] == "2026-11-23T09:01:00Z"
    text = http.get(path).text
    assert "The customer wrote" in text
    assert "An agent answered" in text
    assert http.send("POST", path, data={"stage": "nowhere"}).status_code == 400


def test_a_status_somebody_defined_is_a_coloured_word(http, portal, ticket) -> None:
    options = [{"label": "Breached", "value": "breached"}]
    status = {"name": "sla_status", "label": "SLA status", "type": "enumeration", "fieldType": "select"}
    due = {"name": "sla_due_at", "label": "SLA due", "type": "datetime", "fieldType": "date"}
    for definition in ({**status, "options": options}, due):
        http.post("/crm/v3/properties/tickets", {"groupName": "ticketinformation", **definition})
    portal.update("tickets", ticket, {"sla_status": "breached", "sla_due_at": "2026-11-23T08:00:00Z"})
    there = column(http.get("/").text, "Waiting on us")
    assert '<span class="chip bad" title="SLA status">Breached</span>' in there
    assert '<span class="chip bad" title="SLA due">due 1 h ago</span>' in there


def test_requests_are_shown_and_looking_at_the_page_is_none(http) -> None:
    http.get("/crm/v3/objects/tickets", limit=1)
    http.get("/crm/v3/objects/tickets/999")
    http.get("/")
    text = http.get("/sandbox/page/requests").text
    assert "<strong>2</strong> in all" in text
    assert text.index("/crm/v3/objects/tickets/999") < text.rindex("/crm/v3/objects/tickets<")


def test_nothing_is_loaded_from_elsewhere(running, http, path) -> None:
    for page in ("/", path, "/sandbox/page/requests"):
        answer = http.get(page)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        for source in Links(answer.text).loaded:
            assert source.startswith(("/sandbox/page/", "data:"))
            if source.startswith("/"):
                assert requests.get(running.url + source, timeout=5).status_code == 200
    assert "http" not in http.get("/sandbox/page/style.css").text
    assert http.get("/sandbox/page/frame.html").status_code == 404


@pytest.fixture
def note(portal) -> str:
    """A note on the first ticket, with markup that should show and markup that should not."""
    body = "<p><strong>Late</strong></p><script>alert(1)</script><a href='javascript:alert(2)' onclick='x'>here</a>"
    note = portal.create("notes", {"hs_timestamp": "2026-11-23T09:00:00Z", "hs_note_body": body})
    portal.associate("notes", note, "tickets", portal.ids("tickets")[0])
    return note


def test_a_note_shows_as_html_without_anything_that_could_run(http, portal, note) -> None:
    portal_id = portal.account.portal_id
    for path in (f"0-46/{note}", f"0-5/{portal.ids('tickets')[0]}"):
        page = http.get(f"/contacts/{portal_id}/record/{path}").text
        assert "<p><strong>Late</strong></p>" in page
        assert "alert(1)</script>" not in page
        assert "href='javascript" not in page
        assert 'href="javascript' not in page


def test_the_page_of_a_note_is_titled_with_its_words(http, portal, note) -> None:
    page = http.get(f"/contacts/{portal.account.portal_id}/record/0-46/{note}").text
    assert re.search(r"<h1>Late", page)


def test_a_long_name_breaks_inside_its_own_column(http) -> None:
    rules = re.findall(r"([^{}]+)\{([^}]*)\}", http.get("/sandbox/page/style.css").text)
    breaking = " ".join(names for names, body in rules if "overflow-wrap: anywhere" in body)
    for column in (".panel dt", ".panel dd", ".event dt", ".event dd"):
        assert column in breaking


def _talk(text: str) -> str:
    return re.search(r'<section class="talk".*?</section>', text, re.DOTALL)[0]


def test_a_ticket_shows_its_conversations(http, portal, ticket, path, now) -> None:
    assert "Conversations" in http.get(path).text
    thread = portal.start_thread(ticket, channel_id="1000", at=now - timedelta(hours=2))
    portal.write_message(thread, text="It is <b>down</b>", at=now - timedelta(hours=2))
    portal.write_message(thread, "L-3200001", "On and off?", at=now - timedelta(hours=1))
    portal.assign_thread(thread, "A-60003003", at=now)
    portal.write_comment(thread, "A-60003003", "hm", at=now)
    text = _talk(http.get(path).text)
    assert "It is &lt;b&gt;down&lt;/b&gt;" in text
    for shown in ("Customer agent", "AI agent", "Assigned to Aylin Demir", "comment", f"Chat {thread}", "2 h ago"):
        assert shown in text


def test_somebody_writes_as_anybody(http, portal, ticket, path) -> None:
    def write(place: str, writer: str, text: str) -> int:
        form = {"place": place, "writer": writer, "text": text}
        return http.send("POST", path, data=form, allow_redirects=False).status_code

    assert write("new 1000", "customer", "Hello") == 303
    [thread] = portal.threads_of(ticket)
    for writer in ("A-60003003", "B-3100001", "L-3200001", "I-2900001", "comment A-60003003"):
        assert write(thread, writer, f"as {writer}") == 303
    text = _talk(http.get(path).text)
    assert all(f"as {writer}" in text for writer in ("A-60003003", "B-3100001", "L-3200001", "comment A-60003003"))
    assert portal.read("tickets", ticket)["hs_first_agent_message_sent_by"] == "3003"
    assert write(thread, "A-1", "x") == 400
    assert write("1", "customer", "x") == 404


def test_a_thread_is_closed_and_opened_again_by_a_button(http, portal, ticket, path) -> None:
    thread = portal.start_thread(ticket)
    for status, shown in (("CLOSED", "Open again"), ("OPEN", "Close")):
        answer = http.send("POST", path, data={"thread": thread, "status": status})
        assert f"{shown}<span" in _talk(answer.text)
    assert http.send("POST", path, data={"thread": thread, "status": "SHUT"}).status_code == 400
    assert http.send("POST", path, data={"thread": "7", "status": "OPEN"}).status_code == 404


def test_every_field_of_the_form_has_a_label_and_every_button_a_name_of_its_own(http, portal, ticket, path) -> None:
    for channel_id in ("1000", "1002"):
        portal.start_thread(ticket, channel_id=channel_id)
    text = _talk(http.get(path).text)
    for field in re.findall(r"<(?:select|textarea) [^>]*>", text):
        assert re.search(rf"<label[^>]*>[^<]+{re.escape(field)}", text)
    buttons = [re.sub(r"<[^>]*>", "", label) for label in re.findall(r"<button[^>]*>(.*?)</button>", text)]
    assert len(buttons) == len(set(buttons)) == 3
