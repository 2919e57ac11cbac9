"""What a stranger writes into a subject does nothing but be read."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.plain_text import counted, escaped, in_json, removed, shortened
from proof import examples

HARMFUL = {
    "ESC": ("\x1b[31m", "\\x1b[31m", "[31m"),
    "CSI": ("\x9b31m", "\\x9b31m", "31m"),
    "BEL": ("\a", "\\x07", ""),
    "CR": ("a\rb", "a\\rb", "ab"),
    "NUL": ("\0", "\\x00", ""),
    "DEL": ("\x7f", "\\x7f", ""),
    "right-to-left override": ("\u202efdp.exe", "\\u202efdp.exe", "fdp.exe"),
    "right-to-left mark": ("\u200f", "\\u200f", ""),
    "isolate": ("\u2067x\u2069", "\\u2067x\\u2069", "x"),
    "line separator": ("\u2028", "\\u2028", ""),
    "byte order mark": ("\ufeff", "\\ufeff", ""),
    "hidden tag": ("\U000e0041", "\\U000e0041", ""),
    "half a character": ("\ud800", "\\ud800", ""),
}
HARMLESS = ["Drucker brennt", "طابعة تحترق", "می\u200cخواهم", "👩\u200d💻 🏴‍☠️", "５００\u00a0€", "e\u0301", "中文", ""]


@pytest.mark.parametrize(("text", "shown", "sent"), HARMFUL.values(), ids=HARMFUL)
def test_what_does_harm_is_written_out_or_taken_away(text: str, shown: str, sent: str) -> None:
    assert (escaped(text), removed(text)) == (shown, sent)


@pytest.mark.parametrize("text", HARMLESS)
def test_every_script_stays_as_it_is(text: str) -> None:
    assert escaped(text) == removed(text) == in_json(text) == text


def test_line_feeds_and_tabs_stay_where_text_has_lines() -> None:
    assert removed("a\n\tb\r\n") == "a\n\tb\n"
    assert escaped("a\n\tb\r\n", keep="\n\t") == "a\n\tb\\r\n"
    assert escaped("a\nb\tc") == "a\\nb\\tc"


@given(st.text(st.characters(codec=None)))
def test_nothing_that_moves_a_cursor_or_cannot_be_encoded_is_left(text: str) -> None:
    for result in (escaped(text), removed(text)):
        result.encode()
        assert not [
            one for one in result if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") and one not in "\n\t"
        ]
        assert not [one for one in result if unicodedata.bidirectional(one) in ("LRE", "RLE", "LRO", "RLO", "PDF")]


def test_a_long_text_is_shown_by_its_beginning_and_its_length() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("x" * 2_999_999 + "y", 4) == "xxx... (3,000,000 characters) ...y"


@examples(25)
@given(st.dictionaries(st.text(), st.recursive(st.text() | st.integers(), st.lists)))
def test_json_means_the_same_and_has_nothing_harmful_in_it(body: dict[str, object]) -> None:
    document = in_json(json.dumps(body, ensure_ascii=False, indent=2))
    assert json.loads(document) == body
    assert escaped(document, keep="\n") == document


def test_what_is_counted_is_said_in_the_singular_of_one_alone() -> None:
    said = [counted(number, noun) for noun in ("ticket", "entry") for number in (0, 1, 2)]
    assert said == ["0 tickets", "1 ticket", "2 tickets", "0 entries", "1 entry", "2 entries"]
