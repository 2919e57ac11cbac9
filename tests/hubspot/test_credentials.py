from __future__ import annotations

import pickle

import pytest

from hubspot_sla.errors import TokenMissing, UsageProblem
from hubspot_sla.hubspot.credentials import Token


def test_a_token_shows_its_kind_and_last_four_characters_only(secret: str) -> None:
    assert repr(Token(secret)) == "Token(pat-…abcd)"
    assert f"{Token(secret)}" == "pat-…abcd"


def test_a_short_token_shows_nothing_of_itself() -> None:
    assert repr(Token("s3cr3t")) == "Token(…)"


def test_white_space_around_a_token_is_dropped(secret: str) -> None:
    assert Token(f" {secret}\n").reveal() == secret


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_an_empty_token_is_missing(empty: str) -> None:
    with pytest.raises(TokenMissing):
        Token(empty)


@pytest.mark.parametrize("broken", ["pat-eu1-abc def-0000", "pat-eu1-abc\r\ndef-0000", "pat–eu1–dash"])
def test_a_token_no_header_can_carry_is_refused_without_being_quoted(broken: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        Token(broken)
    assert broken not in str(caught.value)


def test_text_and_bytes_are_redacted_by_value(secret: str) -> None:
    token = Token(secret)
    assert token.redact(f"a {secret} b {secret}") == "a pat-…abcd b pat-…abcd"
    assert token.redact_bytes(f'{{"token":"{secret}"}}'.encode()) == '{"token":"pat-…abcd"}'.encode()


def test_a_token_is_not_pickled(secret: str) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Token(secret))
