"""Mappings that look right and are not."""

from __future__ import annotations

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.loader import load
from policy.mapping_texts import texts


def said(calendars: str) -> str:
    with pytest.raises(MappingInvalid) as refused:
        load(texts(calendars=calendars))
    return str(refused.value)


@pytest.mark.parametrize("zone", ["localtime", "posixrules", "Factory", "posix/Europe/Berlin", "right/Europe/Berlin"])
def test_a_zone_that_is_another_one_on_another_machine_is_refused_and_never_proposed(zone: str) -> None:
    told = said(f"calendars:\n  berlin: {{timezone: {zone}, business_day: 8h, hours: {{mon: ['09:00-17:00']}}}}\n")
    assert f"there is no time zone '{zone}'" in told
    assert "did you mean 'localtime'" not in told


def test_a_calendar_that_is_closed_for_ever_is_refused() -> None:
    closed = "closed: [{from: 1990-01-01T00:00:00Z, to: 2199-01-01T00:00:00Z}]"
    told = said(
        f"calendars:\n  berlin: {{timezone: UTC, business_day: 8h, hours: {{mon: ['09:00-17:00']}}, {closed}}}\n"
    )
    assert "closed for more than ten years" in told


def test_a_fraction_is_not_blamed_for_a_missing_unit() -> None:
    with pytest.raises(MappingInvalid, match=r"'1\.5h' is not a duration"):
        load(texts(policies="policies:\n  - {id: a, calendar: berlin, targets: {resolution: 1.5h}}\n"))
