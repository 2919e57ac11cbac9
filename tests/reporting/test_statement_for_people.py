"""What a statement says to the customer who receives it: in the words and figures of the portal's language, with what
each amount is made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.reporting.contracts.statement import Asked, statement
from hubspot_sla.render.report.as_json import as_json
from hubspot_sla.render.report.page import page
from reporting.ledgers import Row, at, in_mind
from reporting.test_contract_statements import CONTRACT, NOW, folder, october, promise, reading, texts

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.render.report.document import Document

__all__ = ["folder"]

FIRST = "misses: 2, of: 3, notice: {days: 30}, cure: {business_days: 10, calendar: berlin}"
DAYS = (
    CONTRACT.replace("misses: 2, of: 3", FIRST)
    .replace("999.99", "1234567.89")
    .replace("below: 90%, pays: 10%", "below: 90%, pays: 5%")
    .replace("bands: [{below: 99.9%, pays: 10%}]", "each_outage: {step: 1h, pays: 1.5 days' fee}")
)


def drawn(folder: Path, contract: str, rows: list[Row], language: str = "en", *, every: bool = False) -> Document:
    changed = texts()
    portal = changed["portal.yaml"].replace("language: en", f"language: {language}")
    if language not in portal:
        portal = f"language: {language}\n{portal}"
    db = in_mind(folder, rows, texts=changed | {"contracts.yaml": contract, "portal.yaml": portal})
    return statement(db, Asked("acme", "2026-10", reading(folder), at(NOW), every=every))


def cells(document: Document, table: str) -> list[dict[str, str]]:
    return as_json(document)["tables"][table]


def test_in_german_figures_and_words_are_german(folder: Path) -> None:
    document = drawn(folder, DAYS, october(8, 1), "de")
    resolution, uptime = cells(document, "objectives")
    assert (resolution["promised"], resolution["measured"]) == (
        "≥ 95\N{NO-BREAK SPACE}%",
        "88,888888…\N{NO-BREAK SPACE}%",
    )
    assert resolution["reached"] == "< 90\N{NO-BREAK SPACE}%"
    assert uptime["rate"] == "das Entgelt von 1,5 Tagen"
    assert cells(document, "rights") == [
        {
            "right": "den Vertrag beenden",
            "action": "den Vertrag beenden",
            "reached": "1",
            "needed": "2 von 3",
            "notice": "30 Tage",
            "cure": "10 Geschäftstage",
            "holds": "nein",
        }
    ]
    capped = cells(document, "owed")[1]
    assert capped["why"] == "über der Obergrenze der letzten 12 Monate (EUR 250,00)"


def test_a_base_is_money_and_that_of_a_day_by_the_days_of_the_month(folder: Path) -> None:
    resolution, uptime = cells(drawn(folder, DAYS, october(8, 1)), "objectives")
    assert (resolution["base"], uptime["base"], uptime["credit"]) == ("1234567.89", "39824.77", "59737.16")


def test_lateness_is_said_in_hours_of_business_time(folder: Path) -> None:
    """A business day has no 24 of them."""
    late = promise(1, Status.MISSED)
    row = Row("1", Status.MISSED, due="2026-10-05T08:00:00+00:00", stopped="2026-10-07T09:00:00+00:00", who=late.who)
    (found,) = cells(drawn(folder, CONTRACT, [row]), "records-resolution")
    assert found["why"] == "late by 49 hours of business time"
    by_calendar = CONTRACT.replace("{attainment: resolution}", "{attainment: resolution, time: calendar}")
    (found,) = cells(drawn(folder, by_calendar, [row]), "records-resolution")
    assert found["why"] == "late by 2 days 1 hour"


def test_a_page_lists_the_first_kept_promises_and_a_workbook_all(folder: Path) -> None:
    rows = october(203, 1)
    page, book = (drawn(folder, CONTRACT, rows, every=every) for every in (False, True))
    assert [len(document.tables["records-resolution"].rows) for document in (page, book)] == [201, 204]
    assert page.tables["records-resolution"].note == "and 3 more that were kept"
    assert book.tables["records-resolution"].note == ""


def test_every_instant_says_its_year(folder: Path) -> None:
    """A claim opens in January for a window of December, and outages are of the year before."""
    shown = page(drawn(folder, DAYS, october(8, 1), every=True)).decode()
    assert "Oct 5, 2026 10:00" in shown  # due
    assert "Oct 6, 2026 12:00" in shown  # from
    assert "Oct 1, 2026 02:00" in shown  # announced
    assert "Nov 1, 2026 00:00" in shown  # opens
    assert not re.findall(r">\w+ \d+ \d\d:\d\d<", shown)


def test_an_amount_that_each_miss_costs_is_written_as_money(folder: Path) -> None:
    """What is finer than a coin is written as the contract says it."""
    for amount, said in (("1250.5", "EUR 1.250,50"), ("0.125", "EUR 0,125")):
        by_amount = CONTRACT.replace("bands: [{below: 99.9%, pays: 10%}]", f"each_miss: {{pays: {amount}}}")
        _, uptime = cells(
            drawn(folder, by_amount.replace("uptime: web", "outages: web").replace("99.9%", "0"), [], "de"),
            "objectives",
        )
        assert uptime["rate"] == said
