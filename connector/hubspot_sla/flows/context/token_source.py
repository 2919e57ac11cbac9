"""Where the token comes from: a variable, a file, or what systemd hands over; said twice it must say the same.

In this order: `HUBSPOT_TOKEN`, the file that `HUBSPOT_TOKEN_FILE` names, and `hubspot_token` in the folder that systemd
names in `CREDENTIALS_DIRECTORY` (`LoadCredential=hubspot_token:...`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.hubspot.credentials import Token

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE, FILE, CREDENTIALS = "HUBSPOT_TOKEN", "HUBSPOT_TOKEN_FILE", "CREDENTIALS_DIRECTORY"
CREDENTIAL = "hubspot_token"
_OTHERS = 0o007
_LARGEST = 4096


def token_in(given: Mapping[str, str]) -> Token | None:
    """The token, or None where nothing names one. UsageProblem: a file that cannot be read, or two tokens."""
    token_by_place = {where: token for where, token in _said(given) if token is not None}
    if not token_by_place:
        return None
    where, token = next(iter(token_by_place.items()))
    for other, another in token_by_place.items():
        if another.reveal() != token.reveal() and other != CREDENTIALS:
            raise UsageProblem(f"{where} and {other} name two different tokens", remedy="keep one of the two")
    return token


def _said(given: Mapping[str, str]) -> list[tuple[str, Token | None]]:
    handed_over = Path(given[CREDENTIALS]) / CREDENTIAL if CREDENTIALS in given else None
    if handed_over is not None and not _is_file(handed_over):
        handed_over = None
    return [
        (VARIABLE, Token(given[VARIABLE]) if VARIABLE in given else None),
        (FILE, _read(FILE, Path(given[FILE]).expanduser()) if FILE in given else None),
        (CREDENTIALS, _read(CREDENTIALS, handed_over) if handed_over else None),
    ]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        why = f"{CREDENTIALS} cannot be used: {error.strerror}"
        raise UsageProblem(why, remedy="leave it out, or name a folder that can be read") from None


def _read(variable: str, path: Path) -> Token:
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageProblem(f"{variable} names {path}, which cannot be read: {why}", remedy="mend the path") from None
    if not text.strip():
        raise UsageProblem(f"{variable} names {path}, which is empty", remedy="put the token into it")
    return Token(text)


def too_open(given: Mapping[str, str]) -> list[str]:
    """A warning for a token's file that everybody on this machine may read."""
    warning = open_to_others(Path(given[FILE]).expanduser(), "a token") if FILE in given else ""
    return [warning] if warning else []


def open_to_others(path: Path, content: str) -> str:
    """Why a file that holds a secret should not be as it is; empty where all is well, or there is none."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    if not mode & _OTHERS:
        return ""
    how = f"is open to every user of this machine (mode {mode & 0o777:o})"
    return f"{path} holds {content} and {how}: chmod 600 {path}"
