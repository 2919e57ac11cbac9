"""Every language has every text, with the same values in it; and says numbers, lengths and dates as its readers do."""

from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, get_args
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from hubspot_sla.language.forms import instant, length, short_instant
from hubspot_sla.language.texts import ENGLISH, LANGUAGES, catalogue, texts_of
from hubspot_sla.policy.documents import PortalFile

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT = Path(__file__).parents[2] / "connector" / "hubspot_sla"
OTHERS = [language for language in LANGUAGES if language != ENGLISH]
SAYING = ("channels", "cli", "flows", "language", "render")
"""The rooms that say anything in the language of the portal."""
BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
AT = 1795424400000  # 2026-11-23 10:00 in Berlin
HOUR_MS = 3_600_000

Message = str | tuple[str, ...]


@pytest.fixture(scope="module")
def messages() -> set[Message]:
    """The texts in the code: what `text`, `plural` and `marked` are called with."""
    keywords = {"text": None, "plural": (1, 2), "marked": None}
    rows = [
        row
        for room in SAYING
        for row in extract_from_dir(ROOT / room, method_map=[("**.py", "python")], keywords=keywords)
    ]
    return {row[2] for row in rows if row[2] and row[2] != ("",)}


def read(language: str) -> Catalog:
    with catalogue(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def forms(found: Message) -> tuple[str, ...]:
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_text_and_no_other(language: str, messages: set[Message]) -> None:
    assert {message.id for message in read(language) if message.id} == messages


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_there_in_every_form_with_the_same_values(language: str) -> None:
    for message in read(language):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        assert all(text.strip() for text in forms(message.string)), message.id
        assert list(map(fields, forms(message.string))) == list(map(fields, forms(message.id))), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_said_is_not_left_in_english(language: str) -> None:
    """But for words that both languages have."""
    shared = {"SLA", "OLA", "Ticket", "Tickets", "Details", "Pipeline", "Team", "Median", "Points", "Cycles"}
    same = {
        message.id
        for message in read(language)
        if isinstance(message.id, str) and message.string == message.id and re.search(r"[A-Za-z]{3}", _bare(message.id))
    }
    assert same <= shared


def _bare(text: str) -> str:
    return re.sub(r"\{\w+\}", "", text)


def test_portal_yaml_knows_the_languages_that_there_are_texts_in() -> None:
    assert get_args(PortalFile.model_fields["language"].annotation) == LANGUAGES


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(ValueError, match="no texts in 'xx'"):
        texts_of("xx")


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "Mon, Nov 23, 2026, 10:00 CET"),
        ("de", "Mo., 23. Nov. 2026, 10:00 MEZ"),
        ("fr", "lun. 23 nov. 2026, 10:00 CET"),
        ("es", "lun, 23 nov 2026, 10:00 CET"),
    ],
)
def test_an_instant_is_written_in_the_form_of_the_language_and_the_zone_of_the_calendar(
    language: str, shown: str
) -> None:
    texts = texts_of(language)
    assert instant(AT, BERLIN, texts) == shown
    assert instant(AT, KOLKATA, texts).endswith("14:30 IST")
    assert instant(AT, UTC, texts).endswith("UTC")


def test_a_zone_without_letters_is_written_by_its_offset() -> None:
    assert instant(AT, ZoneInfo("America/Sao_Paulo"), texts_of("en")).endswith("06:00 UTC-03:00")


def test_a_table_names_the_day_once() -> None:
    assert short_instant(AT, BERLIN, texts_of("de"), AT - HOUR_MS) == "10:00"
    assert short_instant(AT, BERLIN, texts_of("de"), AT - 24 * HOUR_MS) == "23. Nov. 10:00"


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ("1 hour", "2 hours 30 minutes", "1 day 1 hour", "0 seconds")),
        ("de", ("1 Stunde", "2 Stunden 30 Minuten", "1 Tag 1 Stunde", "0 Sekunden")),
        (
            "fr",
            ("1 heure", "2 heures et 30 minutes", "1 jour et 1 heure", "0 seconde"),
        ),
        ("es", ("1 hora", "2 horas y 30 minutos", "1 día y 1 hora", "0 segundos")),
    ],
)
def test_lengths_are_said_with_the_right_plural(language: str, shown: tuple[str, ...]) -> None:
    texts = texts_of(language)
    lengths = [length(HOUR_MS, texts), length(HOUR_MS * 5 // 2, texts), length(25 * HOUR_MS, texts, days=True)]
    assert tuple(_plain(each) for each in (*lengths, length(999, texts))) == shown


def _plain(text: str) -> str:
    """With ordinary spaces: some languages keep a number and its unit together."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ("1 business day", "2 business days")),
        ("de", ("1 Geschäftstag", "2 Geschäftstage")),
        ("fr", ("1 jour ouvré", "2 jours ouvrés")),
        ("es", ("1 día hábil", "2 días hábiles")),
    ],
)
def test_business_days_have_their_plural(language: str, shown: tuple[str, str]) -> None:
    texts = texts_of(language)
    assert tuple(texts.plural("{count} business day", "{count} business days", count) for count in (1, 2)) == shown


def test_a_value_with_braces_is_put_in_as_it_is() -> None:
    assert texts_of("de").text("Owner: {owner}", owner="{company} %s") == "Zuständig: {company} %s"
