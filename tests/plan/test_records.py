"""Keys of records: those of tickets are what they were when tickets were the only type."""

from __future__ import annotations

import pytest

from hubspot_sla.plan.actions import CompleteTask, WriteProperties
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.plan.rung_keys import rung_key, task_key

TICKET, COMPANY = RecordRef("tickets", "28100042"), RecordRef("companies", "28100042")


def test_keys_of_tickets_are_what_they_always_were() -> None:
    assert WriteProperties(TICKET, {}, {}).key == "properties:28100042"
    assert task_key(TICKET, "resolution", 1, "breach") == "task:28100042:resolution:1:breach"
    assert rung_key(TICKET, "ola:stage:Experts", 2, "standard", "+4h:2") == (
        "rung:28100042:ola:stage:Experts:2:standard:+4h:2"
    )
    assert CompleteTask(TICKET, "task:28100042:resolution:1:breach", "7").key == (
        "complete:task:28100042:resolution:1:breach"
    )


def test_any_other_type_stands_in_front_of_the_id() -> None:
    assert WriteProperties(COMPANY, {}, {}).key == "properties:companies:28100042"
    assert task_key(COMPANY, "resolution", 1, "breach") == "task:companies:28100042:resolution:1:breach"
    assert rung_key(COMPANY, "resolution", 1, "standard", "75%") == (
        "rung:companies:28100042:resolution:1:standard:75%"
    )


@pytest.mark.parametrize("record", [TICKET, COMPANY])
def test_a_key_names_its_record(record: RecordRef) -> None:
    assert RecordRef.of(record.key) == record


def test_a_ticket_may_be_named_with_its_type() -> None:
    assert RecordRef.of("tickets:28100042") == TICKET
