"""Where the token may come from, which of them counts, and who else could read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import TokenMissing, UsageProblem
from hubspot_sla.flows.context.settings import from_environment

if TYPE_CHECKING:
    from pathlib import Path

A, B = "pat-eu1-aaaaaaaa-0000-0000-0000-aaaaaaaaaaaa", "pat-eu1-bbbbbbbb-0000-0000-0000-bbbbbbbbbbbb"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(A + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def handed_over(tmp_path: Path) -> Path:
    """What systemd's LoadCredential= makes."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "hubspot_token").write_text(B)
    return folder


def revealed(**given: object) -> str | None:
    token = from_environment({name: str(value) for name, value in given.items()}).token
    return token and token.reveal()


def test_a_token_may_be_a_variable_a_file_or_a_credential_of_systemd(file: Path, handed_over: Path) -> None:
    assert revealed(HUBSPOT_TOKEN=A) == A
    assert revealed(HUBSPOT_TOKEN_FILE=file) == A
    assert revealed(CREDENTIALS_DIRECTORY=handed_over) == B
    assert revealed() is None


def test_what_is_named_goes_before_what_systemd_hands_over(file: Path, handed_over: Path) -> None:
    assert revealed(HUBSPOT_TOKEN_FILE=file, CREDENTIALS_DIRECTORY=handed_over) == A
    assert revealed(HUBSPOT_TOKEN=A, CREDENTIALS_DIRECTORY=handed_over) == A


def test_a_variable_and_a_file_must_agree(file: Path) -> None:
    assert revealed(HUBSPOT_TOKEN=A, HUBSPOT_TOKEN_FILE=file) == A
    with pytest.raises(UsageProblem, match="HUBSPOT_TOKEN and HUBSPOT_TOKEN_FILE") as caught:
        revealed(HUBSPOT_TOKEN=B, HUBSPOT_TOKEN_FILE=file)
    assert A not in str(caught.value)
    assert B not in str(caught.value)


def test_a_folder_of_credentials_without_ours_names_no_token(tmp_path: Path) -> None:
    assert revealed(CREDENTIALS_DIRECTORY=tmp_path) is None


@pytest.mark.parametrize("content", [None, "", "\n", b"\xff\xfe\x00"])
def test_a_file_that_is_named_and_holds_no_token_is_a_mistake(tmp_path: Path, content: str | bytes | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises((UsageProblem, TokenMissing), match="token"):
        revealed(HUBSPOT_TOKEN_FILE=path)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o400, False), (0o640, False), (0o644, True)])
def test_a_file_that_everybody_may_read_is_warned_of(file: Path, mode: int, warned: bool) -> None:
    file.chmod(mode)
    warnings = from_environment({"HUBSPOT_TOKEN_FILE": str(file)}).warnings
    assert bool(warnings) == warned
    assert all("chmod 600" in warning for warning in warnings)
