"""Names come with what is read anyway or with the hourly refresh, and stay as they were for what is past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.test_doctor import findings, the
from flows.test_refresh import rename, run_refresh
from flows.world import TOKEN
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.sync import sync

if TYPE_CHECKING:
    from flows.world import World

WITHOUT_OWNERS = ["tickets", "crm.objects.companies.read", "crm.objects.contacts.read", "crm.objects.contacts.write"]


def named(world: World, ticket: str) -> dict[str, object]:
    """Every name in the outcome of a ticket's resolution."""
    names = "company, owner, team, pipeline, stage"
    (row,) = world.rows(f"select {names} from outcomes_named where record_id = '{ticket}' and metric = 'resolution'")
    return dict(zip(names.split(", "), row, strict=True))


def test_everything_but_companies_has_its_name_from_the_set_up_on(live: World) -> None:
    owner = live.portal.owners["3001"]
    ticket = live.ticket(company="5004", hubspot_owner_id="3001")
    live.sync()
    assert named(live, ticket) == {
        "company": live.portal.read("companies", "5004")["name"],  # read with its tier
        "owner": f"{owner.first_name} {owner.last_name}",
        "team": owner.teams[0].name,
        "pipeline": "Support Pipeline",
        "stage": "New",
    }


def test_a_refresh_reads_the_names_of_owners_and_teams(live: World) -> None:
    (live.folder / "mappings" / "escalations.yaml").unlink()  # its people are read too
    ticket = live.ticket(hubspot_owner_id="3001")
    live.sync()
    stats = run_refresh(live)
    owner = live.portal.owners["3001"]
    assert named(live, ticket)["owner"] == f"{owner.first_name} {owner.last_name}"
    assert named(live, ticket)["team"] == owner.teams[0].name
    assert stats.calls["owners"] == 2  # the active ones, and those who left


def test_who_left_keeps_the_name(live: World) -> None:
    ticket = live.ticket(hubspot_owner_id="3001")
    live.sync()
    live.running.faults.add("owner_deactivated", owner="3001", refused=False)
    run_refresh(live)
    assert named(live, ticket)["owner"] != "3001"


def test_a_rename_changes_what_comes_and_nothing_that_is_past(live: World) -> None:
    done, going_on = live.ticket(company="5004"), live.ticket(company="5004")
    live.advance(minutes=5)
    live.change(done, hs_pipeline_stage="4")
    live.sync()
    before = live.portal.read("companies", "5004")["name"]
    live.advance(hours=1)
    live.portal.update("companies", "5004", {"name": "Renamed Ltd"}, at=live.now)
    rename(live, "0", "1", "Brand new")
    run_refresh(live)
    assert named(live, done)["company"] == before
    assert (named(live, going_on)["company"], named(live, going_on)["stage"]) == ("Renamed Ltd", "Brand new")


def test_companies_of_closed_tickets_are_named_a_hundred_a_call_and_asked_for_once(empty: World) -> None:
    """No mapping looks at a company, so a first sync reads none."""
    empty.edit("tiers.yaml", lambda _: "ranks: [gold]\nsources: []\n")
    companies = [empty.portal.create("companies", {"name": f"Customer {n}"}) for n in range(150)]
    for company in companies:
        ticket = empty.ticket(company=company)
        empty.change(ticket, hs_pipeline_stage="4")
    empty.portal.archive("companies", companies[0])
    empty.edit("policies.yaml", lambda text: text.replace(", tier: gold", ""))
    empty.set_up()
    assert empty.sync().calls["batch_read"] == 0
    assert run_refresh(empty).calls["batch_read"] == 2
    named_rows = empty.rows(
        "select count(*) from outcomes_named where company like 'Customer %' and metric = 'resolution'"
    )
    assert named_rows == [(149,)]
    assert empty.rows(f"select distinct company from outcomes_named where company_id = '{companies[0]}'") == [
        (companies[0],)
    ]
    assert run_refresh(empty).calls["batch_read"] == 0


def test_an_idle_tick_reads_no_name(live: World) -> None:
    live.ticket(company="5004", hubspot_owner_id="3001")
    live.sync()
    live.advance(minutes=5)
    live.sync()
    live.advance(minutes=5)
    with wired(live.settings()) as context:
        assert sync(context).calls == {"search": 1}


def test_where_the_token_may_not_read_names_ids_stand_for_them_and_doctor_says_so(live: World) -> None:
    (live.folder / "mappings" / "escalations.yaml").unlink()  # it names people
    ticket = live.ticket(company="5004", hubspot_owner_id="3001")
    live.sync()
    live.running.access.grant(TOKEN, WITHOUT_OWNERS)
    assert run_refresh(live).quarantined == 0
    assert named(live, ticket)["owner"] != "3001"  # as `sla setup` read it, while it might
    found = findings(live)
    assert "ids stand for them" in the(found, "names", "warn").message
    assert any("crm.objects.owners.read is missing" in one.message and one.level == "warn" for one in found)
    live.running.access.grant(TOKEN, [*WITHOUT_OWNERS, "crm.objects.owners.read"])
    run_refresh(live)
    assert "owner" in the(findings(live), "names", "ok").message
    assert named(live, ticket)["owner"] != "3001"
