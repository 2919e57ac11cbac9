"""What HubSpot holds of ours comes out of its packing as it went in, in every version to come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.ledger.packed_properties import packed, unpacked
from hubspot_sla.plan.properties import WRITTEN

VALUES = st.sampled_from(
    ["met", "missed", "", "2026-10-05T13:00:00Z", "No policy applies. Tier: ä \N{SNOWMAN}", "0" * 2000]
)
NAMES = st.sampled_from([f"sla_{written.key}" for written in WRITTEN] + ["theirs", "ä"])


@given(st.dictionaries(NAMES, VALUES | st.none()))
def test_properties_come_out_as_they_went_in_without_those_that_hold_nothing(values: dict[str, str | None]) -> None:
    assert unpacked(packed(values)) == {name: value for name, value in values.items() if value}


def test_what_this_version_packed_is_read_by_every_later_one() -> None:
    """Bytes of a ledger. Whoever must change this test has changed a dictionary: give the new one a number instead."""
    stored = bytes.fromhex(STORED)
    assert unpacked(stored) == {"sla_status": "met", "sla_tier": "gold", "sla_reason": "First response: met."}


STORED = "01ab464d60e8a9096814cc8bb88d87980400"


def test_what_earlier_versions_stored_is_read() -> None:
    assert unpacked('{"sla_status":"met"}') == {"sla_status": "met"}


@pytest.mark.parametrize("stored", [b"", b"\x02abc", b"\x01\xff\xff", packed({"sla_status": "met"})[:-3], "{", b"\x00"])
def test_what_was_altered_is_no_properties(stored: bytes | str) -> None:
    with pytest.raises(ValueError, match="no packed properties"):
        unpacked(stored)


def test_a_typical_record_takes_an_eighth() -> None:
    values = {
        "sla_status": "met",
        "sla_breached": "false",
        "sla_breach_count": "0",
        "sla_escalation_level": "0",
        "sla_policy": "standard",
        "sla_tier": "silver",
        "sla_resolution_status": "met",
        "sla_resolution_due_at": "2016-03-07T09:48:00Z",
        "sla_reason": "First response: policy standard promises no first response. Resolution (5bd on calendar office,"
        " policy standard): met Mon 2016-02-29 11:03 UTC, due Mon 2016-03-07 09:48 UTC.",
    }
    assert len(packed(values)) < 100
