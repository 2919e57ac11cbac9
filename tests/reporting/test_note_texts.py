"""Notes beside the figures of contracts are sealed in English, and read in the language of the portal."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from hubspot_sla.feeds.availability_file import Availability, OutageRow
from hubspot_sla.flows.reporting.contracts.kept_feeds import KeptFeed, lost_text
from hubspot_sla.flows.reporting.contracts.note_texts import told
from hubspot_sla.language.texts import LANGUAGES, texts_of
from hubspot_sla.ledger.feed_readings import FeedReading

BERLIN = ZoneInfo("Europe/Berlin")
READ, DOWN = 1_792_540_800_000, 1_792_627_200_000  # 2026-10-21 and the day after, midnight UTC
REASON = "web.csv cannot be read: No such file or directory"
AT, SINCE = "Mi., 21. Okt. 2026, 02:00 MESZ", "Do., 22. Okt. 2026, 02:00 MESZ"
OUTAGE = OutageRow(READ, DOWN, "", None, "")


def feed(down_since: int | None) -> KeptFeed:
    return KeptFeed(FeedReading("web", "web.csv", "[]", READ, down_since))


FORMS = [
    (
        feed(None).said(REASON, counts=True),
        f"Der Feed web ist gestört und zählt, wie er zuletzt gelesen wurde ({AT}): web",
    ),
    (feed(DOWN).said(REASON, counts=True), f"Der Feed web ist gestört (seit {SINCE}) und zählt, wie er zuletzt"),
    (feed(None).said(REASON, counts=False), f"Der Feed web ist gestört und wurde zuletzt gelesen: {AT}. Grund: web"),
    (
        feed(DOWN).said(REASON, counts=False),
        f"Der Feed web ist gestört (seit {SINCE}) und wurde zuletzt gelesen: {AT}.",
    ),
    (
        lost_text("web", Availability((OUTAGE,))),
        f"Im Feed web fehlt etwas, das er früher hatte (1 Zeile), zuerst: {AT}",
    ),
    ("the contract says no fee 'a b' of EU for 2026-10", "Der Vertrag nennt für 2026-10 kein Entgelt 'a b' von EU"),
    ("the contract says no fee 'support' for 2026-10", "Der Vertrag nennt für 2026-10 kein Entgelt 'support'"),
    (
        "2026-10, edition 2, counts otherwise: 8 resolution (broken there, left out here), 9 resolution (absent there,"
        " kept here) and 3 more",
        "2026-10, Ausgabe 2, zählt anders: 8 resolution (dort gebrochen, hier ausgenommen), 9 resolution (dort nicht"
        " enthalten, hier gehalten) und 3 weitere",
    ),
]


@pytest.mark.parametrize(("note", "said"), FORMS, ids=[note[:60] for note, _ in FORMS])
def test_a_note_is_said_in_the_language_of_the_portal(note: str, said: str) -> None:
    assert told(note, texts_of("de"), BERLIN).startswith(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_value_of_a_note_is_lost_in_any_language(language: str) -> None:
    said = told(feed(DOWN).said(REASON, counts=True), texts_of(language), BERLIN)
    assert "web" in said
    assert said.endswith(REASON)
    assert said.count("2026") == 2
    assert said[0].isupper()


def test_what_has_no_form_stays_as_it_is() -> None:
    assert told(REASON, texts_of("de"), BERLIN) == REASON
