"""Who answered first: one person is one id, whichever source tells of the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flows.conversation_desk import (
    EVERY_SOURCE,
    agent_of,
    conversation,
    desk_of,
    log_activity,
    overview,
    owner_of,
    responders,
    sweep_of,
)
from hubspot_sla.flows.runs import rebuild_outcomes
from hubspot_sla.flows.runs.refresh import refresh
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    made = desk_of(tmp_path, EVERY_SOURCE)
    yield made
    made.close()


def answered_in_a_thread(desk: World) -> str:
    ticket, thread = conversation(desk)
    desk.write_message(thread, agent_of(desk), "Hello.")
    return ticket


def answered_by_a_logged_mail(desk: World, *, is_owned: bool = True) -> str:
    ticket, _ = conversation(desk)
    mail = log_activity(desk, ticket, "emails", hs_email_direction="EMAIL", hubspot_owner_id=owner_of(desk))
    if not is_owned:  # who made it is known still
        desk.portal.update("emails", mail, {"hubspot_owner_id": ""}, at=desk.now)
    return ticket


def first(desk: World, ticket: str) -> object:
    return responders(desk, ticket)["first_response"]


def test_a_person_is_one_id_in_threads_and_in_logged_mails(desk: World) -> None:
    tickets = [
        answered_in_a_thread(desk),
        answered_by_a_logged_mail(desk),
        answered_by_a_logged_mail(desk, is_owned=False),
    ]
    desk.sync()
    assert [first(desk, ticket) for ticket in tickets] == [owner_of(desk)] * 3
    named = desk.rows("select distinct first_responder from outcomes_named where metric = 'first_response'")
    assert len(named) == 1
    assert all(overview(desk, ticket).rows()[-1][1].startswith(f"person {named[0][0]} (") for ticket in tickets)
    with database.open_for_reading(desk.folder / "ledger.db") as ledger:
        assert not rebuild_outcomes.compare(ledger).differing


@pytest.mark.parametrize("version", ["2026-09", "2026-03"])
def test_a_colleague_who_is_new_is_named_as_owner_once_owners_were_read_and_nothing_is_restated(
    desk: World, version: str
) -> None:
    somebody = desk.portal.owners[owner_of(desk)]
    desk.portal.owners["3999"] = replace(somebody, id="3999", user_id=60_003_999, email="new@ours.example")
    ticket, thread = conversation(desk)
    desk.write_message(thread, "A-60003999", "Hello.")
    desk.sync()
    assert first(desk, ticket) == "A-60003999"
    with desk.impatient(version) as context:
        refresh(context)
    assert first(desk, ticket) == "3999"
    desk.advance(minutes=1)
    sweep_of(desk)
    assert first(desk, ticket) == "3999"
    assert desk.rows("select * from outcome_editions") == []
    with database.open_for_reading(desk.folder / "ledger.db") as ledger:
        assert not rebuild_outcomes.compare(ledger).differing


def test_a_mail_from_the_customer_is_nobodys_of_ours_whoever_owns_it(desk: World) -> None:
    ticket = desk.ticket(age=timedelta(minutes=30))
    log_activity(desk, ticket, "emails", hs_email_direction="INCOMING_EMAIL", hubspot_owner_id=owner_of(desk))
    desk.sync()
    [(_, who, *_)] = overview(desk, ticket).rows()
    assert who == "customer"
