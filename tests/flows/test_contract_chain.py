"""The chain behind promises to customers, from tickets that went through the hands of a team and a vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubspot_sla.cli.main import main
from hubspot_sla.flows.inspection.chains.document import AskedChain, chains_of_period, chains_of_record
from hubspot_sla.ledger import database
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.render.report.as_json import as_json
from hubspot_sla.render.report.page import page

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.render.report.document import Document

POLICIES = """\
policies:
  - id: billing
    when: {pipeline: Billing}
    calendar: always
    targets: {resolution: 8h}
    pauses: {resolution: false}
  - id: department
    kind: ola
    when: {pipeline: Billing}
    calendar: always
    targets: {stage: {Billing: 2h}}
  - id: bank
    kind: uc
    when: {pipeline: Billing}
    calendar: always
    targets: {stage: {Bank: 4h}}
"""
HOUR = 3600


@pytest.fixture
def desk(live: World) -> World:
    (live.folder / "mappings" / "policies.yaml").write_text(POLICIES, encoding="utf-8")
    live.set_up()
    return live


def stages(world: World) -> dict[str, str]:
    """Ids of the stages of Billing, by label."""
    (pipeline,) = (each for each in world.portal.pipelines.values() if each.label == "Billing")
    return {stage.label: stage.id for stage in pipeline.stages} | {"": pipeline.id}


def billed(world: World, *moves: tuple[float, str]) -> str:
    """A ticket that is moved to a stage after so many hours each."""
    ids = stages(world)
    ticket = world.ticket(hs_pipeline=ids[""], hs_pipeline_stage=ids["New"])
    for hours, stage in moves:
        world.advance(hours=hours)
        world.change(ticket, hs_pipeline_stage=ids[stage])
    world.advance(seconds=1)
    world.sync()
    return ticket


def of_period(world: World) -> dict[str, Any]:
    return read(world, lambda db: chains_of_period(db, AskedChain("2026-11")))


def of_ticket(world: World, ticket: str) -> dict[str, Any]:
    now = round(world.now.timestamp() * 1000)
    return read(world, lambda db: chains_of_record(db, RecordRef.of(ticket), now))


def read(world: World, of: Any) -> dict[str, Any]:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        document: Document = of(ledger.db)
    return as_json(document)


def test_a_late_department_is_named_the_kept_chain_does_not_fit_and_open_ones_have_slack(desk: World) -> None:
    """An hour new, three of Billing's two, seven of the bank's four: the bank was late when the promise was. Then six
    hours new, one of Billing's, three and a half of the bank's, all kept. The third is with the bank since an hour."""
    late = billed(desk, (1, "Under review"), (3, "Waiting on bank"), (7, "Resolved"))
    kept = billed(desk, (6, "Under review"), (1, "Waiting on bank"), (3.5, "Resolved"))
    going = billed(desk, (1, "Under review"), (1, "Waiting on bank"))
    desk.advance(hours=1)
    desk.sync()
    found = of_period(desk)
    assert [
        (row["record"], row["cause"], row["overrun"], row["unassigned"]) for row in found["tables"]["breaches"]
    ] == [
        (late, "Billing was late", HOUR, HOUR),
        (kept, "no link was late: the chain does not fit", None, 6 * HOUR),
    ]
    sides = [(row["kind"], row["who"], row["judged"], row["kept"], row["caused"]) for row in found["tables"]["links"]]
    assert sides == [
        ("SLA", "the customer", 2, 0, 0),
        ("OLA", "Billing", 3, 2, 1),
        ("UC", "Bank", 2, 1, 0),
    ]
    (slack,) = found["tables"]["slack"]
    assert (slack["record"], slack["promised"], slack["slack"]) == (going, 4 * HOUR, 2 * HOUR)
    assert round(slack["still"]) == pytest.approx(3 * HOUR, abs=5)
    of_late = of_ticket(desk, late)
    assert of_late["sentence"] == "Resolution: Billing was late."
    times = {(row["link"], row["holder"]): (row["in_time"], row["late"]) for row in of_late["tables"]["parts"]}
    assert times == {
        ("with no link", "our queue"): (HOUR, 0),
        ("OLA: Time in Billing", "Billing"): (3 * HOUR, 0),
        ("Supplier: Time in Bank", "Bank"): (4 * HOUR, 3 * HOUR),
        ("together", ""): (8 * HOUR, 3 * HOUR),
    }
    assert of_late["tables"]["promises"][0]["used"] == 11 * HOUR


def test_the_command_shows_a_period_and_a_ticket_and_refuses_what_there_is_not(
    desk: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ticket = billed(desk, (9, "Resolved"))

    def ran(*words: str) -> tuple[object, str]:
        with pytest.raises(SystemExit) as ended:
            main(["contract", "chain", *words, "--ledger", str(desk.folder / "ledger.db")])
        captured = capsys.readouterr()
        return ended.value.code, captured.out + captured.err

    assert "most of the time was with our queue" in ran("--period", "2026-11")[1]
    code, said = ran("--ticket", ticket)
    assert (code, "No department or vendor has promised anything of this ticket." in said) == (0, True)
    assert ran("--period", "2026-11", "--format", "csv", "--table", "breaches")[1].count(ticket) == 1
    assert ran("--ticket", "1")[0] == 2
    assert ran("--period", "2027-05")[0] == 2
    assert ran("--period", "2026-11", "--ticket", ticket)[0] == 2


def test_the_breaches_of_a_chain_are_no_map_of_the_week(desk: World) -> None:
    """Those of a report are drawn as squares; these are rows that people read."""
    billed(desk, (9, "Resolved"))
    with database.open_for_reading(desk.settings().ledger) as ledger:
        document = chains_of_period(ledger.db, AskedChain("2026-11"))
    assert document.tables["breaches"].rows
    shown = page(document).decode()
    assert '<table class="breaches short">' in shown
    cause, link = (document.tables["breaches"].columns[number].key for number in (5, 6))
    assert (cause, link) == ("cause", "link")  # sentences: on paper they are not broken at each word
    assert all(f".breaches td:nth-child({number}) {{ min-width" in shown for number in (6, 7))


def test_a_stage_that_a_vendor_holds_goes_by_the_name_of_the_vendor(live: World) -> None:
    (live.folder / "mappings" / "policies.yaml").write_text(POLICIES.replace("{Bank: 4h}", "{Waiting on bank: 4h}"))
    live.set_up()
    billed(live, (1, "Waiting on bank"), (9, "Resolved"))
    with database.open_for_reading(live.settings().ledger) as ledger:
        tables = as_json(chains_of_period(ledger.db, AskedChain("2026-11")))["tables"]
    assert {row["who"] for row in tables["links"] if row["kind"] == "UC"} == {"Bank (Waiting on bank)"}
    assert tables["breaches"][0]["cause"] == "Bank (Waiting on bank) was late"
