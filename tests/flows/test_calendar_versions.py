"""The zones and holidays by which a ledger judges are those it keeps; a library that is updated changes them only where
a date in use is another one now, and then as a new version of the mappings."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from holidays.countries.germany import Germany

from altered import alter
from flows.test_explain_at import as_json
from flows.test_outcomes import one
from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.flows.context import loaded_mappings
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.inspection import audit_replay
from hubspot_sla.ledger import database
from hubspot_sla.policy import calendar_libraries, holiday_content, zone_content
from hubspot_sla.policy.zone_content import _as_zone_file
from proofs import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flows.world import World

OFFICE = """\
calendars:
  office:
    timezone: Europe/Berlin
    hours: {mon-fri: ["09:00-17:00"]}
    holidays: {country: DE, subdivision: BE}
"""


def forget_libraries() -> None:
    """As a new process knows them."""
    zone_content.installed.cache_clear()
    holiday_content.installed.cache_clear()
    calendar_libraries.holidays_version.cache_clear()
    zoneinfo.ZoneInfo.clear_cache()
    loaded_mappings._compiled.cache_clear()


@pytest.fixture
def holiday_update(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[date | None], None]]:
    """Another release of the library of holidays, with one more in Germany, or with none."""

    def update(day: date | None) -> None:
        populate = Germany._populate_public_holidays

        def and_one_more(self: Germany) -> None:
            populate(self)
            if day is not None and self._year == day.year:
                self._add_holiday("Day of the Sandbox", day.month, day.day)

        monkeypatch.setattr(Germany, "_populate_public_holidays", and_one_more)
        monkeypatch.setattr(calendar_libraries.metadata, "version", lambda _: f"999.{day}")
        forget_libraries()

    yield update
    monkeypatch.undo()
    forget_libraries()


@pytest.fixture
def zone_update(tmp_path: Path) -> Iterator[Callable[[int], None]]:
    """Another release of the zones, in which Berlin keeps its winter time from a year on."""

    def update(year: int) -> None:
        content = zone_content.orjson.loads(zone_content.installed("Europe/Berlin"))
        kept = [(at, kind) for at, kind in content["changes"] if at < zone_content._begin_s(date(year, 1, 1))]
        file = tmp_path / "zones" / "Europe" / "Berlin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_as_zone_file(content["kinds"], kept))
        zoneinfo.reset_tzpath(to=[str(tmp_path / "zones"), *before])
        forget_libraries()

    before = zoneinfo.TZPATH
    yield update
    zoneinfo.reset_tzpath(to=before)
    forget_libraries()


@pytest.fixture
def office(live: World) -> World:
    """The day is a Monday. A ticket that is due on Tuesday at noon in Berlin."""
    (live.folder / "mappings" / "calendars.yaml").write_text(OFFICE, encoding="utf-8")
    live.edit("policies.yaml", lambda text: text.replace("calendar: always", "calendar: office"))
    live.edit("policies.yaml", lambda text: text.replace("{HIGH: 8h, default: 24h}", "11h"))
    live.ticket()
    live.sync()
    return live


def versions(world: World) -> int:
    return len(world.rows("select 1 from policy_versions"))


def due(world: World) -> str:
    (ticket,) = (str(row[0]) for row in world.rows("select record_id from records"))
    return world.held(ticket)["resolution_due_at"]


def due_as_known(world: World, at: datetime) -> object:
    """By `sla explain --at`, which knows of no difference."""
    ((ticket,),) = world.rows("select record_id from records")
    found = as_json(world, str(ticket), at)
    assert found["differences"] == []
    return found["then"]["metrics"]["resolution"]["due_at"]


def replayed(world: World) -> int:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        done = audit_replay.replay(ledger)
        assert list(checks.known_then(ledger.db)) == []
    assert done.verdicts > 0
    return done.differing


def test_a_holiday_that_becomes_known_makes_a_new_version_with_its_cause(
    office: World, holiday_update: Callable[[date | None], None]
) -> None:
    before = due(office)
    ((judged_at,),) = office.rows("select max(at) from audit where kind = 'verdict'")
    holiday_update(date(2026, 11, 24))
    office.advance(minutes=1)
    office.sync()
    assert due(office) == before.replace("11-24", "11-25")
    assert versions(office) == 3
    entry = office.entries("policy")[-1]
    assert (entry["mappings"], entry["cause"]) == (3, "calendar data")
    assert entry["version"] == office.entries("policy")[-2]["version"]
    assert replayed(office) == 0
    office.advance(minutes=1)
    office.sync()
    assert versions(office) == 3
    assert due_as_known(office, datetime.fromtimestamp(int(str(judged_at)) / 1000, UTC)) == before
    assert due_as_known(office, office.now) == due(office)
    office.require_whole_chain()


@pytest.mark.parametrize("day", [None, date(2026, 11, 19), date(2029, 1, 2), date(2014, 6, 6)], ids=str)
def test_a_release_that_says_nothing_new_about_dates_in_use_changes_nothing(
    office: World, holiday_update: Callable[[date | None], None], day: date | None
) -> None:
    before, head = due(office), office.rows("select max(seq) from audit where kind <> 'facts'")
    holiday_update(day)
    office.advance(minutes=1)
    office.sync()
    assert (due(office), versions(office)) == (before, 2)
    assert office.rows("select max(seq) from audit where kind <> 'facts'") == head
    assert replayed(office) == 0


def test_a_ticket_that_is_open_keeps_the_dates_since_its_creation_in_use(
    office: World, holiday_update: Callable[[date | None], None]
) -> None:
    office.advance(days=4)
    office.sync()
    holiday_update(date(2026, 11, 25))
    office.advance(minutes=1)
    office.sync()
    assert versions(office) == 3


@pytest.mark.parametrize(("year", "count"), [(2027, 3), (2030, 2)])
def test_a_zone_that_changes_makes_a_new_version_once_its_dates_are_in_use(
    office: World, zone_update: Callable[[int], None], year: int, count: int
) -> None:
    zone_update(year)
    office.advance(minutes=1)
    office.sync()
    assert versions(office) == count
    office.advance(days=800)
    for _ in range(2):  # the first learns what time it is
        office.sync()
    assert versions(office) == 3
    assert replayed(office) == 0


def test_an_edit_takes_over_the_data_that_are_kept(
    office: World, holiday_update: Callable[[date | None], None]
) -> None:
    holiday_update(date(2014, 6, 6))
    office.edit("policies.yaml", lambda text: text.replace("11h", "12h"))
    office.advance(minutes=1)
    office.sync()
    assert versions(office) == 3
    assert office.rows("select count(distinct digest), count(*) from version_calendars where mappings > 1") == [(2, 4)]


def test_a_version_takes_few_bytes_and_shares_its_contents(office: World) -> None:
    kept = office.rows("select count(*), sum(length(content)) from calendar_data")
    assert int(str(kept[0][1])) < 20_000
    edits = 3
    for number in range(edits):
        office.edit("policies.yaml", lambda text, number=number: f"{text}# edit {number}\n")
        office.advance(minutes=1)
        office.sync()
    assert versions(office) == 2 + edits
    assert office.rows("select count(*), sum(length(content)) from calendar_data") == kept


def test_the_plan_shows_what_the_new_data_will_do(office: World, holiday_update: Callable[[date | None], None]) -> None:
    holiday_update(date(2026, 11, 24))
    assert [action.changes["sla_resolution_due_at"][:10] for action in office.plan()] == ["2026-11-25"]
    assert versions(office) == 2


def test_what_is_late_no_more_by_a_holiday_is_restated_with_that_cause(
    office: World, holiday_update: Callable[[date | None], None]
) -> None:
    (ticket,) = (str(row[0]) for row in office.rows("select record_id from records"))
    office.advance(days=2)
    office.sync()
    assert one(office, ticket)["status"] == "breached"
    holiday_update(date(2026, 11, 24))
    office.advance(minutes=1)
    office.sync()
    assert office.rows("select clock, status, cause from outcome_editions") == [
        ("resolution", "breached", "calendar data")
    ]
    office.require_whole_chain()


def test_a_ledger_that_kept_none_keeps_those_of_today_at_its_next_run(office: World) -> None:
    alter(
        office.folder / "ledger.db",
        *("delete from version_calendars", "delete from calendar_data"),
        "delete from meta where key = 'calendar_libraries'",
    )
    before = versions(office)
    assert replayed(office) == 0
    office.advance(minutes=1)
    with wired(office.settings()) as context:
        from hubspot_sla.flows.context import versions_in_force
        from hubspot_sla.flows.reading import calendar_versions

        calendar_versions.keep(context, versions_in_force.in_force(context.ledger.db), "a run")
    assert versions(office) == before
    assert office.rows("select mappings, name from version_calendars order by 1, 2") == [
        (number, name) for number in range(1, before + 1) for name in ("holidays DE-BE", "zone Europe/Berlin")
    ]
    told = office.entries("calendar_data")
    assert [entry["mappings"] for entry in told] == [1, 2]
    assert set(told[0]["libraries"]) == {"holidays", "tzdata"}
    assert replayed(office) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "delete from version_calendars where mappings = 2",
        "update version_calendars set name = 'zone Europe/Rome' where name like 'zone%'",
        "update calendar_data set content = zeroblob(9)",
    ],
)
def test_altered_calendar_data_are_found(office: World, statement: str) -> None:
    alter(office.folder / "ledger.db", statement)
    with pytest.raises(LedgerDamaged, match=r"calendar_data|of version"):
        office.require_whole_chain()
