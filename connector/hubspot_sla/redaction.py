"""Secrets taken out of text by their value: in a log, an error, a traceback, a row of the ledger.

By value and not by the look of it: whatever form a message has, what was told to be secret is not in it. A secret is
also found as it is written in a URL and in JSON.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHORTEST = 6
"""What is shorter is a word rather than a secret: taking it out would make text unreadable and hide nothing."""
HIDDEN = "…"
SECRET_NAMES = ("TOKEN", "SECRET", "PASSWORD", "API_KEY", "WEBHOOK_URL", "HEARTBEAT_URL")
"""How the name of a variable ends that holds a secret."""


class Redactor:
    """Call it with a text to have every secret it was told of replaced. Safe to share; it only ever learns."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: str, shown: str = HIDDEN) -> None:
        """From now on `shown` stands where `secret` would; a form that says more than HIDDEN stays."""
        secret = secret.strip()
        if len(secret) < SHORTEST:
            return
        if shown == HIDDEN and secret in self._shown:
            return
        known = {**self._shown, **dict.fromkeys(_spellings(secret), shown)}
        if known != self._shown:
            self._shown = known
            self._pattern = re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True))))

    def learn_from(self, variables: Mapping[str, str]) -> None:
        """Every variable whose name says that it holds a secret."""
        for name, value in variables.items():
            if name.endswith(SECRET_NAMES):
                self.learn(value)

    def __call__(self, text: str) -> str:
        pattern, shown = self._pattern, self._shown
        return text if pattern is None else pattern.sub(lambda found: shown.get(found[0], HIDDEN), text)

    def within(self, value: object) -> object:
        """The same for all texts in something JSON-able."""
        match value:
            case str():
                return self(value)
            case dict():
                return {self.within(key): self.within(inner) for key, inner in value.items()}
            case list() | tuple():
                return [self.within(inner) for inner in value]
            case _:
                return value

    def __repr__(self) -> str:
        return f"Redactor({len(self._shown)} spellings)"


def _spellings(secret: str) -> Iterable[str]:
    return {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
