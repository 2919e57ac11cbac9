"""`sla check` says what an edit of `messages` cannot judge anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.conversation_desk import MESSAGES, desk_of
from hubspot_sla.flows.context.mapping_texts import texts_offline
from hubspot_sla.flows.inspection.message_edits import message_edit_notes
from hubspot_sla.policy.loader import load

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (MESSAGES, []),
        (MESSAGES + "  bots: answer\n", []),
        (MESSAGES.replace("[ours.example]", "[ours.example, home.example]"), ["outside_domains of portal.yaml"]),
        (MESSAGES + "  auto_replies: {markers: '[auto]'}\n", ["auto_replies.markers of portal.yaml"]),
        (MESSAGES.replace("[threads]", "[threads, notes]"), ["notes of portal.yaml"]),
        ("", []),
    ],
)
def test_check_names_what_counts_from_its_load_on(tmp_path: Path, edit: str, said: list[str]) -> None:
    desk = desk_of(tmp_path, MESSAGES)
    desk.edit("portal.yaml", lambda text: text.replace(MESSAGES, edit))
    settings = desk.settings()
    notes = message_edit_notes(settings.ledger, load(texts_offline(settings)))
    assert [note.partition("'s `messages`")[0] for note in notes] == said
    desk.close()


def test_without_a_ledger_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, MESSAGES)
    assert message_edit_notes(tmp_path / "none.db", load(texts_offline(desk.settings()))) == []
    desk.close()
