"""Texts for people, end to end: in the language of the portal, by names, and never a reason to do anything twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.test_ladders import TOBIAS, climbed, parcels, steep
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.flows.sending.engagements import _new_note
from hubspot_sla.hubspot.objects.tickets import PROFILE
from hubspot_sla.ledger import database
from hubspot_sla.ledger.outbox import Kind, OutboxItem
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from flows.world import World

__all__ = ["steep"]


def say(world: World, text: str) -> None:
    """Put these lines at the end of portal.yaml, in place of its language."""
    world.edit("portal.yaml", lambda old: old.replace("language: en\n", "") + text)


def of_kind(world: World, kind: str) -> int:
    return len(world.rows(f"select 1 from audit where kind = '{kind}'"))


def test_what_is_late_comes_first_in_plain_words_and_names(steep: World) -> None:
    ticket = climbed(steep)
    reason = steep.held(ticket)["reason"]
    assert reason.splitlines()[0] == (
        "First response: late since Mon, Nov 23, 2026, 09:01 UTC. Promised: 1 hour, around the clock."
    )
    assert "\n\nDetails\n" in reason


def test_another_language_is_written_when_a_ticket_is_next_judged_and_nothing_is_done_twice(steep: World) -> None:
    closed = steep.ticket(subject="Done already", hs_ticket_priority="HIGH")
    ticket = climbed(steep)
    steep.change(closed, hs_pipeline_stage="4")
    steep.sync()
    held_when_closed = steep.held(closed)["reason"]
    before = (of_kind(steep, "verdict"), steep.task_keys(), len(parcels(steep, "note")))
    say(steep, "language: de\n")
    steep.sync()
    assert steep.held(ticket)["reason"].startswith("Erste Antwort: überfällig seit Mo., 23. Nov. 2026, 09:01 UTC. Zug")
    assert (of_kind(steep, "verdict"), steep.task_keys(), len(parcels(steep, "note"))) == before
    steep.change(closed, subject="Done and renamed")
    steep.sync()
    assert steep.held(closed)["reason"] == held_when_closed
    steep.sync(backfill=True)
    assert steep.held(closed)["reason"] != held_when_closed
    assert of_kind(steep, "verdict") == before[0]


def test_what_somebody_puts_into_a_closed_ticket_is_corrected_to_what_it_said(steep: World) -> None:
    ticket = steep.ticket(hs_ticket_priority="HIGH")
    steep.sync()
    steep.change(ticket, hs_pipeline_stage="4")
    steep.sync()
    said = steep.held(ticket)["reason"]
    say(steep, "language: de\n")
    steep.advance(minutes=5)
    steep.sync()
    steep.change(ticket, sla_reason="mine", sla_policy="mine too")
    steep.advance(minutes=5)
    steep.sync()
    assert (steep.held(ticket)["reason"], steep.held(ticket)["policy"]) == (said, "support")


@pytest.mark.parametrize(
    ("language", "subject", "promised"),
    [
        ("de", "SLA verletzt: Erste Antwort – Printer on fire", "Zugesagt: 1 Stunde, rund um die Uhr"),
        ("fr", "SLA non respecté\N{NO-BREAK SPACE}: Première réponse – Printer on fire", "1\N{NO-BREAK SPACE}heure"),
        ("es", "SLA incumplido: Primera respuesta – Printer on fire", "Prometido: 1 hora, las 24 horas del día"),
    ],
)
def test_tasks_notes_and_messages_are_in_the_language_too(
    steep: World, language: str, subject: str, promised: str
) -> None:
    say(steep, f"language: {language}\n")
    ticket = climbed(steep)
    task = next(task for task in steep.tasks()[ticket] if task["sla_task_key"].endswith("breach"))
    assert task["hs_task_subject"] == subject
    assert promised in task["hs_task_body"]
    (note,) = parcels(steep, "note").values()
    assert "<table>" in note["html"]
    (message,) = parcels(steep, "notification").values()
    assert (message["owner"], message["status"], message["metric"]) == ("Tobias Brandt", "breached", "First response")
    assert message["headline"] == subject.partition(" – ")[0]


def test_a_subject_of_any_length_keeps_no_task_and_no_note_from_being_made(steep: World) -> None:
    say(
        steep,
        "templates:\n"
        '  task: {title: "{subject}", template: "{subject}"}\n'
        '  note: {template: "<b>{subject}</b> {company} {subject}"}\n',
    )
    ticket = steep.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=TOBIAS, subject="&\x1b[2J\u202e" * 10_000)
    steep.sync()
    steep.advance(hours=1, minutes=1)
    assert steep.sync().quarantined == 0
    task = next(task for task in steep.tasks()[ticket] if task["sla_task_key"].endswith("breach"))
    (note,) = [steep.portal.read("notes", id_) for id_ in steep.portal.ids("notes")]
    for text in (task["hs_task_subject"], task["hs_task_body"], note["hs_note_body"], steep.held(ticket)["reason"]):
        assert len(text) < 66_000
        assert not {"\x1b", "\u202e"} & set(text)


def test_a_subject_with_a_line_feed_makes_no_title_of_two_lines(steep: World) -> None:
    ticket = climbed(steep, subject="Printer\nis on fire")
    assert {task["hs_task_subject"].rpartition(" - ")[2] for task in steep.tasks()[ticket]} == {"Printer is on fire"}


def test_templates_name_the_company_the_owner_and_how_late_it_is(steep: World) -> None:
    say(
        steep,
        "templates:\n"
        '  reason: {template: "{tier}/{metric}: {summary}"}\n'
        '  task: {title: "{company}: {headline}", template: "{owner}, {lateness} late, {promised}"}\n'
        '  note: {template: "<b>{company}</b> {subject}"}\n',
    )
    steep.portal.update("companies", "5004", {"name": "Quagga <Ltd>"}, at=steep.now)
    ticket = steep.ticket(hs_ticket_priority="HIGH", hubspot_owner_id=TOBIAS, subject="<script>")
    steep.portal.associate("tickets", ticket, "companies", "5004", primary=True, at=steep.now)
    steep.sync()
    steep.advance(hours=1, minutes=1)
    steep.sync()
    task = next(task for task in steep.tasks()[ticket] if task["sla_task_key"].endswith("breach"))
    assert task["hs_task_subject"] == "Quagga <Ltd>: SLA breached: First response"
    assert task["hs_task_body"] == "Tobias Brandt, 1 minute late, 1 hour, around the clock, gold"
    (note,) = parcels(steep, "note").values()
    assert note["html"] == "<b>Quagga &lt;Ltd&gt;</b> &lt;script&gt;"
    assert steep.held(ticket)["reason"].startswith("gold/First response: First response: late since")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("language: it\n", "language"),
        ('templates: {task: {title: "{compny}"}}\n', "did you mean 'company'"),
        ('templates: {note: {template: "{due_at!r}"}}\n', "stands for itself"),
        ('templates: {reason: {template: "{reached_at}"}}\n', "whatever time it is"),
        ('templates: {reason: {template: "{"}}\n', "braces"),
    ],
)
def test_what_is_no_language_and_no_template_is_refused(steep: World, text: str, message: str) -> None:
    say(steep, text)
    assert message in str(steep.sync().refused)


def test_names_and_texts_never_enter_the_audit_chain(steep: World) -> None:
    say(steep, "language: de\n")
    climbed(steep)
    chain = "\n".join(str(value) for row in steep.rows("select body from audit") for value in row)
    for word in ("Tobias", "Brandt", "Erste Antwort", "rund um die Uhr", "verletzt"):
        assert word not in chain
    outside = "\n".join(str(value) for row in steep.rows("select texts from audit_texts") for value in row)
    assert "Erste Antwort" in outside


def test_the_explanation_says_why_a_promise_made_no_task(empty: World) -> None:
    old = empty.ticket(hs_ticket_priority="HIGH")
    empty.advance(hours=3)
    empty.set_up()
    new = empty.ticket(hs_ticket_priority="HIGH")
    waiting = empty.ticket(hs_ticket_priority="HIGH")
    empty.change(waiting, hs_pipeline_stage="2")
    empty.sync()
    empty.advance(minutes=5)
    empty.sync()

    def told(ticket: str) -> dict[str, str]:
        with database.open_for_reading(empty.folder / "ledger.db") as ledger:
            now = int(empty.now.timestamp()) * 1000
            metrics = explain(ledger.db, RecordRef.of(ticket), now).metrics
        return {metric.verdict.clock.key: metric.task for metric in metrics}

    assert told(old)["first_response"] == "No task: it was late before go-live, Mon, Nov 23, 2026, 11:00 UTC."
    assert told(new)["first_response"].startswith("No task yet: the next step is Mon, Nov 23, 2026, 12:")
    assert told(waiting)["resolution"] == "No task: it is paused."


def test_links_lead_to_the_portals_own_address(steep: World) -> None:
    climbed(steep)
    (message,) = parcels(steep, "notification").values()
    assert message["url"].startswith("https://app-eu1.hubspot.com/contacts/")


@pytest.mark.parametrize(
    "told", ["", "evil.example", "app.hubspot.com.evil.example", "x/y.hubspot.com", "a@b.hubspot.com", "é.hubspot.com"]
)
def test_an_address_that_is_not_hubspots_is_never_linked_to(told: str) -> None:
    assert PROFILE.page("145", told) == "https://app.hubspot.com/contacts/145/record/0-5/"
    assert PROFILE.page("145", "app-na2.hubspot.com") == "https://app-na2.hubspot.com/contacts/145/record/0-5/"


def test_a_note_that_an_earlier_version_asked_for_in_plain_text_is_still_made() -> None:
    body = {"body": "late <b>\nand open", "at": "2026-11-23T09:00:00Z", "rung_key": "rung:1"}
    item = OutboxItem("note:1", Kind.NOTE, RecordRef.of("1"), body)
    assert _new_note(item).html == "late &lt;b&gt;<br>and open"
