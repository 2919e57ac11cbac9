"""Notes beside the figures of contracts are sealed in English, and read in the language of the portal."""

from __future__ import annotations

import ast
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hubspot_sla.feeds import tier_endpoint
from hubspot_sla.feeds.availability_file import (
    Availability,
    FeedUnreadable,
    OutageRow,
    availability,
    availability_of_rows,
)
from hubspot_sla.flows.reporting.contracts.kept_feeds import KeptFeed
from hubspot_sla.flows.reporting.contracts.lost_rows import lost_text
from hubspot_sla.flows.reporting.contracts.note_forms import REASONS, pattern
from hubspot_sla.flows.reporting.contracts.note_texts import told
from hubspot_sla.language.texts import ENGLISH, LANGUAGES, texts_of
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
        "the feed web is one of values, and down measures outages: it is not measured",
        "Der Feed web enthält Werte, und down misst Ausfälle: es wird nicht gemessen",
    ),
    ("the feed web has no rows: nothing counts as down", "Der Feed web hat keine Zeilen: nichts zählt als ausgefallen"),
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
    assert "web.csv" in said
    assert said.count("2026") == 2
    assert said[0].isupper()


UNREADABLE = [
    "web,csv\n",
    "from,to,why\n",
    "from,to,to\n",
    'from,to\n"2026',
    '"from,to\n',
    "at,value\n2026-10-05T10:00:00Z,12,5\n",
    "from,to\nyesterday,2026\n",
    "from,to\n2026-10-05T10:00:00,2026\n",
    "from,to\n2026-10-05T10:00:00Z,2026-10-05T09:00:00Z\n",
    "from,to,affected\n2026-10-05T10:00:00Z,2026-10-05T11:00:00Z,all\n",
    "at,value\n2026-10-05T10:00:00Z,-1\n",
    "from,to,requests,failed\n2026-10-05T10:00:00Z,2026-10-05T11:00:00Z,it's,1\n",
    "from,to,requests,failed\n2026-10-05T10:00:00Z,2026-10-05T11:00:00Z,1,2\n",
]


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != ENGLISH])
def test_why_a_feed_cannot_be_read_is_said_in_the_language_of_the_portal_too(language: str) -> None:
    texts, forms = texts_of(language), set[str]()
    for text in UNREADABLE:
        with pytest.raises(FeedUnreadable) as unreadable:
            availability("web.csv", text)
        reason = str(unreadable.value)
        within = reason.partition(": ")[2] if "no CSV" not in reason else reason
        forms |= {form for form in REASONS if pattern(form).fullmatch(within)}
        assert within not in told(reason, texts, BERLIN)
        assert told(reason, texts, BERLIN).startswith("web.csv:")
    assert forms >= {form for form in REASONS if not form.startswith(("{file}", "{url}", "{line}: {"))}


def _causes() -> list[str]:
    """All that an address is said to do wrong, with something in the place of each value."""
    found = []
    for call in ast.walk(ast.parse(Path(tier_endpoint.__file__).read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("EndpointFailed", "_Again"):
            argument = call.args[0]
            parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else "503" for part in parts))
    return [each for each in found if each != "503" and "str(" not in each and "error.last_attempt" not in each]


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != ENGLISH])
def test_what_an_address_does_wrong_is_said_in_the_language_of_the_portal(language: str) -> None:
    causes = [*_causes(), "this is not UTF-8 text"]
    assert len(causes) >= 10
    for cause in causes:
        said = told(f"https://example.com/calls cannot be had: {cause}", texts_of(language), BERLIN)
        assert "https://example.com/calls" in said
        assert cause not in said


def test_a_row_of_an_address_is_named_in_the_language_of_the_portal() -> None:
    reason = "https://example.com/calls, row 3: '1.5' is no number of requests"
    said = "https://example.com/calls, Zeile 3: '1.5' ist keine Zahl von Anfragen"
    assert told(reason, texts_of("de"), BERLIN) == said


def test_a_column_that_the_rows_of_an_address_lack_is_named_in_the_language_of_the_portal() -> None:
    with pytest.raises(FeedUnreadable) as unreadable:
        availability_of_rows("https://example.com/calls", [{"requests": "1"}])
    said = told(str(unreadable.value), texts_of("de"), BERLIN)
    assert said.startswith("https://example.com/calls: dem Feed fehlt die Spalte 'from'; er hat ")


def test_what_has_no_form_stays_as_it_is() -> None:
    assert told("anything else", texts_of("de"), BERLIN) == "anything else"
