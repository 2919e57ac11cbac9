"""Zones and holidays kept by content mean what the libraries meant when they were resolved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.policy import holiday_content, zone_content
from hubspot_sla.policy.calendar_data import DatesInUse, ResolvedData, is_outdated

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONES = ("Europe/Berlin", "America/Havana", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
WITHIN = DatesInUse(date(2020, 1, 1), date(2028, 12, 31))


def resolved(name: str) -> ZoneInfo:
    return zone_content.zone_of(zone_content.installed(name))


@given(
    name=st.sampled_from(ZONES),
    at=st.integers(0, int(datetime(2099, 12, 31, tzinfo=UTC).timestamp())),
    fold=st.sampled_from([0, 1]),
)
def test_a_resolved_zone_shows_the_same_time_at_any_instant_and_the_same_instant_for_any_time(
    name: str, at: int, fold: int
) -> None:
    installed, kept = ZoneInfo(name), resolved(name)
    there, here = datetime.fromtimestamp(at, installed), datetime.fromtimestamp(at, kept)
    assert (here.replace(tzinfo=None), here.utcoffset(), here.dst(), here.tzname(), here.fold) == (
        there.replace(tzinfo=None),
        there.utcoffset(),
        there.dst(),
        there.tzname(),
        there.fold,
    )
    shown = there.replace(tzinfo=None, fold=fold)
    assert shown.replace(tzinfo=kept).timestamp() == shown.replace(tzinfo=installed).timestamp()


@pytest.mark.parametrize("name", ZONES)
def test_a_resolved_zone_changes_when_the_installed_one_does(name: str) -> None:
    installed, kept = ZoneInfo(name), resolved(name)
    for at, _ in zone_content._changes(installed, date(1990, 1, 1), date(2040, 1, 1), 86_400):
        for near in (at - 1, at):
            instant = datetime.fromtimestamp(near, UTC)
            assert instant.astimezone(kept).utcoffset() == instant.astimezone(installed).utcoffset()


def test_a_resolved_zone_has_its_name_and_is_one_object() -> None:
    assert str(resolved("Europe/Berlin")) == "Europe/Berlin"
    assert resolved("Europe/Berlin") is ResolvedData().zone("Europe/Berlin")


@pytest.mark.parametrize(("country", "subdivision"), [("DE", "BE"), ("US", ""), ("SA", "")])
def test_resolved_holidays_are_those_of_the_library(country: str, subdivision: str) -> None:
    of_year = ResolvedData().holidays(country, subdivision)
    for year in (1970, 2016, 2026, 2099):
        assert of_year(year) == holiday_content.named_by_library(country, subdivision, [year])
    assert of_year(1969) == of_year(2100) == {}


@pytest.mark.parametrize("name", ["zone Europe/Berlin", "holidays DE-BE"])
def test_what_is_installed_agrees_with_itself_and_what_is_gone_says_nothing(name: str) -> None:
    data = ResolvedData()
    data.zone("Europe/Berlin")
    data.holidays("DE", "BE")
    assert not is_outdated(name, data.used[name], WITHIN)
    gone = data.used[name].replace(b"Europe/Berlin", b"Europe/Nowhere").replace(b'"DE"', b'"ZZ"')
    assert not is_outdated(name, gone, WITHIN)


def without(content: bytes, days: Sequence[date]) -> bytes:
    """The same holidays but for these."""
    for day in days:
        at = content.index(f"[{day:%Y%m%d},".encode())
        content = content[:at] + content[content.index(b"]", at) + 2 :]
    return content


def test_a_holiday_that_is_missing_counts_on_a_date_in_use_only() -> None:
    content = holiday_content.installed("DE", "BE")
    assert is_outdated("holidays DE-BE", without(content, [date(2026, 5, 1)]), WITHIN)
    others = without(content, [date(2019, 5, 1), date(2029, 5, 1)])
    assert not is_outdated("holidays DE-BE", others, WITHIN)


@pytest.mark.parametrize(("year", "counts"), [(2027, True), (2019, False), (2029, False)])
def test_a_change_of_clocks_on_another_day_counts_on_a_date_in_use_only(year: int, counts: bool) -> None:
    content = zone_content.installed("Europe/Berlin")
    spring = next(
        at
        for at, _ in zone_content._changes(ZoneInfo("Europe/Berlin"), date(year, 1, 1), date(year, 6, 1), 86_400)
        if at > datetime(year, 2, 1, tzinfo=UTC).timestamp()
    )
    moved = content.replace(f"[{spring},".encode(), f"[{spring + int(timedelta(days=7).total_seconds())},".encode())
    assert is_outdated("zone Europe/Berlin", moved, WITHIN) is counts
