"""The headline of a rung is true when it is read, also where nobody looked when the rung was reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clock.tickets import OFFICE, always, at, judged, ticket
from hubspot_sla.clock.rungs import Mark, Side, Span
from hubspot_sla.clock.timeline import Role
from hubspot_sla.language.texts import texts_of
from hubspot_sla.render.rung_text import ReachedPlace, headline
from hubspot_sla.render.story import Teller

if TYPE_CHECKING:
    from hubspot_sla.clock.verdict import Verdict

HOUR = 3_600_000
LATE = judged(ticket(), always(4), "11-26 10:00")
"""Due on Monday at 14:00."""
RUNNING = judged(ticket(), always(4), "11-23 13:40")
FOUR_HOURS_LATE = Mark(Side.AFTER, span=Span(4 * HOUR))
THREE_QUARTERS = Mark(Side.SHARE, percent=75)


def said(verdict: Verdict, mark: Mark, due: str, seen: str, language: str = "en") -> str:
    teller = Teller(texts_of(language), lambda _: "", lambda _, id_: id_, at(seen))
    return headline(ReachedPlace(verdict, verdict.cycle, mark, 1, at(due), at(seen)), teller)


def test_a_place_that_is_seen_at_once_is_called_by_its_name() -> None:
    assert said(LATE, FOUR_HOURS_LATE, "11-23 18:00", "11-23 18:04") == "SLA breached, 4 hours late: Resolution"
    in_time = said(RUNNING, THREE_QUARTERS, "11-23 13:00", "11-23 13:05")
    assert in_time == "SLA at risk, 75% of the time used: Resolution"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "SLA breached, late by 2 days 20 hours: Resolution"),
        ("de", "SLA verletzt, um 2 Tage 20 Stunden überschritten: Lösung"),
        ("fr", "SLA non respecté, en retard de 2 jours et 20 heures : Résolution"),
        ("es", "SLA incumplido, retraso de 2 días y 20 horas: Resolución"),
    ],
)
def test_a_place_that_is_seen_days_later_says_how_late_it_is_by_then(language: str, expected: str) -> None:
    text = said(LATE, FOUR_HOURS_LATE, "11-23 18:00", "11-26 10:00", language)
    assert text.replace("\N{NO-BREAK SPACE}", " ") == expected


def test_what_warned_too_late_says_how_much_time_is_left() -> None:
    text = said(RUNNING, THREE_QUARTERS, "11-23 13:00", "11-23 13:40")
    assert text == "SLA at risk, 20 minutes before it is due: Resolution"


def test_a_clock_that_stands_still_by_then_says_no_place() -> None:
    paused = judged(ticket(("11-23 13:20", Role.WAITING)), always(4), "11-23 13:40")
    assert said(paused, THREE_QUARTERS, "11-23 13:00", "11-23 13:40") == "SLA at risk: Resolution"


def test_a_night_in_between_makes_no_place_untrue() -> None:
    late = judged(ticket(), always(4, calendar=OFFICE), "11-24 07:30")
    assert "4 hours late" in said(late, FOUR_HOURS_LATE, "11-23 16:00", "11-24 07:30")


def test_the_breach_itself_stays_true() -> None:
    assert said(LATE, Mark(Side.BREACH), "11-23 14:00", "11-26 10:00") == "SLA breached: Resolution"
