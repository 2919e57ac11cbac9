"""Notes on tickets: made with their ticket, found again by their marker, plain text whatever they say."""

from __future__ import annotations

from html import escape

import pytest

from hubspot_sandbox.object_types import NOTES
from hubspot_sla.errors import OutcomeUnknown
from hubspot_sla.hubspot.html_text import LONGEST_BODY, LONGEST_TEXT, as_html, fitted
from hubspot_sla.hubspot.key_references import reference
from hubspot_sla.hubspot.notes import NewNote
from hubspot_sla.hubspot.refusal_reason import refusal_in
from hubspot_sla.plan.records import RecordRef

AT_MS = 1_791_205_200_000


@pytest.fixture
def marked(portal) -> None:
    """The marker property exists on notes."""
    definition = {"name": "sla_note_key", "label": "SLA note key", "type": "string", "fieldType": "text"}
    portal.schema.create_properties("notes", [definition | {"groupName": "noteinformation"}])
    portal.transport.calls.clear()


def note(key: str, ticket_id: str, body: str = "because") -> NewNote:
    return NewNote(key, RecordRef("tickets", ticket_id), as_html(body), AT_MS)


def held(sandbox, id_: str) -> dict[str, str]:
    return sandbox.portal.read("notes", id_)


@pytest.mark.usefixtures("marked")
def test_notes_are_made_with_their_ticket_in_one_call(portal, sandbox) -> None:
    first, second, *_ = sandbox.portal.ids("tickets")
    created = portal.notes.create([note("k1", first), note("k2", second)])
    assert set(created.created) == {"k1", "k2"}
    assert portal.transport.calls == {"batch_create": 1}
    made = held(sandbox, created.created["k1"])
    assert made["hs_timestamp"] == "2026-10-05T13:00:00Z"
    assert (made["hs_note_body"], made["sla_note_key"]) == ("because", "k1")


@pytest.mark.usefixtures("marked")
def test_notes_are_found_again_by_their_marker(portal, sandbox) -> None:
    first, second, *_ = sandbox.portal.ids("tickets")
    created = portal.notes.create([note("k1", first), note("k2", first), note("k3", second)])
    assert portal.notes.find_markers("tickets", [first, second]).ids == created.created
    assert portal.notes.find_markers("tickets", [second]).ids == {"k3": created.created["k3"]}


@pytest.mark.usefixtures("marked")
def test_a_note_whose_answer_was_lost_is_found_and_not_sent_twice(portal, sandbox) -> None:
    id_ = sandbox.portal.ids("tickets")[0]
    sandbox.faults.add("commit_then_drop", route="batch_create", times=1)
    with pytest.raises(OutcomeUnknown):
        portal.notes.create([note("k1", id_)])
    assert list(portal.notes.find_markers("tickets", [id_]).ids) == ["k1"]
    assert len(sandbox.portal.ids(NOTES.name)) == 1


@pytest.mark.usefixtures("marked")
def test_a_note_for_a_ticket_that_is_gone_is_rejected_alone(portal, sandbox) -> None:
    created = portal.notes.create([note("k1", sandbox.portal.ids("tickets")[0]), note("k2", "999")])
    assert (set(created.created), set(created.rejected)) == ({"k1"}, {"k2"})


@pytest.mark.usefixtures("marked")
def test_what_a_customer_wrote_is_no_markup_in_a_note(portal, sandbox) -> None:
    body = 'Late: <script>alert("x")</script> & more\nSecond line'
    (id_,) = portal.notes.create([note("k1", sandbox.portal.ids("tickets")[0], body)]).created.values()
    shown = "Late: &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more<br>Second line"
    assert held(sandbox, id_)["hs_note_body"] == shown


def test_a_note_too_long_for_hubspot_ends_with_a_whole_line() -> None:
    shown = as_html("\n".join("<" * 100 for _ in range(400)))
    lines = shown.split("<br>")
    assert len(shown) <= LONGEST_BODY
    assert set(lines) == {"&lt;" * 100}
    assert len(lines) == LONGEST_BODY // 404


@pytest.mark.parametrize("letter", ["x", "&", "'", "\n"])
def test_one_line_too_long_for_hubspot_is_cut_within_and_no_entity_is_halved(letter: str) -> None:
    for length in (LONGEST_BODY - 30, LONGEST_BODY, 3_000_000):
        shown = as_html(f"First\n{letter * length}\nLast")
        assert len(shown) <= LONGEST_TEXT
        first, *rest = shown.split("<br>")
        assert first == "First"
        if rest and letter != "\n":
            assert set(rest[0].removesuffix("…").split(escape(letter))) == {""}


def test_html_of_many_long_texts_is_made_of_shorter_ones() -> None:
    made = fitted(lambda most: "".join(escape("&" * min(most, 10_000)) for _ in range(40)))
    assert LONGEST_TEXT // 3 < len(made) <= LONGEST_TEXT


@pytest.mark.usefixtures("marked")
def test_a_note_that_lacks_its_marker_property_is_looked_for_and_then_carries_a_reference(portal, sandbox) -> None:
    portal.schema.archive_property("notes", "sla_note_key")
    ticket = sandbox.portal.ids("tickets")[0]
    created = portal.notes.create([note("k1", ticket)])
    assert (created.created, created.rejected, created.unknown) == ({}, {}, ("k1",))
    assert "sla_note_key" in created.no_marker
    again = portal.notes.create([note("k1", ticket)], marked=False)
    assert portal.notes.find_markers("tickets", [ticket]).id_of("k1") == again.created["k1"]
    assert held(sandbox, again.created["k1"])["hs_note_body"] == f"because<br>({reference('k1')})"


@pytest.mark.parametrize(
    ("body", "lacks"),
    [
        ({"message": 'Property "sla_note_key" does not exist'}, True),
        ({"errors": [{"message": 'Property "sla_note_key" does not exist'}]}, True),
        (
            {
                "errors": [
                    {"message": "x", "code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": ["sla_note_key"]}}
                ]
            },
            True,
        ),
        ({"message": "A note with sla_note_key = k1 already exists"}, False),
        ({"message": 'Property "hs_other" does not exist'}, False),
    ],
)
def test_a_marker_that_is_not_there_is_known_however_hubspot_says_it(portal, body, lacks) -> None:
    assert portal.notes._records._lacks_marker(refusal_in(body)) is lacks
